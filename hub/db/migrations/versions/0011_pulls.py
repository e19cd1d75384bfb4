"""Scheduled pulls: when each last succeeded."""

import sqlalchemy as sa
from alembic import op

revision = "0011_pulls"
down_revision = "0010_forecasts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
