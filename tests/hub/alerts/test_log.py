"""The table `alert` on both databases: one row a cause, closed when it ends, taken up after a restart."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from hub.alerts.log import DAY_MS, KEPT_DAYS, AlertLog, forget_before
from hub.alerts.open_alerts import AFTER_START_MS, HOLD_MS, LINGER_ANY_MS
from hub.db.alert_models import AlertRow
from hub.live.publish import Changes
from hub.live.views import Forecast, People, RoomStatus, RoomView, Running, Value, Ventilation, Waste
from hub.notice import Notice
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.registry.retiring import Retiring
from tests.hub.web.doubles import gateway_view
from wire.text import Text

SCHOOL, MINUTE = "s1", 60_000
DOWN = Notice("store.down", Text("kho hỏng", "the store is down"), "critical")
AWAY = Notice("broker.away", Text("mất broker", "no broker"), "critical")


class Watch:
    """A log with its clock, and what it is told is wrong."""

    def __init__(self, engine: Engine, registry: Registry) -> None:
        self.engine, self.now, self.notices = engine, 1_000_000, list[Notice]()
        self.broken: Callable[[], object] | None = None
        self.log = AlertLog(
            engine=engine,
            registry=registry,
            problems=lambda: self.notices,
            in_thread=self._run,
            now_ms=lambda: self.now,
        )

    async def _run(self, work: Callable[[], Any]) -> Any:
        done = work()
        if self.broken is not None:
            self.broken()
        return done

    async def after(self, ms: int) -> list[tuple[str, str | None, str | None, int, int | None]]:
        """One turn that much later; the rows then."""
        self.now += ms
        await self.log.note_causes()
        await self.log.log_alerts()
        return self.rows()

    def rows(self) -> list[tuple[str, str | None, str | None, int, int | None]]:
        with self.engine.connect() as connection:
            found = connection.execute(select(AlertRow).order_by(AlertRow.id)).all()
        return [(row.code, row.school, row.room, row.opened_ms, row.closed_ms) for row in found]

    def tell(self, *rooms: RoomView, gateways: tuple[Any, ...] = ()) -> None:
        self.log.publish(Changes(self.now, rooms, gateways))


def view_of(room: str, name: str) -> RoomView:
    fresh = Forecast(1500, None, None, None, None, over=False)
    return RoomView(
        SCHOOL, room, name, "a", RoomStatus.IDLE, None, (), None, None, {}, None, stale=False,
        people=People(None, None, None, None), ventilation=Ventilation(None, None, None), forecast=fresh, waste=(),
        sparkline=(),
    )  # fmt: skip


@pytest.fixture
def registry(state_engine: Engine) -> Registry:
    made = Registry(state_engine)
    made.add_school(School(SCHOOL, "Trường"))
    made.add_building(Building(SCHOOL, "a", "Nhà A"))
    made.add_room(Room(SCHOOL, "r1", "P.101", "a"))
    made.add_gateway(SCHOOL, "g1", "Cổng 1")
    made.note_devices([(SCHOOL, device, "g1", 1, "") for device in ("d1", "d2")])
    return made


@pytest.fixture
def watch(state_engine: Engine, registry: Registry) -> Watch:
    return Watch(state_engine, registry)


async def test_a_notice_is_one_row_from_its_coming_to_its_going(watch: Watch) -> None:
    watch.notices.append(DOWN)
    first = watch.now
    for _ in range(3):
        rows = await watch.after(2_000)
    assert rows == [("store.down", None, None, first + 2_000, None)]
    last = watch.now
    watch.notices.clear()
    assert await watch.after(LINGER_ANY_MS) == [("store.down", None, None, first + 2_000, last)]
    watch.notices.append(DOWN)
    assert len(await watch.after(1)) == 2, "what comes again is another alert"


async def test_a_stuffy_room_and_a_projector_left_on(watch: Watch) -> None:
    air = Forecast(1500, 1.0, None, None, None, over=True)
    waste = (Waste(Running.PROJECTOR, "d1", 0, 0.1), Waste(Running.LIGHTS, "d2", 0, None))
    co2 = {"co2_ppm": Value("co2_ppm", 1_812.0, 0, "d1", stale=False)}
    view = msgspec.structs.replace(view_of("r1", "P.101"), forecast=air, waste=waste, values=co2)
    watch.tell(view)
    await watch.after(0)
    rows = await watch.after(MINUTE)
    assert sorted(row[0] for row in rows) == ["room.stuffy", "room.waste", "room.waste"]
    assert {row[1:3] for row in rows} == {(SCHOOL, "r1")}
    with watch.engine.connect() as connection:
        texts = connection.execute(select(AlertRow.text_vi, AlertRow.text_en).where(AlertRow.code == "room.stuffy"))
        assert texts.one() == (
            "P.101: CO₂ 1\N{NO-BREAK SPACE}812 ppm, đã vượt mức 1\N{NO-BREAK SPACE}500 ppm",
            "P.101: CO₂ 1,812 ppm, over the limit of 1,500 ppm",
        )
    watch.tell(msgspec.structs.replace(view, maintenance="thay quạt"))
    rows = await watch.after(10 * MINUTE)
    assert all(row[4] is not None for row in rows)


async def test_a_thousand_sensors_behind_one_gateway_are_one_alert(watch: Watch) -> None:
    silent = {"co2_ppm": Value("co2_ppm", 700.0, 0, "d1", stale=True)}
    room = msgspec.structs.replace(view_of("r1", "P.101"), values=silent)
    watch.tell(room, gateways=(gateway_view("g1", "Cổng 1", school=SCHOOL, online=False),))
    await watch.after(0)
    assert [row[0] for row in await watch.after(HOLD_MS["gateway.offline"])] == ["gateway.offline"]
    watch.tell(gateways=(gateway_view("g1", "Cổng 1", school=SCHOOL, online=True),))
    await watch.after(2_000)
    rows = await watch.after(HOLD_MS["room.silent"])
    assert [(row[0], row[4] is None) for row in rows] == [("gateway.offline", False), ("room.silent", True)]


async def test_without_the_broker_no_gateway_is_blamed(watch: Watch) -> None:
    watch.notices.append(AWAY)
    watch.tell(gateways=(gateway_view("g1", "Cổng 1", school=SCHOOL, online=False),))
    await watch.after(0)
    assert [row[0] for row in await watch.after(10 * MINUTE)] == ["broker.away"]


async def test_a_restart_takes_up_what_is_open(watch: Watch, registry: Registry) -> None:
    watch.notices.append(DOWN)
    before = await watch.after(1)
    again = Watch(watch.engine, registry)
    again.now = watch.now + 5_000
    await again.log.restore()
    again.notices.append(DOWN)
    assert await again.after(1_000) == before
    again.notices.clear()
    rows = await again.after(AFTER_START_MS + LINGER_ANY_MS)
    assert [row[4] for row in rows] == [watch.now + 6_000]


async def test_an_error_after_the_commit_leaves_no_second_row(watch: Watch) -> None:
    def fail() -> None:
        raise SQLAlchemyError("the answer was lost")

    watch.notices.append(DOWN)
    watch.broken = fail
    with pytest.raises(SQLAlchemyError):
        await watch.after(1)
    watch.broken = None
    assert len(await watch.after(1)) == 1
    watch.notices.clear()
    assert (await watch.after(LINGER_ANY_MS))[0][4] is not None


async def test_trouble_back_after_a_lost_answer_is_a_row_of_its_own(watch: Watch) -> None:
    """The row was closed by that commit: what goes on now must not hide behind a closed one."""

    def fail() -> None:
        raise SQLAlchemyError("the answer was lost")

    began = watch.now
    watch.notices.append(DOWN)
    await watch.after(0)
    watch.notices.clear()
    watch.broken = fail
    with pytest.raises(SQLAlchemyError):
        await watch.after(LINGER_ANY_MS)
    watch.broken = None
    watch.notices.append(DOWN)
    back = watch.now + LINGER_ANY_MS
    assert await watch.after(LINGER_ANY_MS) == [
        ("store.down", None, None, began, began),
        ("store.down", None, None, back, None),
    ]


async def test_what_came_and_went_between_two_attempts_to_write_is_written_with_its_times(watch: Watch) -> None:
    """After a failure the next attempt waits ten seconds: trouble of those seconds is trouble all the same."""
    began = watch.now
    watch.notices.append(DOWN)
    await watch.log.note_causes()
    watch.now += 2_000
    await watch.log.note_causes()
    watch.notices.clear()
    watch.now += 2_000
    await watch.log.note_causes()
    assert watch.rows() == []
    assert await watch.after(0) == [("store.down", None, None, began, None)]
    assert await watch.after(LINGER_ANY_MS) == [("store.down", None, None, began, began + 2_000)]


async def test_rooms_that_are_gone_are_no_trouble_and_old_alerts_go(watch: Watch) -> None:
    air = Forecast(1500, 1.0, None, None, None, over=True)
    values = {"co2_ppm": Value("co2_ppm", 1_812.0, 0, "d1", stale=False)}
    watch.tell(msgspec.structs.replace(view_of("nowhere", "?"), forecast=air, values=values))
    await watch.after(0)
    assert await watch.after(MINUTE) == []
    watch.notices.append(DOWN)
    await watch.after(1)
    watch.notices.clear()
    await watch.after(MINUTE)
    forget_before(watch.engine, watch.now + KEPT_DAYS * DAY_MS - 2 * MINUTE)
    assert len(watch.rows()) == 1
    forget_before(watch.engine, watch.now + KEPT_DAYS * DAY_MS)
    assert watch.rows() == []


async def test_a_room_out_of_use_is_no_trouble_any_more(watch: Watch, registry: Registry) -> None:
    air = Forecast(1500, 1.0, None, None, None, over=True)
    values = {"co2_ppm": Value("co2_ppm", 1_812.0, 0, "d1", stale=False)}
    watch.tell(msgspec.structs.replace(view_of("r1", "P.101"), forecast=air, values=values))
    await watch.after(0)
    assert [(row[0], row[4]) for row in await watch.after(MINUTE)] == [("room.stuffy", None)]
    today = datetime.fromtimestamp(watch.now / 1000, UTC).date()
    registry.retire_room(SCHOOL, "r1", Retiring(today, "Sửa mái"), watch.now)
    await watch.after(1)
    assert (await watch.after(10 * MINUTE))[0][4] is not None
