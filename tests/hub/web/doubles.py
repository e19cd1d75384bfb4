"""An honest stand for pages: registry, database, store and quarantine are the real ones; what is live is staged.

Staged views are the real structures in every state a page can meet; nothing of hub.web is replaced.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from hub.commands.book import CommandBook
from hub.commands.configurations import Configurations
from hub.commands.desk import CommandDesk
from hub.commands.policies import Policies
from hub.commands.way import Way
from hub.config import HubConfig, parse_config
from hub.context import Hub
from hub.db.engine import open_database
from hub.db.models import OperatorRow
from hub.ingest.quarantine import Entry, Quarantine
from hub.live.views import (
    DeviceView,
    Forecast,
    GatewayView,
    LessonView,
    People,
    Reason,
    RoomStatus,
    RoomView,
    Running,
    StreamAccount,
    Value,
    Ventilation,
    Waste,
)
from hub.notice import Notice
from hub.registry.model import GatewayStatus
from hub.registry.registry import Registry
from hub.registry.setup import apply_setup
from hub.school.model import Lesson, Period
from hub.school.pulls.runner import Pulls
from hub.stores.reader import SeriesReader
from hub.stores.series import Point, RoomMinute, SeriesStore
from hub.web.app import create_app
from hub.web.push import Fanout
from wire.mapping import Mapping
from wire.messages import GatewayState, Heard
from wire.text import Text

SCHOOL = "thcs-hoa-binh"
MIN = 60_000
ROOMS = 12
PASSWORD = "một mật khẩu dài"
NOW_MS = 1_795_488_492_000  # 2026-11-24 09:48:12 in Vietnam, a Tuesday
SUBJECTS = ("Toán", "Ngữ văn", "Âm nhạc", "Tiếng Anh", "Vật lí", "Lịch sử", "Sinh học", "Tin học", "Địa lí", "Mĩ thuật")
TEACHERS = (
    "Nguyễn Thu Hà", "Trần Minh Đức", "Lê Thị Mai", "Phạm Quốc Bảo", "Vũ Hồng Nhung",
    "Đặng Văn Lâm", "Bùi Thanh Tùng", "Hoàng Ngọc Ánh", "Đỗ Khánh Linh", "Ngô Gia Huy",
)  # fmt: skip
PERIODS = tuple(
    (f"Tiết {number}", start) for number, start in enumerate((435, 485, 560, 610, 660, 810, 860, 910, 960), start=1)
)


@dataclass
class StagedSchedule:
    """A day of 45-minute periods; every room has lessons in most of them."""

    rooms: list[str]

    def _midnight(self, t_ms: int) -> int:
        return (t_ms + 7 * 60 * MIN) // (1440 * MIN) * 1440 * MIN - 7 * 60 * MIN

    def periods(self, t_ms: int) -> list[Period]:
        zero = self._midnight(t_ms)
        return [Period(name, zero + start * MIN, zero + (start + 45) * MIN) for name, start in PERIODS]

    def day(self, room: str, t_ms: int) -> list[Lesson]:
        if room not in self.rooms:
            return []
        at = self.rooms.index(room)
        found = []
        for number, period in enumerate(self.periods(t_ms)):
            if (at * 7 + number * 3) % 5 == 0:
                continue
            pick = (at * 3 + number) % len(SUBJECTS)
            classes = (f"{6 + (at + number) % 4}A{1 + (at * 2 + number) % 4}",)
            found.append(
                Lesson(f"{room}-{number}", room, period.name, period.start_ms, period.end_ms, SUBJECTS[pick],
                       classes, (TEACHERS[(pick + at) % len(TEACHERS)],), 38)
            )  # fmt: skip
        return found

    def at(self, room: str, t_ms: int) -> Lesson | None:
        return next((one for one in self.day(room, t_ms) if one.start_ms <= t_ms < one.end_ms), None)

    def next_after(self, room: str, t_ms: int) -> Lesson | None:
        return next((one for one in self.day(room, t_ms) if one.start_ms > t_ms), None)

    def period_at(self, t_ms: int) -> Period | None:
        return next((one for one in self.periods(t_ms) if one.start_ms <= t_ms < one.end_ms), None)

    def next_period(self, t_ms: int) -> Period | None:
        return next((one for one in self.periods(t_ms) if one.start_ms > t_ms), None)

    def names(self, room: str, t_ms: int) -> bool:
        del t_ms
        return bool(room)

    def in_school_hours(self, t_ms: int) -> bool | None:
        periods = self.periods(t_ms)
        return periods[0].start_ms <= t_ms < periods[-1].end_ms


@dataclass
class StagedSchools:
    plan: StagedSchedule | None

    def schedule(self, school: str) -> StagedSchedule | None:
        return self.plan if school == SCHOOL else None

    def known(self, school: str) -> StagedSchedule | None:
        return self.schedule(school)


@dataclass
class StagedLive:
    """Room views by uid, changed by the test; devices follow the real registry."""

    registry: Registry
    rooms: dict[str, RoomView] = field(default_factory=dict)
    heard: dict[str, DeviceView] = field(default_factory=dict)

    def wall(self, school: str, _now_ms: int) -> list[RoomView]:
        return [view for view in self.rooms.values() if view.school == school]

    def room(self, uid: str, _now_ms: int) -> RoomView | None:
        return self.rooms.get(uid)

    def devices(self, school: str, _now_ms: int) -> list[DeviceView]:
        found = []
        for device in self.registry.devices(school):
            empty = DeviceView(
                school, device.id, device.name, device.model, device.gateway, device.room, None, None,
                stale=True, available=None, values={},
            )  # fmt: skip
            view = self.heard.get(device.id, empty)
            found.append(msgspec.structs.replace(view, room=device.room, name=device.name))
        return found


@dataclass
class StagedGateways:
    registry: Registry
    staged: dict[str, GatewayView] = field(default_factory=dict)
    states: dict[str, GatewayState] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)

    def views(self, school: str | None, _now_ms: int) -> list[GatewayView]:
        found = []
        for gateway in self.registry.gateways(school):
            view = self.staged.get(gateway.id) or gateway_view(gateway.id, gateway.name, school=gateway.school)
            found.append(msgspec.structs.replace(view, status=gateway.status.value))
        return found

    def state_of(self, school: str, gateway: str) -> GatewayState | None:
        return self.states.get(gateway) if self.registry.accepted(school, gateway) else None

    def is_online(self, _school: str, gateway: str) -> bool:
        return gateway in self.states and gateway not in self.away


class Clock:
    """The hub's time, held by the test."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


@dataclass
class Stand:
    """A hub whose live side the test moves; `show(view)` is what the live tick would publish."""

    hub: Hub
    live: StagedLive
    gateways: StagedGateways
    problems: list[Notice]
    store: SeriesStore
    published: list[tuple[str, bytes]]  # what went to gateways

    @cached_property
    def app(self) -> FastAPI:
        """The real application, made once: it costs more than most tests."""
        return create_app(self.hub)

    def close(self) -> None:
        self.store.close()
        self.hub.engine.dispose()


def config_of(
    folder: Path, *, open_reading: bool = True, host: str = "127.0.0.1", proxies: tuple[str, ...] = ()
) -> HubConfig:
    toml = f'[hub]\ndata_dir = "{folder}"\n[web]\nhost = "{host}"\nopen_reading = {str(open_reading).lower()}\n'
    toml += f"trusted_proxies = {list(proxies)}\n"
    return parse_config(toml, folder / "hub.toml")


def value(quantity: str, number: float | str, at_ms: int, *, stale: bool = False, device: str = "co2") -> Value:
    return Value(quantity, number, at_ms, device, stale)


def account(expected: int, **more: int) -> StreamAccount:
    lost, outstanding = more.get("lost", 0), more.get("outstanding", 0)
    dropped = {"age": more["dropped"]} if more.get("dropped") else {}
    received = expected - lost - outstanding - sum(dropped.values())
    return StreamAccount(
        expected, received, more.get("duplicate", 0), more.get("late", 0), lost,
        more.get("overwritten", 0), more.get("quarantined", 0), outstanding, dropped,
    )  # fmt: skip


def gateway_view(gateway: str, name: str, *, school: str = SCHOOL, online: bool = True, **more: object) -> GatewayView:
    view = GatewayView(
        school, gateway, name, GatewayStatus.ACCEPTED.value, online=online, last_seen_ms=NOW_MS - 2_000,
        since_ms=NOW_MS - 3 * 3_600_000, clock="ntp", clock_skew_ms=12, outbox_rows=4, outbox_bytes=1_900,
        flash_bytes=42_800_000, flash_bytes_per_day=311_000_000, set_aside=0, software="classhub 0.1.0",
        two_machines=False, tele=account(184_220, duplicate=312, late=1_204, outstanding=4),
        event=account(412, duplicate=3), problems=(),
    )  # fmt: skip
    return msgspec.structs.replace(view, **more) if more else view


def build(
    folder: Path,
    store: Callable[[Path], SeriesStore],
    *,
    rooms: int = ROOMS,
    open_reading: bool = True,
    host: str = "127.0.0.1",
    proxies: tuple[str, ...] = (),
    clock: Callable[[], int] | None = None,
    state: bytes | None = None,
) -> Stand:
    """A school of `rooms` rooms in two buildings, three gateways, one pending, an unassigned device. `state`: a copy of
    a database prepared before, else one with just the school.
    """
    now_ms = clock or Clock()
    config = config_of(folder, open_reading=open_reading, host=host, proxies=proxies)
    state_file(folder).write_bytes(school_state(rooms, now_ms()) if state is None else state)
    engine = open_database(config.state_url)
    registry = Registry(engine)
    names = room_names(rooms)
    quarantine = Quarantine(engine, 10_000_000)
    live, gateways = StagedLive(registry), StagedGateways(registry)
    problems: list[Notice] = []
    series, published = store(folder / "series.duckdb"), list[tuple[str, bytes]]()

    def publish(topic: str, payload: bytes) -> bool:
        published.append((topic, payload))
        return True

    way = Way(registry, gateways, publish, run_in_threadpool, now_ms)
    plan = StagedSchedule([room for room, _ in names])
    schools, desk = StagedSchools(plan), CommandDesk(CommandBook(engine), way)
    hub = Hub(
        config=config, registry=registry, live=live, gateways=gateways, quarantine=quarantine,  # type: ignore[arg-type]
        series=SeriesReader(series), schools=schools,  # type: ignore[arg-type]
        engine=engine, fanout=Fanout(), desk=desk, configurations=Configurations(engine, way),
        policies=Policies(engine, way, live=live, schedule_of=schools.schedule, desk=desk),  # type: ignore[arg-type]
        pulls=Pulls(
            (), engine=engine, schools=schools, in_state_thread=run_in_threadpool,  # type: ignore[arg-type]
            now_ms=now_ms, zone_of=lambda _school: "Asia/Ho_Chi_Minh",
        ),
        now_ms=now_ms, started_ms=now_ms() - 3_600_000,
        problem_sources=[lambda: problems],
    )  # fmt: skip
    stand = Stand(hub, live, gateways, problems, series, published)
    stage(stand, names, now_ms())
    return stand


def state_file(folder: Path) -> Path:
    return folder / "state.db"


@lru_cache(maxsize=4)
def school_state(rooms: int, now_ms: int) -> bytes:
    """The database file of the school: set up once, copied for each stand."""
    with TemporaryDirectory() as folder:
        engine = open_database(config_of(Path(folder)).state_url)
        registry = Registry(engine)
        apply_setup(registry, school_file(room_names(rooms)), "school.toml", now_ms)
        registry.note_pending(SCHOOL, "gw-b2", now_ms - 4 * MIN)
        registry.note_devices([(SCHOOL, "0x00158d0007a3c1f2", "gw-b1", now_ms - 9 * MIN, "SNZB-03")])
        with engine.begin() as connection:
            connection.execute(
                OperatorRow.__table__.insert().values(name="operator", argon2_hash=_password_hash())  # type: ignore[attr-defined]
            )
        engine.dispose()  # the last one out writes its log back into the file
        return state_file(Path(folder)).read_bytes()


def school_file(names: list[tuple[str, str]]) -> str:
    """What `classhub hub apply` reads: the first twelve rooms have two devices each."""
    parts = [f'[school]\nid = "{SCHOOL}"\nname = "THCS Hòa Bình"\nsimulated = true\n']
    parts += [f'[[building]]\nid = "{one}"\nname = "Nhà {one.upper()}"\n' for one in ("a", "b")]
    parts += [f'[[room]]\nid = "{room}"\nname = "{room.upper()}"\nbuilding = "{where}"\n' for room, where in names]
    for gateway, name in (("gw-a1", "Nhà A, tầng 1"), ("gw-a2", "Nhà A, tầng 2"), ("gw-b1", "Nhà B, tầng 1")):
        parts.append(f'[[gateway]]\nid = "{gateway}"\nname = "{name}"\n')
    for room, _ in names[:12]:
        for kind, model in (("co2", "MH-Z19B"), ("air", "SNZB-02")):
            parts.append(f'[[device]]\nid = "{room}-{kind}"\nroom = "{room}"\ngateway = "gw-a1"\nmodel = "{model}"\n')
    return "".join(parts)


@lru_cache(maxsize=1)
def _password_hash() -> str:
    """Argon2 is slow by intention; a stand's operator signs in for every test, so his hash is a cheap one."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def room_names(count: int) -> list[tuple[str, str]]:
    half = (count + 1) // 2
    return [
        ((f"{'a' if at < half else 'b'}{1 + (at % half) // 4 if count <= 16 else 1 + (at % half) // 40}"
         f"{1 + (at % half) % (4 if count <= 16 else 40):02d}"), "a" if at < half else "b")
        for at in range(count)
    ]  # fmt: skip


def stage(stand: Stand, names: list[tuple[str, str]], now_ms: int) -> None:
    """Rooms in every state, repeated when there are more rooms than states."""
    plan = stand.hub.schools.schedule(SCHOOL)
    assert plan is not None
    for at, (room, building) in enumerate(names):
        view = staged_room(at, room, building, now_ms, plan)  # type: ignore[arg-type]
        stand.live.rooms[f"{SCHOOL}.{room}"] = view
        for kind in ("co2", "air"):
            keys = {"co2": ("co2_ppm",), "air": ("temperature_c", "humidity_pct")}[kind]
            stand.live.heard[f"{room}-{kind}"] = DeviceView(
                SCHOOL, f"{room}-{kind}", f"{room}-{kind}", "MH-Z19B" if kind == "co2" else "SNZB-02", "gw-a1", room,
                view.newest_ms, 5.0 if kind == "co2" else 30.0, stale=view.stale and kind == "co2", available=True,
                values={key: view.values[key] for key in keys if key in view.values},
            )  # fmt: skip
    stand.live.heard["0x00158d0007a3c1f2"] = DeviceView(
        SCHOOL, "0x00158d0007a3c1f2", "Cảm biến chuyển động mới", "SNZB-03", "gw-b1", None, now_ms - 3_000, None,
        stale=False, available=True, values={"occupancy": value("occupancy", 1.0, now_ms - 3_000)},
    )  # fmt: skip
    stand.gateways.staged["gw-b1"] = gateway_view(
        "gw-b1", "Nhà B, tầng 1", online=False, last_seen_ms=now_ms - 6 * MIN, since_ms=now_ms - 6 * MIN,
        outbox_rows=1_480,
        outbox_bytes=742_000, clock="hub", clock_skew_ms=1_430,
        tele=account(96_410, lost=0, late=8_802, duplicate=41, outstanding=1_480, dropped=120),
    )  # fmt: skip
    entry = Entry(
        "a" * 64, SCHOOL, "gw-a2", "tele", "row 1204: co2_ppm = 778000 is outside 0…40000",
        b'{"v":1,"epoch":"9f2c51d0a7e4b836","first":1204,"rows":'
        b'[{"d":"a201-co2","t":1795488000000,"v":{"co2_ppm":778000}}]}',
        now_ms - 12 * MIN,
    )  # fmt: skip
    stand.hub.quarantine.reserve([entry])
    stand.hub.quarantine.write([entry])


def staged_room(at: int, room: str, building: str, now_ms: int, plan: StagedSchedule) -> RoomView:
    kind = at % 12
    following = plan.next_after(room, now_ms)
    statuses = {
        2: RoomStatus.LESSON_BUT_EMPTY, 3: RoomStatus.UNKNOWN, 4: RoomStatus.OCCUPIED_UNSCHEDULED, 5: RoomStatus.IDLE,
        9: RoomStatus.IDLE, 10: RoomStatus.AFTER_HOURS,
    }  # fmt: skip
    status = statuses.get(kind, RoomStatus.IN_LESSON)
    co2 = (1380, 742, 455, 812, 690, 428, 1612, 905, 1090, 441, 436, 980)[kind] + at // 12
    stale = kind == 3
    newest = now_ms - (47 * MIN if stale else 1_000 + 700 * (at % 5))
    in_lesson = status in {RoomStatus.IN_LESSON, RoomStatus.LESSON_BUT_EMPTY, RoomStatus.UNKNOWN}
    pick = at % len(SUBJECTS)
    planned = plan.at(room, now_ms)
    view_lesson = (
        _as_view(planned)
        if planned
        else LessonView(
            SUBJECTS[pick],
            (f"{6 + at % 4}A{1 + at % 4}",),
            (TEACHERS[pick],),
            "Tiết 3",
            now_ms - 28 * MIN,
            now_ms + 17 * MIN,
        )
    )
    readings = {
        "co2_ppm": co2,
        "temperature_c": 26.8 + kind * 0.31,
        "humidity_pct": 61 + kind,
        "noise_dba": 41 + kind * 2,
        "illuminance_lx": 320 + 14 * kind,
        "power_w": 210.0 if kind in {0, 2} else 4.5,
        "occupancy": float(in_lesson),
    }
    if kind in {0, 1}:
        readings["display_on"] = 1.0
    return RoomView(
        SCHOOL, room, room.upper(), building, status, now_ms - (28 + kind) * MIN,
        _reasons(kind), view_lesson if in_lesson else None, _as_view(following) if following else None,
        {key: value(key, number, newest, stale=stale, device=f"{room}-co2") for key, number in readings.items()},
        newest, stale, _people(kind, status), Ventilation(2.6, 8.1 if kind == 1 else 4.2, newest),
        _forecast(kind, co2), _waste(kind, now_ms), _spark(co2, kind, now_ms), "Thay quạt hút" if kind == 11 else None,
    )  # fmt: skip


def _as_view(lesson: Lesson) -> LessonView:
    return LessonView(lesson.subject, lesson.classes, lesson.teachers, lesson.period, lesson.start_ms, lesson.end_ms)


def _reasons(kind: int) -> tuple[Reason, ...]:
    return {
        0: (Reason(Text("Vượt 1 500 ppm sau khoảng 6 phút (4–9)", "Above 1,500 ppm in about 6 min (4–9)"), hot=True),
            Reason(Text("Chuyển động 4 giây trước", "Motion 4 s ago"))),
        1: (Reason(Text("Thông gió tốt: 8,1 L/s mỗi người", "Well ventilated: 8.1 L/s per person")),),
        2: (Reason(Text("Máy chiếu bật 21 phút khi không có người · 0,11 kWh",
                        "Projector on for 21 min with nobody there · 0.11 kWh")),),
        3: (Reason(Text("Cảm biến CO₂ im lặng từ 09:01 · giá trị cũ, không phải hiện tại",
                        "CO₂ sensor silent since 09:01 · old value, not the present")),),
        4: (Reason(Text("Chuyển động và CO₂ tăng từ 09:31", "Motion and rising CO₂ since 09:31")),),
        5: (Reason(Text("Mọi thiết bị đã tắt", "Everything is switched off")),),
        6: (Reason(Text("Đã vượt 1 500 ppm từ 09:39; hãy mở cửa sổ", "Above 1,500 ppm since 09:39; open the windows"),
                   hot=True),),
    }.get(kind, (Reason(Text("Chuyển động đều trong 10 phút qua", "Steady motion for the last 10 min")),))  # fmt: skip


def _people(kind: int, status: RoomStatus) -> People:
    if kind == 3:
        return People(None, None, None, 35)
    if status in {RoomStatus.IDLE, RoomStatus.AFTER_HOURS}:
        return People(0, 0, 1, None)
    if status is RoomStatus.LESSON_BUT_EMPTY:
        return People(0, 0, 1, 37)
    if status is RoomStatus.OCCUPIED_UNSCHEDULED:
        return People(9, 6, 13, None)
    return People(36 - kind, 30 - kind, 42 - kind, 38)


def _forecast(kind: int, co2: float) -> Forecast:
    if kind == 0:
        return Forecast(1500, 18.4, 6, 4, 9, over=False)
    return Forecast(1500, 12.0 if kind == 6 else 0.4, None, None, None, over=co2 > 1500)


def _waste(kind: int, now_ms: int) -> tuple[Waste, ...]:
    return (Waste(Running.PROJECTOR, "a103-projector", now_ms - 21 * MIN, 0.11),) if kind == 2 else ()


def _spark(co2: float, kind: int, now_ms: int) -> tuple[tuple[int, float], ...]:
    rise = {0: 18.4, 6: 12.0, 2: -3.0, 4: 6.0}.get(kind, 1.0)
    last = 12 if kind == 3 else 30
    return tuple(
        (now_ms - (29 - at) * MIN, co2 - rise * (last - at) * 0.9 + 9 * ((at * 7) % 5 - 2)) for at in range(last)
    )


def backfill(stand: Stand, room: str, *, hours: float = 26, pace_s: int = 60) -> None:
    """A plausible measured past in the real store: CO2 follows lessons, with one gap."""
    plan = stand.hub.schools.schedule(SCHOOL)
    assert plan is not None
    now_ms = stand.hub.now_ms()
    points, minutes, co2 = [], [], 430.0
    for number in range(int(hours * 3600 / pace_s)):
        t_ms = now_ms - int(hours * 3_600_000) + number * pace_s * 1000
        lesson = plan.at(room, t_ms)
        people = 34 if lesson else 0
        co2 += (people * 7.4 - (co2 - 425) * (2.2 if lesson else 3.4) / 10) * pace_s / 300
        if 9 * 60 * MIN < now_ms - t_ms < 10 * 60 * MIN:
            continue
        wobble = ((number * 7919) % 23) - 11
        measured: dict[str, float | str] = {
            "co2_ppm": co2 + wobble * 1.6,
            "noise_dba": 38 + people * 0.7 + wobble * 0.3,
            "illuminance_lx": 60 + people * 9 + wobble,
            "power_w": 40 + people * 7 + wobble * 0.5,
        }
        points.append(Point(SCHOOL, f"{room}-co2", t_ms, measured, "0" * 16, number + 1))
        points.append(Point(SCHOOL, f"{room}-air", t_ms, {"temperature_c": 26.5 + people / 12 + wobble / 30,
                            "humidity_pct": 64 + people / 9 + wobble / 8}, "0" * 16, 100_000 + number))  # fmt: skip
        minutes.append(
            RoomMinute(
                SCHOOL,
                room,
                t_ms // MIN * MIN,
                "in_lesson" if people else "idle",
                people + wobble * 0.2 if people else 0,
                2.2,
            )
        )
    for device in (f"{room}-co2", f"{room}-air"):
        stand.store.replace_assignments(SCHOOL, device, stand.hub.registry.assignments(SCHOOL, device))
    stand.store.commit(points, [])
    stand.store.put_minutes(minutes)


def stage_orders(stand: Stand, now_ms: int) -> None:
    """A board and a plug in a101 that take orders, a CO2 sensor that can be calibrated, and things nobody reads."""
    registry = stand.hub.registry
    registry.note_devices([(SCHOOL, device, "gw-a1", now_ms, model) for device, model in OBEDIENT.items()])
    for device in OBEDIENT:
        registry.assign(SCHOOL, device, "a101", 0)
    said: dict[str, dict[str, float | str]] = {
        "a101-board": {"display_on": 1.0, "input_source": "hdmi1"},
        "a101-plug": {"switch_on": 1.0, "power_w": 62.0},
    }
    for device, values in said.items():
        shown = {key: value(key, each, now_ms - 4_000, device=device) for key, each in values.items()}
        stand.live.heard[device] = DeviceView(
            SCHOOL, device, device, OBEDIENT[device], "gw-a1", "a101", now_ms - 4_000, 10.0, stale=False,
            available=True, values=shown,
        )  # fmt: skip
    proposal = Mapping("nongnghiep/+/khongkhi", "co2_ppm", "co2", "{1}")
    stand.gateways.states["gw-a1"] = GatewayState(
        v=1, online=True, boot="b", epoch="aa" * 8, config_version=2,
        accepts={
            "a101-board": [
                "display_on", "display_off", "display_input:hdmi1", "display_input:hdmi2", "display_mute",
                "display_unmute",
            ],
            "a101-plug": ["switch_on", "switch_off"],
            "a101-co2": ["calibrate_outdoor", "self_calibration_on", "self_calibration_off", "measuring_range:5000"],
        },
        heard=[
            Heard("mqtt", "nongnghiep/+/khongkhi", "co2", 1_204, "812", proposal),
            Heard("mqtt", "nongnghiep/+/khongkhi", "pin.muc", 1_204, "87"),
            Heard("mqtt", "stat/+/RESULT", "Dimmer", 3, "40"),
        ],
    )  # fmt: skip


OBEDIENT = {"a101-board": "samsung-mdc", "a101-plug": "Shelly Plug S"}
