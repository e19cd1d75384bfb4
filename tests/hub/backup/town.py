"""A small school with everything in it, for backups and migrations: written by the hub's own parts, told by figures."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Engine, delete, insert

from hub import audit
from hub.backup.contents import DAY_MS, day_of
from hub.backup.place import opened_series, schools_of, tell_intervals
from hub.commands import configurations, policies
from hub.commands.book import CommandBook
from hub.commands.command import Issued
from hub.config import HubConfig, load_config
from hub.db.derived_models import DeriveDueRow
from hub.db.engine import open_database
from hub.db.models import GatewayCredentialRow, LiveSnapshotRow, OperatorRow
from hub.ingest.events import EventStore, StoredEvent
from hub.ingest.quarantine import Entry, Quarantine
from hub.live.policy import Mode
from hub.live.reading import Happening
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.school.repository import Schools
from hub.stores.series import Bucket, Mark, Point, RoomMinute, SeriesStore
from tests.hub.school.conftest import FIXTURES
from wire.mapping import Mapping
from wire.text import Text

LONG = "truong-" + "x" * 57  # the longest id there may be
SCHOOLS = ("thu", LONG)
DEVICES = ("a-co2", "a-door", "a-meter", "a-board")
DAYS = 3
PACE_MS = 600_000
NOW_MS = time.time_ns() // 1_000_000
TODAY_MS = day_of(NOW_MS)
FIRST_MS = TODAY_MS - DAYS * DAY_MS
MOVED_MS = FIRST_MS + DAY_MS + 5 * 3_600_000


def config(folder: Path, state: str = "", store: str = "", ports: tuple[int, int] = (18080, 11883)) -> HubConfig:
    """A hub.toml in the folder: SQLite and DuckDB where the sections say nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    toml = f"[broker]\nport = {ports[1]}\n[web]\nport = {ports[0]}\nopen_reading = true\n{state}\n"
    (folder / "hub.toml").write_text(toml + (store or "[store]\nmin_free_mb = 0\n"))
    return load_config(folder / "hub.toml")


@contextmanager
def opened(settings: HubConfig) -> Iterator[tuple[Engine, SeriesStore]]:
    engine = open_database(settings.state_url)
    try:
        with opened_series(settings, settings.store.kind, engine) as store:
            yield engine, store
    finally:
        engine.dispose()


def silent(_said: Text) -> None:
    """Nobody watches this job."""


def build(settings: HubConfig, first_ms: int = FIRST_MS) -> None:
    """Rosters, timetables, rooms, calibrations, a move, events, quarantine, an operator, and days of readings."""
    with opened(settings) as (engine, store):
        for school in SCHOOLS:
            _register(engine, school, first_ms)
        schools = Schools(engine)
        schools.import_timetable("thu", FIXTURES / "asc_school.xml", NOW_MS)
        schools.import_roster("thu", FIXTURES / "roster_1_2", NOW_MS)
        _state(engine)
        tell_intervals(store, engine)
        for school in SCHOOLS:
            _readings(store, school, first_ms)


def all_derived(settings: HubConfig) -> None:
    """Nothing is due any more: a hub that runs on it changes no minute of the past."""
    with opened(settings) as (engine, _), engine.begin() as connection:
        connection.execute(delete(DeriveDueRow))


def _register(engine: Engine, school: str, first_ms: int) -> None:
    registry = Registry(engine)
    registry.add_school(School(school, f"Trường {school[:9]}", keep_raw_days=None))
    registry.add_building(Building(school, "a", "Nhà A"))
    for room in ("r101", "r102"):
        registry.add_room(Room(school, room, room.upper(), "a", aliases=("P. Một",)))
    registry.add_gateway(school, "g1", "Tầng 1")
    with engine.begin() as connection:
        row = {"school": school, "gateway": "g1", "bcrypt_hash": "$2b$04$x", "created_ms": NOW_MS, "revoked_ms": None}
        connection.execute(insert(GatewayCredentialRow).values(**row))
    registry.note_devices([(school, device, "g1", first_ms, "m") for device in DEVICES])
    for device in DEVICES[:3]:
        registry.assign(school, device, "r101", 0)
    registry.assign(school, "a-co2", "r102", first_ms + (MOVED_MS - FIRST_MS))
    registry.calibrate(school, "a-co2", "temperature_c", 1.0, -0.5, first_ms + DAY_MS)
    registry.start_maintenance(school, "r102", None, "thay đèn", NOW_MS)


def _state(engine: Engine) -> None:
    events = [
        StoredEvent(
            Happening("thu", "g1", f"event-{n:05}", "a-door", "contact", TODAY_MS - n, NOW_MS, {"open": n % 2 == 0}),
            "aa",
            n + 1,
        )
        for n in range(300)
    ]
    EventStore(engine).commit(events, [Mark("thu", "g1", "event", "aa", 5, b'{"oldest":301}')])
    raw = bytes(range(256))
    Quarantine(engine, 10**6).write(
        [Entry(hashlib.sha256(raw).hexdigest(), "thu", "g1", "tele", "bad_json", raw, NOW_MS)]
    )
    with engine.begin() as connection:
        connection.execute(insert(OperatorRow).values(name="cô Hoa", argon2_hash="$argon2id$x"))
        connection.execute(insert(LiveSnapshotRow).values(id=1, at_ms=NOW_MS, data=bytes(range(256)) * 40))
    audit.record(engine, "cô Hoa", "hub password cô Hoa", NOW_MS)
    order = Issued("order-0001", "thu", "g1", "a-board", "display_off", "", "cô Hoa", NOW_MS, NOW_MS + 30_000)
    CommandBook(engine).write(order)
    mapping = Mapping("vuon/+/khi", "co2_ppm", "co2", "{1}")
    configurations.write(engine, configurations.Stored("thu", "g1", 7, (mapping,), "cô Hoa", NOW_MS))
    policies.write(engine, {("thu", "displays-off"): policies.Setting(Mode.DRY_RUN, NOW_MS, "cô Hoa")})


def _readings(store: SeriesStore, school: str, first_ms: int) -> None:
    """Two epochs whose order does not follow from time: the newer one has the older rows too."""
    store.commit([Point(school, "a-co2", first_ms + 7, {"co2_ppm": 401.0}, "aa", 1)], [])
    for day in range(DAYS + 1):
        points = list(_points(school, first_ms + day * DAY_MS))
        store.commit(points, [Mark(school, "g1", "tele", "bb", 6, f'{{"oldest":{len(points)}}}'.encode())])
    store.commit([Point(school, "a-co2", first_ms + 8, {"co2_ppm": 402.0}, "aa", 2, shift_ms=-DAY_MS)], [])
    store.commit([Point(school, "a-co2", first_ms, {"co2_ppm": 1.0}, "aa", 10**9)], [])  # loses to bb
    store.put_minutes(
        [
            RoomMinute(school, room, first_ms + minute * 60_000, "ok", 30.5 if minute % 2 else None, 1.25)
            for room in ("r101", "r102")
            for minute in range(600)
        ]
    )


def _points(school: str, day_ms: int) -> Iterator[Point]:
    end_ms = min(day_ms + DAY_MS, NOW_MS - 60_000)
    for number, t_ms in enumerate(range(day_ms, end_ms, PACE_MS)):
        row = t_ms // 1000
        co2: dict[str, float | str] = {"co2_ppm": 400 + number * 1.37 % 900, "temperature_c": 25.25 + number % 7}
        yield Point(school, "a-co2", t_ms, co2, "bb", row)
        yield Point(school, "a-door", t_ms + 1, {"contact_open": float(number % 3 == 0)}, "bb", row + 1)
        yield Point(school, "a-meter", t_ms + 2, {"energy_kwh": t_ms / 3.6e9, "power_w": number * 0.1}, "bb", row + 2)
        source = "HDMI, cổng 1" if number % 5 else 'máy "chiếu"'
        yield Point(school, "a-board", t_ms + 3, {"input_source": source, "display_on": 1.0}, "bb", row + 3)


# ---- what people would see of it ----


def figures(settings: HubConfig, first_ms: int = FIRST_MS) -> dict[str, object]:
    """Histories, consumption, raw values, minutes and marks: equal before and after, whatever store holds them."""
    end_ms = first_ms + (DAYS + 1) * DAY_MS
    found: dict[str, object] = {}
    with opened(settings) as (engine, store):
        assert set(SCHOOLS) <= set(schools_of(engine))
        for school in SCHOOLS:
            for room, quantity in (("r101", "co2_ppm"), ("r102", "temperature_c"), ("r101", "contact_open")):
                found[f"{school} {room} {quantity}"] = rounded(
                    store.history(school, room, quantity, first_ms, end_ms, 3_600_000)
                )
            energy = store.consumption(school, "r101", "energy_kwh", first_ms, end_ms, DAY_MS)
            found[f"{school} energy"] = {
                device: [(t_ms, round(amount, 6)) for t_ms, amount in steps] for device, steps in energy.items()
            }
            found[f"{school} points"] = [p for piece in store.export(school, 0, 10**15) for p in piece]
            found[f"{school} minutes"] = [m for piece in store.export_minutes(school, 0, 10**15) for m in piece]
            found[f"{school} raw"] = store.raw(school, None, None, first_ms, end_ms, 10**6, calibrated=True)
        # A hub that runs meanwhile ends an order that is open; what was ordered, and by whom, stays.
        orders = CommandBook(engine).newest(100)
        found["orders"] = [(one.id, one.gateway, one.device, one.kind, one.by, one.expires_ms) for one in orders]
        found["configurations"], found["policies"] = configurations.newest(engine), policies.settings(engine)
        found["marks"] = sorted(store.marks(), key=lambda mark: (mark.school, mark.epoch))
        found["events"] = sorted(EventStore(engine).marks(), key=lambda mark: mark.epoch)
        plan = Schools(engine).schedule("thu")
        assert plan is not None
        found["lesson"] = plan.at("r101", int(datetime(2026, 11, 23, 0, 10, tzinfo=UTC).timestamp() * 1000))
    return found


def rounded(history: dict[str, list[Bucket]]) -> dict[str, list[Bucket]]:
    """Each store adds up in an order of its own."""
    return {
        device: [msgspec.structs.replace(bucket, mean=round(bucket.mean, 6)) for bucket in buckets]
        for device, buckets in history.items()
    }
