"""Forecasts and what is known of the health of devices."""

import sqlalchemy as sa
from alembic import op

revision = "0010_forecasts"
down_revision = "0009_derived"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
