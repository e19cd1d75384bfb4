"""The rule at work on a real live state and both databases: dry run, school day, on, one order an hour."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from hub import audit
from hub.commands.command import DRY_RUN, Refused
from hub.commands.desk import CommandDesk
from hub.commands.policies import Policies
from hub.live.engine import LiveEngine
from hub.live.policy import ONE_ORDER_MS, SCHOOL_DAY_MIN, Mode
from hub.live.reading import Reading
from hub.school.model import Lesson, Period
from tests.hub.commands.desks import DEVICE, GATEWAY, NOW_MS, SCHOOL, Site

RULE = "displays-off"
MIN = 60_000


@dataclass
class Timetable:
    """One lesson of the room, and school hours around the clock but for the night."""

    lesson: tuple[int, int] = (NOW_MS - 400 * MIN, NOW_MS - 355 * MIN)
    open_now: bool | None = True
    rooms: tuple[str, ...] = ("a101",)

    def day(self, room: str, _t_ms: int) -> list[Lesson]:
        return [Lesson("l", room, "", *self.lesson, "Toán", ("8A1",), ())]

    def at(self, room: str, t_ms: int) -> Lesson | None:
        return next((each for each in self.day(room, t_ms) if each.start_ms <= t_ms < each.end_ms), None)

    def next_after(self, room: str, t_ms: int) -> Lesson | None:
        return next((each for each in self.day(room, t_ms) if each.start_ms > t_ms), None)

    def period_at(self, _t_ms: int) -> Period | None:
        return None

    def next_period(self, _t_ms: int) -> Period | None:
        return None

    def names(self, room: str, _t_ms: int) -> bool:
        return room in self.rooms

    def in_school_hours(self, _t_ms: int) -> bool | None:
        return self.open_now


class School:
    """A display in a room, and minutes that pass."""

    def __init__(self, engine: Engine) -> None:
        self.site = Site(engine)
        self.timetable: Timetable | None = Timetable()
        self.live = LiveEngine(self.site.registry, lambda _: self.timetable)
        self.desk: CommandDesk = self.site.desk()
        self.policies = self.started()

    def started(self) -> Policies:
        return Policies(
            self.site.engine, self.site.way, live=self.live, schedule_of=lambda _: self.timetable, desk=self.desk
        )

    def says(self, **values: float) -> None:
        now_ms = self.site.now_ms
        self.live.apply([Reading(SCHOOL, GATEWAY, DEVICE, now_ms, now_ms, dict(values))], now_ms)

    async def pass_minutes(self, count: int, *, on: float = 1.0) -> None:
        for _ in range(count):
            self.site.now_ms += MIN
            self.says(display_on=on)
            self.live.tick(self.site.now_ms)
            await self.policies.follow_rules()

    def given(self) -> list[tuple[str | None, int]]:
        """Every order of the rule: result and minute, oldest first."""
        rows = self.desk.book.of_school(SCHOOL, 100)[::-1]
        assert {each.by for each in rows} <= {f"policy:{RULE}"}
        return [(each.result, (each.created_ms - NOW_MS) // MIN) for each in rows]


@pytest.fixture
def school(state_engine: Engine) -> School:
    return School(state_engine)


async def test_off_by_default(school: School) -> None:
    await school.pass_minutes(60)
    assert school.given() == []


async def test_a_dry_run_writes_down_once_an_hour_and_sends_nothing(school: School) -> None:
    await school.policies.choose(SCHOOL, RULE, Mode.DRY_RUN, "cô Hoa")
    await school.pass_minutes(150)
    assert school.given() == [(DRY_RUN, 21), (DRY_RUN, 81), (DRY_RUN, 141)]
    assert school.site.orders() == []
    told = [(each.who, each.what) for each in audit.entries(school.site.engine)]
    assert ("policy:displays-off", "command s/a101-board kind=display_off value= (dry run): ") in [
        (who, what[: len("command s/a101-board kind=display_off value= (dry run): ")]) for who, what in told
    ]
    assert school.desk.last(SCHOOL, DEVICE) is None  # nothing was told to the device


async def test_on_only_after_a_school_day_of_dry_run_and_then_it_orders(school: School) -> None:
    policies = school.policies
    with pytest.raises(Refused) as refused:
        await policies.choose(SCHOOL, RULE, Mode.ON, "op")
    assert refused.value.status == 409
    await policies.choose(SCHOOL, RULE, Mode.DRY_RUN, "op")
    assert school.timetable is not None
    school.timetable.open_now = False
    await school.pass_minutes(10, on=0)
    assert policies.setting(SCHOOL, RULE).watched.minutes == 0  # the night teaches nothing
    school.timetable.open_now = True
    await school.pass_minutes(SCHOOL_DAY_MIN - 1, on=0)
    with pytest.raises(Refused, match=f"{SCHOOL_DAY_MIN - 1} of {SCHOOL_DAY_MIN}"):
        await policies.choose(SCHOOL, RULE, Mode.ON, "op")
    await school.pass_minutes(1, on=0)
    await policies.choose(SCHOOL, RULE, Mode.ON, "op")
    again = school.started()
    await again.restore()
    assert again.setting(SCHOOL, RULE) == policies.setting(SCHOOL, RULE)
    school.site.orders()
    await school.pass_minutes(21)
    assert [(order.kind, order.args) for order in school.site.orders()] == [("display_off", {"device": DEVICE})]
    (result, _), *_ = school.given()
    assert result is None
    await policies.choose(SCHOOL, RULE, Mode.OFF, "op")
    with pytest.raises(Refused):
        await policies.choose(SCHOOL, RULE, Mode.ON, "op")


async def test_a_restart_remembers_the_hour_and_waits_for_the_display_anew(school: School) -> None:
    await school.policies.choose(SCHOOL, RULE, Mode.DRY_RUN, "op")
    await school.pass_minutes(25)
    school.policies = school.started()
    await school.policies.restore()
    await school.pass_minutes(30)
    assert school.given() == [(DRY_RUN, 21)]
    await school.pass_minutes(30)
    assert school.given() == [(DRY_RUN, 21), (DRY_RUN, 21 + ONE_ORDER_MS // MIN)]


async def test_lessons_hold_it_back_and_without_a_timetable_nothing_is_known(school: School) -> None:
    await school.policies.choose(SCHOOL, RULE, Mode.DRY_RUN, "op")
    assert school.timetable is not None
    school.timetable.lesson = (NOW_MS + 60 * MIN, NOW_MS + 105 * MIN)
    await school.pass_minutes(38)
    assert school.given() == [(DRY_RUN, 21)]
    await school.pass_minutes(86)
    assert school.given() == [(DRY_RUN, 21)]  # from twenty minutes before until twenty after
    await school.pass_minutes(2)
    assert school.given() == [(DRY_RUN, 21), (DRY_RUN, 125)]
    school.timetable.open_now = None  # the only timetable is in force from next week, or has no lesson in it
    await school.pass_minutes(90)
    school.timetable = None
    await school.pass_minutes(90)
    assert len(school.given()) == 2


async def test_a_room_the_timetable_does_not_name_is_left_alone(school: School) -> None:
    await school.policies.choose(SCHOOL, RULE, Mode.DRY_RUN, "op")
    assert school.timetable is not None
    school.timetable.rooms = ("a102",)  # A101 is spelt another way there
    await school.pass_minutes(60)
    assert school.given() == []


async def test_whoever_cannot_be_told_or_says_nothing_fresh_is_left_alone(school: School) -> None:
    await school.policies.choose(SCHOOL, RULE, Mode.DRY_RUN, "op")
    school.site.accepts = {DEVICE: ["display_on"]}
    await school.pass_minutes(30)
    school.site.accepts, school.site.online = {DEVICE: ["display_off"]}, False
    await school.pass_minutes(5)
    assert school.given() == []
    school.site.online = True
    await school.pass_minutes(1)
    assert school.given() == [(DRY_RUN, 36)]
    for _ in range(90):  # its last word ages
        school.site.now_ms += MIN
        await school.policies.follow_rules()
    assert len(school.given()) == 1


async def test_unknown_rules_and_unchanged_modes(school: School) -> None:
    with pytest.raises(Refused):
        await school.policies.choose(SCHOOL, "lights-off", Mode.DRY_RUN, "op")
    chosen = await school.policies.choose(SCHOOL, RULE, Mode.DRY_RUN, "op")
    await school.pass_minutes(5, on=0)
    again = await school.policies.choose(SCHOOL, RULE, Mode.DRY_RUN, "another")
    assert (again.by, again.since_ms, again.watched.minutes) == ("op", chosen.since_ms, 5)
