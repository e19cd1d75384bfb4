"""The bell schedules in force on a day: what rings, who said so and when, and the imported times beneath it."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec
from sqlalchemy import Engine, or_, select

from hub.db.engine import reading
from hub.db.school_models import BellRow
from hub.school.bells import HAND, outranked
from hub.school.journal import IMPORTS
from hub.school.rows import UNIT
from hub.school.timetable import Bell

BELLS = BellRow.metadata.tables["plan_bell"]
MOST = 2_000
Spans = tuple[Bell, ...]


class Said(msgspec.Struct, frozen=True):
    """One bell as one source says it; `at_ms` is when that was taken in."""

    bell: Bell
    source: str
    file: str
    at_ms: int | None


class Ringing(msgspec.Struct, frozen=True):
    """One schedule. `bells` ring; `imported` would ring without what was set by hand, None where no file says any."""

    schedule: str
    source: str
    file: str
    at_ms: int | None
    bells: Spans
    imported: Spans | None = None

    @property
    def by_hand(self) -> bool:
        return self.source == HAND


class Change(msgspec.Struct, frozen=True):
    """One period that differs; None on the side where there is no such period."""

    number: str
    old: Bell | None
    new: Bell | None


def ringing(said: Iterable[Said]) -> list[Ringing]:
    """By schedule, the usual one first; of several sources the first by rank rings. Pure."""
    of: dict[str, dict[str, list[Said]]] = {}
    for one in said:
        of.setdefault(one.bell.schedule, {}).setdefault(one.source, []).append(one)
    found = []
    for schedule, sources in sorted(of.items()):
        first, *_ = ranked = sorted(sources, key=outranked)
        newest = max(sources[first], key=lambda one: one.at_ms or 0)
        imported = next((_timed(sources[one]) for one in ranked if one != HAND), None)
        found.append(Ringing(schedule, first, newest.file, newest.at_ms, _timed(sources[first]), imported))
    return found


def differences(old: Iterable[Bell], new: Iterable[Bell]) -> list[Change]:
    """Period by period, in the order of the new ones, those that go last. Pure."""
    before, after = ({bell.number: bell for bell in side} for side in (old, new))
    changed = [Change(number, before.get(number), bell) for number, bell in after.items() if _moved(before, bell)]
    return changed + [Change(number, bell, None) for number, bell in before.items() if number not in after]


def _moved(before: Mapping[str, Bell], bell: Bell) -> bool:
    old = before.get(bell.number)
    return old is None or _content(old) != _content(bell)


def _content(bell: Bell) -> tuple[int, int, str]:
    return bell.start_min, bell.end_min, bell.name or bell.number


def _timed(said: Iterable[Said]) -> Spans:
    return tuple(sorted((one.bell for one in said), key=lambda bell: (bell.start_min, bell.end_min, bell.number)))


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
