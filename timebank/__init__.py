"""The domain: people, hours, points, matters. No web, no environment, no clock: `now` and `actor` are always given."""
