import csv
import io
import itertools
import time
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from hub.live.views import RoomStatus
from hub.registry.model import Building, Room, School
from tests.hub.web.conftest import Client, client_of, csrf_of, sign_in
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL, Stand, backfill
from tests.patience import PATIENCE_S

API = f"/api/v1/schools/{SCHOOL}"
NEW = "0x00158d0007a3c1f2"


@pytest.fixture
async def operator(stand: Stand) -> AsyncIterator[Client]:
    async with client_of(stand) as client:
        await sign_in(client)
        client.headers["x-csrf-token"] = await csrf_of(client)
        yield client


def table(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


async def test_rooms_say_value_unit_time_and_status(client: Client) -> None:
    rooms = (await client.get(f"{API}/rooms")).json()
    assert len(rooms) == 12
    assert {room["status"] for room in rooms} == {status.value for status in RoomStatus}
    co2 = rooms[0]["values"]["co2_ppm"]
    assert (co2["value"], co2["unit"]) == (1380, "ppm")
    assert datetime.fromisoformat(co2["time"]).timestamp() * 1000 == NOW_MS - 1000
    assert co2["time"].endswith("+07:00")
    one = (await client.get(f"/api/v1/rooms/{rooms[0]['uid']}")).json()
    assert one == rooms[0]


async def test_history_gives_what_the_store_holds_and_leaves_gaps(stand: Stand, client: Client) -> None:
    backfill(stand, "a101")
    found = (await client.get(f"/api/v1/rooms/{SCHOOL}.a101/history?quantity=co2_ppm&range=24h")).json()
    assert (found["unit"], found["step_s"]) == ("ppm", 300)
    times = [datetime.fromisoformat(point["time"]).timestamp() for point in found["points"]]
    assert times == sorted(times)
    assert max(b - a for a, b in itertools.pairwise(times)) >= 3_600
    assert all(point["minimum"] <= point["mean"] <= point["maximum"] for point in found["points"])
    people = (await client.get(f"/api/v1/rooms/{SCHOOL}.a101/history?quantity=people&range=7d")).json()
    assert people["points"]
    lines = table((await client.get(f"/api/v1/rooms/{SCHOOL}.a101/history.csv?range=3h")).text)
    assert 150 < len(lines) <= 181
    readings = table((await client.get(f"/api/v1/rooms/{SCHOOL}.a101/readings.csv?range=3h")).text)
    assert {line["quantity"] for line in readings} >= {"co2_ppm", "temperature_c"}
    assert any(line["lesson"] and line["subject"] and line["classes"] for line in readings)


async def test_the_pages_history_has_every_chart_and_its_lessons(stand: Stand, client: Client) -> None:
    backfill(stand, "a101")
    for chosen in ("3h", "24h", "7d", "30d"):
        found = (await client.get(f"/live/rooms/{SCHOOL}.a101/history?range={chosen}")).json()
        assert found["series"]["co2_ppm"], chosen
        assert found["series"]["people"]
        assert found["lessons"]
        starts = [lesson[0] for lesson in found["lessons"]]
        assert starts == sorted(set(starts))


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        (f"/api/v1/rooms/{SCHOOL}.nix", 404, "uid"),
        ("/api/v1/rooms/nonsense", 404, "uid"),
        ("/api/v1/schools/nix/rooms", 404, "school"),
        ("/api/v1/schools/nix/devices.csv", 404, "school"),
        (f"/api/v1/rooms/{SCHOOL}.a101/history?range=year", 422, "range"),
        (f"/api/v1/rooms/{SCHOOL}.a101/history?quantity=input_source", 422, "quantity"),
        ("/api/v1/quarantine?limit=0", 422, "limit"),
        ("/api/v1/nowhere", 404, None),
        ("/live/nonsense", 422, "kind"),
    ],
)
async def test_errors_name_the_field_in_both_languages(client: Client, path: str, status: int, field: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("field") == field
    assert answer.json()["detail"]["vi"]
    assert answer.json()["detail"]["en"]


async def test_a_pending_gateway_is_accepted_and_refused(stand: Stand, operator: Client) -> None:
    assert (await operator.post(f"{API}/gateways/gw-b2/accept")).json() == {"ok": True}
    assert stand.hub.registry.accepted(SCHOOL, "gw-b2")
    assert (await operator.post(f"{API}/gateways/gw-b2/refuse")).status_code == 200
    assert not stand.hub.registry.accepted(SCHOOL, "gw-b2")
    missing = await operator.post(f"{API}/gateways/nix/accept")
    assert (missing.status_code, missing.json()["field"]) == (404, "gateway")


async def test_a_device_gets_its_room_from_its_first_reading_or_a_local_time(stand: Stand, operator: Client) -> None:
    registry = stand.hub.registry
    done = await operator.post(f"{API}/devices/{NEW}/room", json={"room": "a102", "from": "first"})
    assert done.status_code == 200
    assert registry.room_of(SCHOOL, NEW, NOW_MS - 9 * MIN) == "a102"
    done = await operator.post(f"{API}/devices/{NEW}/room", json={"room": "a103", "from": "2026-11-24T09:45"})
    assert done.status_code == 200
    at_ms = int(datetime.fromisoformat("2026-11-24T09:45+07:00").timestamp() * 1000)
    assert registry.room_of(SCHOOL, NEW, at_ms - 1) == "a102"
    assert registry.room_of(SCHOOL, NEW, at_ms) == "a103"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"room": 7}', "room"),
        ("{}", "room"),
        ('{"room": "a101", "colour": "red"}', "colour"),
        ('{"room": "a101", "from": "yesterday"}', "from"),
        ("nonsense", None),
        ("\xff", None),
    ],
)
async def test_a_broken_body_is_refused_by_field(stand: Stand, operator: Client, body: str, field: str | None) -> None:
    answer = await operator.post(f"{API}/devices/{NEW}/room", content=body.encode("latin-1"))
    assert answer.status_code == 422
    assert answer.json().get("field") == field
    assert stand.hub.registry.room_of(SCHOOL, NEW, NOW_MS) is None


async def test_bodies_are_bounded_and_unknown_rooms_named(operator: Client) -> None:
    large = await operator.post(f"{API}/devices/{NEW}/room", content=b"x" * 20_000)
    assert large.status_code == 413
    unknown = await operator.post(f"{API}/devices/{NEW}/room", json={"room": "nix"})
    assert unknown.status_code == 422
    assert "nix" in unknown.json()["detail"]["en"]


async def test_replacing_calibrating_and_maintaining(stand: Stand, operator: Client) -> None:
    registry = stand.hub.registry
    done = await operator.post(f"{API}/devices/{NEW}/replace", json={"old": "a104-co2"})
    assert done.status_code == 200
    assert (registry.room_of(SCHOOL, NEW, NOW_MS), registry.room_of(SCHOOL, "a104-co2", NOW_MS)) == ("a104", None)
    body = {"quantity": "co2_ppm", "scale": 1.02, "offset": -12.5, "from": "now"}
    assert (await operator.post(f"{API}/devices/a101-co2/calibration", json=body)).status_code == 200
    assert registry.calibrated(SCHOOL, "a101-co2", NOW_MS, {"co2_ppm": 1000.0}) == {"co2_ppm": 1007.5}
    assert (await operator.post(f"{API}/devices/a101-co2/maintenance", json={"note": "pin"})).status_code == 200
    assert registry.maintenance_of(SCHOOL, device="a101-co2", t_ms=NOW_MS) is not None
    assert (await operator.post(f"{API}/devices/a101-co2/maintenance/end")).status_code == 200
    room = f"/api/v1/rooms/{SCHOOL}.a102/maintenance"
    assert (await operator.post(room, json={"note": "sơn tường"})).status_code == 200
    assert registry.maintenance_of(SCHOOL, room="a102", t_ms=NOW_MS) is not None
    assert (await operator.post(f"{room}/end")).status_code == 200
    assert registry.maintenance_of(SCHOOL, room="a102", t_ms=NOW_MS + 1) is None
    assert (await operator.post(f"{room}/end")).status_code == 200


async def test_quarantine_lists_and_discards(stand: Stand, operator: Client) -> None:
    (entry,) = (await operator.get("/api/v1/quarantine")).json()
    assert (entry["gateway"], entry["status"]) == ("gw-a2", "open")
    assert "778000" in entry["raw"]
    assert (await operator.post(f"/api/v1/quarantine/{'b' * 64}/discard")).status_code == 404
    assert (await operator.post(f"/api/v1/quarantine/{'a' * 64}/replay")).status_code == 422
    assert (await operator.post(f"/api/v1/quarantine/{'a' * 64}/discard")).status_code == 200
    assert stand.hub.quarantine.open_entries == 0


async def test_exports_hold_what_pages_show_and_no_formula(stand: Stand, client: Client) -> None:
    stand.hub.registry.name_device(SCHOOL, NEW, '=HYPERLINK("http://evil")')
    rooms = table((await client.get(f"{API}/rooms.csv")).text)
    assert len(rooms) == 12
    assert rooms[0]["status"] == "Đang học"
    assert rooms[0]["lesson_teachers"]
    devices = table((await client.get(f"{API}/devices.csv")).text)
    assert {line["name"] for line in devices if line["device"] == NEW} == {'\'=HYPERLINK("http://evil")'}
    gateways = table((await client.get(f"{API}/gateways.csv")).text)
    assert {line["gateway"] for line in gateways} == {"gw-a1", "gw-a2", "gw-b1", "gw-b2"}
    for line in gateways:
        counts = [int(line[f"tele_{name}"]) for name in ("received", "lost", "dropped", "outstanding")]
        assert int(line["tele_expected"]) == sum(counts)


async def test_openapi_describes_every_resource(client: Client) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    schemas = document["components"]["schemas"]
    assert {"RoomOut", "DeviceOut", "GatewayOut", "Assign", "Problem"} <= set(schemas)
    text = (await client.get("/api/openapi.json")).text
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in schemas, name


async def test_health_and_readiness(stand: Stand, client: Client) -> None:
    health = await client.get("/healthz")
    assert (health.text, health.headers["classhub-hub"]) == ("ok\n", stand.hub.config.hub.id)
    assert (await client.get("/readyz")).text == "ready\n"
    status = (await client.get("/api/v1/status")).json()
    assert status["hub"] == "main"
    stand.hub.engine.dispose()


async def test_several_schools_are_chosen_by_name(stand: Stand, client: Client) -> None:
    registry = stand.hub.registry
    registry.add_school(School("th-kim-dong", "Tiểu học Kim Đồng"))
    registry.add_building(Building("th-kim-dong", "a", "Nhà A"))
    registry.add_room(Room("th-kim-dong", "p1", "P1", "a"))
    page = (await client.get("/")).text
    assert "Tiểu học Kim Đồng" in page
    assert f"/?school={SCHOOL}" in page
    assert 'id="board"' in (await client.get(f"/?school={SCHOOL}")).text
    missing = await client.get("/?school=nix")
    assert missing.status_code == 404
    assert (await client.get("/devices")).headers["location"] == "/"
    assert (await client.get(f"/devices?school={SCHOOL}")).status_code == 200


async def test_ready_while_something_writes(client: Client, stand: Stand) -> None:
    """A probe that waits for the writer would call a busy hub dead."""
    with stand.hub.engine.begin():
        began = time.monotonic()
        assert (await client.get("/readyz")).text == "ready\n"
        assert time.monotonic() - began < PATIENCE_S
