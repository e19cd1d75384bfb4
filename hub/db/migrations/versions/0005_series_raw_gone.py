"""From which time on a school's raw rows are there, where they went before the retention of their bucket."""

import sqlalchemy as sa
from alembic import op

revision = "0005_series_raw_gone"
down_revision = "0004_dashboards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "series_raw_gone",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("before_ms", sa.BigInteger(), nullable=False),
        sa.Column("raw_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("school", name=op.f("pk_series_raw_gone")),
    )


def downgrade() -> None:
    op.drop_table("series_raw_gone")
