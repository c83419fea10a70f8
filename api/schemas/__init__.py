"""What forms and JSON share: the schemas of a slice."""
