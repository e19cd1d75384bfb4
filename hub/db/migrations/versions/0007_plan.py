"""Calendar days, one-day changes, dated cards, bell schedules, and where every row came from."""

import sqlalchemy as sa
from alembic import op

revision = "0007_plan"
down_revision = "0006_commands"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plan_bell", sa.Column("schedule", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("plan_bell", "schedule")
