"""What the InfluxDB store keeps in SQL: marks, epochs, windows to sum up, history to move."""

import sqlalchemy as sa
from alembic import op

revision = "0003_series"
down_revision = "0002_school"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "series_mark",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("gateway", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(16), nullable=False),
        sa.Column("epoch", sa.String(32), nullable=False),
        sa.Column("first_seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("ledger", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("school", "gateway", "stream", "epoch", name=op.f("pk_series_mark")),
    )
    op.create_table(
        "series_epoch",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("epoch", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_epoch")),
        sa.UniqueConstraint("epoch", name=op.f("uq_series_epoch_epoch")),
    )
    op.create_table(
        "series_sweep",
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("level", name=op.f("pk_series_sweep")),
    )
    op.create_table(
        "series_dirty",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("noted_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("school", "start_ms", name=op.f("pk_series_dirty")),
    )
    op.create_table(
        "series_told",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("intervals", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", "device", name=op.f("pk_series_told")),
    )
    op.create_table(
        "series_move",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("done_to_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_move")),
    )


def downgrade() -> None:
    for table in ("series_move", "series_told", "series_dirty", "series_sweep", "series_epoch", "series_mark"):
        op.drop_table(table)
