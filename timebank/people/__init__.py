"""People: areas and communities, who lives there and in which household, and how they sign in and are known."""
