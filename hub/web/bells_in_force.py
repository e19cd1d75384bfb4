"""Reads the bell schedules that hold on a day out of the state database, with the imports that said so."""

from datetime import date

from sqlalchemy import Engine, or_, select

from hub.db.engine import reading
from hub.db.school_models import BellRow
from hub.school.journal import IMPORTS
from hub.school.rows import UNIT
from hub.school.timetable import Bell
from hub.web.bells import Ringing, Said, ringing

BELLS = BellRow.metadata.tables["plan_bell"]
MOST = 2_000


def bells_on(engine: Engine, school: str, day: date) -> list[Ringing]:
    """As believed now. One query; blocks."""
    on = day.isoformat()
    open_end = or_(BELLS.c.valid_to.is_(None), BELLS.c.valid_to > on)
    wanted = (
        select(BELLS, IMPORTS.c.file, IMPORTS.c.imported_ms)
        .join(IMPORTS, IMPORTS.c.id == BELLS.c.import_id)
        .where(BELLS.c.school == school, BELLS.c.superseded_ms.is_(None), BELLS.c.valid_from <= on, open_end)
        .order_by(BELLS.c.id)
        .limit(MOST)
    )
    with reading(engine).connect() as connection:
        rows = connection.execute(wanted).all()
    return ringing(
        Said(
            Bell(
                row.key.removeprefix(f"{row.schedule}{UNIT}"), row.name, row.short, row.start_min, row.end_min,
                row.schedule,
            ),
            row.source,
            row.file,
            row.imported_ms,
        )
        for row in rows
    )  # fmt: skip
