"""Alembic's entry: runs migrations on the connection hub.db.engine hands over, in batch mode.

SQLite alters a table by copying it.
"""

from alembic import context

from hub.db import models

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=models.Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
