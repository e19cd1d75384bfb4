"""Imports as decisions: held, applied, undone; and where schools' data is pulled from."""

import sqlalchemy as sa
from alembic import op

revision = "0008_imports"
down_revision = "0007_plan"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
