"""Commands of the slices; api/cli.py lists them."""
