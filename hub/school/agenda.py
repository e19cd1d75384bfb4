"""Keeps the table `lesson_day`: the dated lessons of every room from yesterday to a week ahead, for dashboards."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, delete, insert, select

from hub.db.alert_models import LessonDayRow
from hub.db.engine import reading
from hub.registry.model import School
from hub.school.model import Lesson
from hub.school.plan import SchoolPlan

BACK_DAYS, AHEAD_DAYS = 1, 7
KEPT_DAYS = 35
TABLE = LessonDayRow.metadata.tables["lesson_day"]
COLUMNS = (TABLE.c.room, TABLE.c.lesson, TABLE.c.start_ms, TABLE.c.end_ms, TABLE.c.subject, TABLE.c.classes)
Line = tuple[str, str, int, int, str, str]  # in the order of COLUMNS


class Agenda:
    """`due` is cheap and for the event loop; `write` blocks. What stands there already costs one query."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._done: dict[str, tuple[int, date]] = {}

    def due(self, school: School, version: int | None, now_ms: int) -> bool:
        """Whether the school's plan (`version` of its ready days) or its date is another than when last written."""
        return version is not None and self._done.get(school.id) != (version, _today(school, now_ms))

    def span(self, school: School, now_ms: int) -> tuple[date, date]:
        """The first and last day a plan has to know for `write`."""
        today = _today(school, now_ms)
        return today - timedelta(days=BACK_DAYS), today + timedelta(days=AHEAD_DAYS)

    def write(self, school: School, plan: SchoolPlan, version: int, now_ms: int) -> int:
        """Bring the rows to what the plan says; the number of days that changed. Raises SQLAlchemyError."""
        today = _today(school, now_ms)
        days = [today + timedelta(days=offset) for offset in range(-BACK_DAYS, AHEAD_DAYS + 1)]
        wanted = {day.isoformat(): sorted(_line(lesson) for lesson in plan.school_day(day).lessons) for day in days}
        stored = self._stored(school.id, list(wanted))
        changed = [day for day, lines in wanted.items() if lines != stored.get(day, [])]
        if changed:
            self._replace(school.id, {day: wanted[day] for day in changed})
        self._done[school.id] = (version, today)
        return len(changed)

    def rewrite(self, school: School, plan: SchoolPlan, day: date, now_ms: int) -> int:
        """Bring one day to what the plan says, where dashboards still look at it: a corrected plan of the past."""
        if day < _today(school, now_ms) - timedelta(days=KEPT_DAYS):
            return 0
        name = day.isoformat()
        lines = sorted(_line(lesson) for lesson in plan.school_day(day).lessons)
        if self._stored(school.id, [name]).get(name, []) == lines:
            return 0
        self._replace(school.id, {name: lines})
        return 1

    def forget_before(self, now_ms: int) -> None:
        """Days that no dashboard looks at any more, of all schools."""
        oldest = datetime.fromtimestamp(now_ms / 1000, ZoneInfo("UTC")).date() - timedelta(days=KEPT_DAYS)
        with self._engine.begin() as connection:
            connection.execute(delete(TABLE).where(TABLE.c.day < oldest.isoformat()))

    def _stored(self, school: str, days: Sequence[str]) -> dict[str, list[Line]]:
        query = select(TABLE.c.day, *COLUMNS).where(TABLE.c.school == school, TABLE.c.day.in_(days))
        found: dict[str, list[Line]] = {}
        with reading(self._engine).connect() as connection:
            for day, *line in connection.execute(query):
                found.setdefault(day, []).append(tuple(line))
        return {day: sorted(lines) for day, lines in found.items()}

    def _replace(self, school: str, days: dict[str, list[Line]]) -> None:
        names = [column.name for column in COLUMNS]
        rows = [
            {"school": school, "day": day} | dict(zip(names, line, strict=True))
            for day, lines in days.items()
            for line in lines
        ]
        with self._engine.begin() as connection:
            connection.execute(delete(TABLE).where(TABLE.c.school == school, TABLE.c.day.in_(list(days))))
            if rows:
                connection.execute(insert(TABLE), rows)


def _today(school: School, now_ms: int) -> date:
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(school.timezone)).date()


def _line(lesson: Lesson) -> Line:
    """Without teachers: dashboards hold no persons."""
    return lesson.room, lesson.id, lesson.start_ms, lesson.end_ms, lesson.subject, ", ".join(lesson.classes)
