"""Lesson records, the waste ledger, thresholds of a school, and what has to be derived anew."""

import sqlalchemy as sa
from alembic import op

revision = "0009_derived"
down_revision = "0008_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
