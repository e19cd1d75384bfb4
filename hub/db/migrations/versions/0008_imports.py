"""Imports as decisions: where they came from, who decided, what they changed, held, applied, undone; schools' options."""

import sqlalchemy as sa
from alembic import op

revision = "0008_imports"
down_revision = "0007_plan"
branch_labels = None
depends_on = None

ADDED = ("source", "taken_by", "applied_ms", "undone_ms", "undoes", "turn", "doubts", "changes")


def upgrade() -> None:
    op.add_column("school_import", sa.Column("source", sa.String(64), nullable=False, server_default=""))
    op.add_column("school_import", sa.Column("taken_by", sa.String(200), nullable=False, server_default=""))
    op.add_column("school_import", sa.Column("applied_ms", sa.BigInteger(), nullable=True))
    op.add_column("school_import", sa.Column("undone_ms", sa.BigInteger(), nullable=True))
    op.add_column("school_import", sa.Column("undoes", sa.Integer(), nullable=True))
    op.add_column("school_import", sa.Column("turn", sa.Integer(), nullable=True))
    op.add_column("school_import", sa.Column("doubts", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("school_import", sa.Column("changes", sa.JSON(), nullable=False, server_default="{}"))
    op.execute(sa.text("UPDATE school_import SET applied_ms = imported_ms, turn = id WHERE status = 'applied'"))
    op.create_index("ix_school_import_turn", "school_import", ["turn"])
    op.create_table(
        "school_option",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_school_option_school_school")),
        sa.PrimaryKeyConstraint("school", "name", name=op.f("pk_school_option")),
    )


def downgrade() -> None:
    op.drop_table("school_option")
    op.drop_index("ix_school_import_turn", "school_import")
    for column in reversed(ADDED):
        op.drop_column("school_import", column)
