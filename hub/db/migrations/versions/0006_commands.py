"""Commands to devices, configurations of gateways, and what rules may do by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0006_commands"
down_revision = "0005_series_raw_gone"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "command",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("gateway", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("issued_by", sa.String(200), nullable=False),
        sa.Column("reason_vi", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(16), nullable=True),
        sa.Column("detail_vi", sa.Text(), nullable=False),
        sa.Column("detail_en", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
    )
    op.create_index("ix_command_school_created_ms", "command", ["school", "created_ms"])
    op.create_index("ix_command_created_ms", "command", ["created_ms"])
    op.create_index("ix_command_ended_ms", "command", ["ended_ms"])
    op.create_table(
        "gateway_config",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("gateway", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("school", "gateway", "version", name=op.f("pk_gateway_config")),
    )
    op.create_table(
        "policy",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("watched_day", sa.String(10), nullable=False),
        sa.Column("watched_min", sa.Integer(), nullable=False),
        sa.Column("longest_day_min", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_policy_school_school")),
        sa.PrimaryKeyConstraint("school", "rule", name=op.f("pk_policy")),
    )


def downgrade() -> None:
    for table in ("policy", "gateway_config", "command"):
        op.drop_table(table)
