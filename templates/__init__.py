"""The pages as Jinja2 templates, Simplified Chinese first; a package, so that a wheel carries them."""
