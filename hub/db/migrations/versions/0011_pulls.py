"""Scheduled pulls: when each last succeeded."""

import sqlalchemy as sa
from alembic import op

revision = "0011_pulls"
down_revision = "0010_forecasts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "school_pull",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("settings", sa.String(64), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_try_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_good_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_change_ms", sa.BigInteger(), nullable=True),
        sa.Column("next_try_ms", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("said_vi", sa.Text(), nullable=False),
        sa.Column("said_en", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_school_pull")),
    )
    op.create_index("ix_school_pull_school", "school_pull", ["school"])


def downgrade() -> None:
    op.drop_table("school_pull")
