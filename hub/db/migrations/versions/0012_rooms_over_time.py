"""Rooms and buildings over time: what they were called and whether they stood, valid and learned.

What is there already has been called so since ever, as far as anybody knows, and was always known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_rooms_over_time"
down_revision = "0011_pulls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    spells = op.create_table(
        "place_spell",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("retired", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("valid_to", sa.String(10), nullable=True),
        sa.Column("learned_ms", sa.BigInteger(), nullable=False),
        sa.Column("superseded_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_spell")),
    )
    op.create_index("ix_place_spell_school_kind_key", "place_spell", ["school", "kind", "key"])
    op.add_column("room", sa.Column("retired", sa.Text(), nullable=True))
    op.add_column("building", sa.Column("retired", sa.Text(), nullable=True))
    _since_ever(spells, "building")
    _since_ever(spells, "room")


def _since_ever(spells: sa.Table, kind: str) -> None:
    columns = [sa.column("school"), sa.column("id"), sa.column("name")]
    known = op.get_bind().execute(sa.select(*columns, *_aliases(kind)).select_from(sa.table(kind))).mappings().all()
    rows = [
        {"school": row["school"], "kind": kind, "key": row["id"], "name": row["name"], "aliases": row.get("aliases", [])}
        | {"retired": None, "valid_from": "0001-01-01", "valid_to": None, "learned_ms": 0, "superseded_ms": None}
        for row in known
    ]
    if rows:
        op.bulk_insert(spells, rows)


def _aliases(kind: str) -> list[sa.ColumnClause[list[str]]]:
    return [sa.column("aliases", sa.JSON())] if kind == "room" else []


def downgrade() -> None:
    """A retired room stands again: the release before knows no other."""
    op.drop_index("ix_place_spell_school_kind_key", "place_spell")
    op.drop_table("place_spell")
    for table in ("room", "building"):
        op.drop_column(table, "retired")
