"""Forecasts and what is known of the health of devices."""

import sqlalchemy as sa
from alembic import op

revision = "0010_forecasts"
down_revision = "0009_derived"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_hours",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", "day", name=op.f("pk_room_hours")),
    )
    op.create_table(
        "forecast_day",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("known_days", sa.Integer(), nullable=False),
        sa.Column("compared_days", sa.Integer(), nullable=False),
        sa.Column("mae_seasonal", sa.Float(), nullable=True),
        sa.Column("mae_timetable", sa.Float(), nullable=True),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("school", "day", "room", "target", name=op.f("pk_forecast_day")),
    )
    op.create_table(
        "device_finding",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("quantity", sa.String(64), nullable=False),
        sa.Column("fault", sa.String(16), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("sure", sa.Float(), nullable=False),
        sa.Column("why_vi", sa.Text(), nullable=False),
        sa.Column("why_en", sa.Text(), nullable=False),
        sa.Column("todo_vi", sa.Text(), nullable=False),
        sa.Column("todo_en", sa.Text(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=True),
        sa.Column("ends_low_ms", sa.BigInteger(), nullable=True),
        sa.Column("ends_high_ms", sa.BigInteger(), nullable=True),
        sa.Column("found_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("school", "device", "quantity", "fault", name=op.f("pk_device_finding")),
    )
    op.create_table(
        "lamp_rating",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("rated_h", sa.Float(), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("school", "device", name=op.f("pk_lamp_rating")),
    )


def downgrade() -> None:
    for table in ("lamp_rating", "device_finding", "forecast_day", "room_hours"):
        op.drop_table(table)
