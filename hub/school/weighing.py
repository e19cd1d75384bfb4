"""One import against what holds now: compared table by table, doubted, and told as a difference. Reads only."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Connection, or_, select

from hub.db.school_models import EnrolmentRow, HeldRow, PlanRoomRow, RosterClassRow
from hub.registry.spell_rows import rooms_of
from hub.school import journal, rows
from hub.school.difference import Compared, Difference, Names, difference, names_of
from hub.school.doubts import Situation, doubts
from hub.school.held import Comparison, Stamp, compare
from hub.school.journal import ImportRecord
from hub.school.lost_changes import LostChanges, lost_changes
from hub.school.names import NamesOverTime, RoomNames, plain
from hub.school.roster import Roster
from hub.school.timetable import Timetable

Thing = Timetable | Roster


class Weighed(msgspec.Struct, frozen=True):
    """`comparisons` are what `held.write` takes, `difference` is for people; `compared` and `names` are what it was
    made of, for whoever wants to see every row.
    """

    comparisons: list[Comparison]
    difference: Difference
    changes: dict[str, list[int]]
    compared: tuple[Compared, ...] = ()
    names: Names = Names()

    @property
    def first_days(self) -> list[str]:
        """Dates (ISO) that rows with a date of their own speak about."""
        days: list[str] = []
        for comparison in self.comparisons:
            name = comparison.table.name
            if name in {"plan_dated", "plan_day", "plan_change"}:
                fresh = [(key, row) for key, row in comparison.items.items() if key not in comparison.kept]
                days += [str(row.get("day", key)) for key, row in fresh]
                days += [str(row["day"] if "day" in row else row["key"]) for row in comparison.replaced]
            elif name == "school_session":
                days += [str(row["first"]) for row in comparison.replaced]
        return days


def weigh(
    connection: Connection, thing: Thing, stamp: Stamp, counts: dict[str, int], bad: int, last: ImportRecord | None
) -> Weighed:
    tables = rows.tables_of(thing)
    found = [(one, compare(connection, one.model, one.items, stamp, gone=one.gone)) for one in tables]
    compared = [_compared(one, comparison) for one, comparison in found]
    names = names_of(compared, rows.class_titles(connection, stamp.school) if isinstance(thing, Roster) else {})
    situation = _situation(connection, thing, stamp, counts, bad, last)
    told = difference(stamp.school, compared, names, doubts(compared, names, situation))
    changes = {one.table: [one.added, one.changed, one.ended] for one in told.tables}
    return Weighed([comparison for _, comparison in found], told, changes, tuple(compared), names)


def _compared(one: rows.TableRows, comparison: Comparison) -> Compared:
    before = comparison.before()
    if one.gone is not None:  # a delta ends only what it names
        before = {key: row for key, row in before.items() if key in one.items or key in one.gone}
    return Compared(one.name, before, dict(one.items), comparison.kept, comparison.held, one.gone is None)


def _situation(
    connection: Connection, thing: Thing, stamp: Stamp, counts: dict[str, int], bad: int, last: ImportRecord | None
) -> Situation:
    unknown, before, cards, lost = {}, frozenset[str](), 0, LostChanges()
    if isinstance(thing, Timetable):
        known = _names_then(connection, stamp)
        unknown, cards = _unknown_rooms(thing, known), len(thing.cards) + len(thing.dated)
        before = _unknown_before(connection, stamp, known)
        lost = lost_changes(connection, stamp, thing)
    return Situation(
        shrink_pct=int(journal.option(connection, stamp.school, journal.SHRINK_PCT, journal.SHRINK_PCT_USUAL)),
        rows=sum(number for name, number in counts.items() if "_" not in name),  # not "cards_without_room"
        bad_rows=bad,
        bad_before=0 if last is None else sum(last.problems.get(name, 0) for name in ("fatal", "error")),
        first=last is None,
        unknown_rooms=unknown,
        unknown_before=before,
        cards=cards,
        elsewhere=_elsewhere(connection, stamp) if isinstance(thing, Roster) else {},
        lost_days=tuple(one.day for one in lost.changes),
        lost_several=lost.several,
    )


def _elsewhere(connection: Connection, stamp: Stamp) -> dict[str, str]:
    """Names of classes, folded, in which rosters of other sources have pupils now; the first source by name."""
    classes, enrolments = (model.metadata.tables[model.__tablename__] for model in (RosterClassRow, EnrolmentRow))
    today = _today(connection, stamp).isoformat()
    told = select(enrolments.c.source, enrolments.c.school_class).distinct()
    running = or_(enrolments.c.end.is_(None), enrolments.c.end > today)
    pupils = told.where(_of_others(EnrolmentRow, stamp), enrolments.c.role == "student", running)
    filled = {(row.source, row.school_class) for row in connection.execute(pupils)}
    named = select(classes.c.source, classes.c.key, classes.c.title, classes.c.code)
    found: dict[str, str] = {}
    for source, key, title, code in connection.execute(
        named.where(_of_others(RosterClassRow, stamp)).order_by(classes.c.source)
    ):
        for name in (plain(title), plain(code)) if (source, key) in filled else ():
            found.setdefault(name, source)
    return found


def _of_others(model: type[HeldRow], stamp: Stamp) -> ColumnElement[bool]:
    """Rows of other sources of the school that hold now and on."""
    table = model.metadata.tables[model.__tablename__]
    ours = (table.c.school == stamp.school) & (table.c.source != stamp.source)
    return ours & table.c.superseded_ms.is_(None) & table.c.valid_to.is_(None)


def _today(connection: Connection, stamp: Stamp) -> date:
    return datetime.fromtimestamp(stamp.now_ms / 1000, ZoneInfo(journal.timezone_of(connection, stamp.school))).date()


def _names_then(connection: Connection, stamp: Stamp) -> RoomNames:
    """What rooms are called when the import begins to hold; one that holds since ever is about today."""
    first = date.fromisoformat(stamp.valid_from)
    return NamesOverTime(rooms_of(connection, stamp.school)).at(max(first, _today(connection, stamp)))


def _unknown_rooms(timetable: Timetable, known: RoomNames) -> dict[str, int]:
    """Rooms of the plan that the school does not have, with the cards in them."""
    names = {
        room.id: room.name or room.id
        for room in timetable.rooms
        if known.find((room.id, room.name, room.short)) is None
    }
    unknown = dict.fromkeys(names.values(), 0)
    used = [card.rooms for card in timetable.cards] + [dated.rooms for dated in timetable.dated]
    for room in (room for rooms in used for room in rooms if room in names):
        unknown[names[room]] += 1
    return unknown


def _unknown_before(connection: Connection, stamp: Stamp, known: RoomNames) -> frozenset[str]:
    table = PlanRoomRow.metadata.tables["plan_room"]
    wanted = select(table.c.key, table.c.name, table.c.short).where(
        table.c.school == stamp.school,
        table.c.source == stamp.source,
        table.c.superseded_ms.is_(None),
        table.c.valid_to.is_(None),
    )
    return frozenset(
        row.name or row.key for row in connection.execute(wanted) if known.find((row.key, row.name, row.short)) is None
    )
