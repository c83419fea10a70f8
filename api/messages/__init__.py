"""What refusals say to people: one module a slice with MESSAGES and NEXT, by code; api/errors.py collects them."""
