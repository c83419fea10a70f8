"""How Alembic reaches the database: over the connection that api/schema.py gives it, with the metadata of all modules."""

from __future__ import annotations

from alembic import context

from api.schema import render_item
from timebank import modules

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=modules.load(),
    compare_type=True,
    transactional_ddl=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
