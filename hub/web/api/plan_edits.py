"""Editing a school's plan by hand: /api/v1/schools/{school}/edits, each previewed in words, undone like an import."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.registry.model import School
from hub.school.changes import ChangeKind, DayChange
from hub.school.edits import DAY_MIN, DropBells, Edit, RefusedEdit, SetBells, SetChange, SetDays, check
from hub.school.model import Lesson, SchoolDay
from hub.school.plan import SchoolPlan
from hub.school.timetable import Bell, Timetable
from hub.web.api.asking import answer, answers, body, school_named, takes
from hub.web.api.outgoing import rfc3339, words
from hub.web.api.plan_edits_model import (
    ByHandOut,
    DayLessonOut,
    EditedOut,
    HandBell,
    HandChange,
    HandDay,
    HandSchedule,
    PlanEdit,
    PreviewOut,
    RingingOut,
)
from hub.web.bells import Ringing
from hub.web.bells_in_force import bells_on
from hub.web.edit_reading import Known, clock_of, read_edit
from hub.web.edit_words import MIN_MS, Told, tell
from hub.web.guard import visitor_of
from hub.web.problem import Problem
from hub.web.texts import text
from hub.web.timetable import directories_of
from wire.text import Text

LONGEST_EDIT = 8_000
FIRST_YEAR, LAST_YEAR = 2000, 2100
NAMED = 5  # of what would be lost, so much is named
KEPT_DAYS = 14  # of what is past, so much is still listed
_decode: Callable[[str], PlanEdit] = msgspec.json.Decoder(PlanEdit).decode


def plan_edit_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}/edits", tags=["plan"])

    @router.get("", responses=answers(ByHandOut))
    async def by_hand(school: str) -> Response:
        return answer(await by_hand_out(hub, school_named(hub, school)))

    @router.get("/preview", responses=answers(PreviewOut))
    async def preview(
        school: str, edit: Annotated[str, Query(max_length=LONGEST_EDIT, description="an edit as JSON")]
    ) -> Response:
        found = school_named(hub, school)
        try:
            asked = _decode(edit)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as wrong:
            raise Problem(422, text("error.body", reason=str(wrong)[:200]), field="edit") from wrong
        _, told = await run_in_threadpool(weighed, hub, found, asked)
        return answer(PreviewOut(tuple(map(words, told.words)), tuple(map(words, told.clashes))))

    @router.get("/lessons", responses=answers(list[DayLessonOut]))
    async def lessons(school: str, day: date) -> Response:
        found = school_named(hub, school)
        return answer(await run_in_threadpool(_lessons, hub, found, day))

    @router.post("", responses=answers(EditedOut), openapi_extra=takes(PlanEdit))  # type: ignore[arg-type]
    async def edit_plan(request: Request, school: str) -> Response:
        found = school_named(hub, school)
        asked: PlanEdit = await body(request, PlanEdit)  # type: ignore[arg-type]
        edit, told = await run_in_threadpool(weighed, hub, found, asked)
        if told.clashes and not asked.anyway:
            raise Problem(409, _against(told), field="anyway")
        who = visitor_of(request).operator or ""
        result = await run_in_threadpool(hub.schools.edit, found.id, edit, who, hub.now_ms())
        hub.fanout.refresh()
        return answer(EditedOut(result.id, result.status, tuple(map(words, told.words))))

    return router


def _against(told: Told) -> Text:
    head = text("school.clashes")
    vi, en = ("; ".join(one.in_language(language) for one in told.clashes) for language in ("vi", "en"))
    return Text(f"{head.vi}: {vi}", f"{head.en}: {en}")


def weighed(hub: Hub, school: School, asked: PlanEdit) -> tuple[Edit, Told]:
    """The edit and what it would do. Blocks; raises Problem with the field that is wrong."""
    zone = ZoneInfo(school.timezone)
    today = datetime.fromtimestamp(hub.now_ms() / 1000, zone).date()
    plan = hub.schools.schedule(school.id)
    known = _known(hub, school, plan, today)
    edit = read_edit(asked, known)
    try:
        check(edit)
    except RefusedEdit as refused:
        raise Problem(422, refused.text, field="edit") from refused
    day = _about(edit, today)
    planned = _day_before(plan, day, edit.change.id if isinstance(edit, SetChange) else "")
    told = _with_lost(tell(edit, planned, known, zone, _midnight(day, zone)), edit, plan)
    return SetChange(_with_end(edit.change, planned)) if isinstance(edit, SetChange) else edit, told


def _with_end(change: DayChange, planned: SchoolDay) -> DayChange:
    """With when its lesson ends as planned now: an import may split it later."""
    if change.kind is ChangeKind.EXTRA or change.start_min is None:
        return change
    asked = f"{change.lesson}@{change.day.isoformat()}T{change.start_min:04d}"
    lasts = [one.end_ms - one.start_ms for one in (*planned.lessons, *planned.elsewhere) if one.id == asked]
    end_min = change.start_min + max(lasts, default=0) // MIN_MS
    return msgspec.structs.replace(change, end_min=end_min) if lasts and end_min <= DAY_MIN else change


def _with_lost(told: Told, edit: Edit, plan: SchoolPlan | None) -> Told:
    """With the one-day changes that would no longer find their lesson, were these the bells."""
    if plan is None or not isinstance(edit, SetBells | DropBells):
        return told
    bells = edit.bells if isinstance(edit, SetBells) else ()
    before = {one.id for one in plan.unmet(edit.since)}
    lost = [one for one in plan.unmet(edit.since, edit.schedule, bells) if one.id not in before]
    if not lost:
        return told
    days = ", ".join(dict.fromkeys(f"{one.day:%d/%m/%Y}" for one in lost[:NAMED]))
    against = text("school.says_changes_lost", n=len(lost), days=days)
    return Told(told.words, (*told.clashes, against))


def _day_before(plan: SchoolPlan | None, day: date, change: str) -> SchoolDay:
    """The date without that change, which may stand already: against itself it says nothing."""
    return SchoolDay(day, (), (), None) if plan is None else plan.school_day_without(day, change)


def _about(edit: Edit, today: date) -> date:
    match edit:
        case SetChange():
            return edit.change.day
        case SetDays():
            return edit.days[0].day
        case SetBells():
            return edit.since
        case _:
            return today


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def _lessons(hub: Hub, school: School, day: date) -> list[DayLessonOut]:
    """One line a lesson, with all its rooms."""
    plan, zone = hub.schools.schedule(school.id), ZoneInfo(school.timezone)
    if plan is None or not FIRST_YEAR < day.year < LAST_YEAR:
        return []
    planned, rooms = plan.school_day(day), {room.id: room.name for room in hub.registry.rooms(school.id)}
    by_id: dict[str, list[Lesson]] = {}
    for lesson in sorted((*planned.lessons, *planned.elsewhere), key=lambda one: (one.start_ms, one.classes)):
        by_id.setdefault(lesson.id, []).append(lesson)
    return [
        DayLessonOut(
            id=identifier,
            start=rfc3339(ones[0].start_ms, zone),
            end=rfc3339(ones[0].end_ms, zone),
            subject=ones[0].subject,
            classes=ones[0].classes,
            teachers=ones[0].teachers,
            rooms=tuple(rooms.get(one.room, one.room) for one in ones if one.room),
        )
        for identifier, ones in by_id.items()
    ]


async def by_hand_out(hub: Hub, school: School) -> ByHandOut:
    """What was set by hand and holds now; of days that are past only the newest."""
    return await run_in_threadpool(_by_hand, hub, school)


def _by_hand(hub: Hub, school: School) -> ByHandOut:
    zone = ZoneInfo(school.timezone)
    today = datetime.fromtimestamp(hub.now_ms() / 1000, zone).date()
    said = hub.schools.by_hand(school.id, today)
    plan = hub.schools.schedule(school.id)
    known = _known(hub, school, plan, today)
    since = today - timedelta(days=KEPT_DAYS)
    changes = []
    for change in sorted(said.changes, key=lambda one: (one.day, one.start_min or 0)):
        if change.day >= since:
            day = _day_before(plan, change.day, change.id)
            now = change if plan is None else plan.placed(change)
            told = tell(SetChange(now), day, known, zone, _midnight(change.day, zone)).words
            changes.append(
                HandChange(change.id, change.day.isoformat(), change.kind.value, words(told[0]), change.note)
            )
    bells = tuple(_ringing(one, zone) for one in known.bells.values())
    return ByHandOut(_schedules(said), tuple(_days(said, since)), tuple(changes), bells)


def _known(hub: Hub, school: School, plan: SchoolPlan | None, today: date) -> Known:
    rooms = {room.id: room for room in hub.registry.rooms(school.id)}
    bells = {one.schedule: one for one in bells_on(hub.engine, school.id, today)}
    return Known(rooms, directories_of(plan), today, bells)


def _ringing(one: Ringing, zone: ZoneInfo) -> RingingOut:
    def told(bells: Iterable[Bell]) -> tuple[HandBell, ...]:
        return tuple(HandBell(b.number, b.name, clock_of(b.start_min), clock_of(b.end_min)) for b in bells)

    imported = None if one.imported is None else told(one.imported)
    file = "" if one.by_hand else one.file  # of an edit it is our own name for its kind
    return RingingOut(one.schedule, one.by_hand, one.source, file, rfc3339(one.at_ms, zone), told(one.bells), imported)


def _schedules(said: Timetable) -> tuple[HandSchedule, ...]:
    names = dict.fromkeys(bell.schedule for bell in said.bells)
    return tuple(
        HandSchedule(
            name,
            tuple(
                HandBell(one.number, one.name, clock_of(one.start_min), clock_of(one.end_min))
                for one in sorted(said.bells, key=lambda bell: bell.start_min)
                if one.schedule == name
            ),
        )
        for name in names
    )


def _days(said: Timetable, since: date) -> list[HandDay]:
    return [
        HandDay(
            one.day.isoformat(), one.kind.value, one.title, one.bells, one.week, one.weekday,
            None if one.until_min is None else clock_of(one.until_min),
        )
        for one in sorted(said.days, key=lambda day: day.day)
        if one.day >= since
    ]  # fmt: skip
