"""Events over HTTP: bounded, paged, in words where something is wrong, and without anybody's name."""

from datetime import datetime

import pytest

from hub.ingest.events import EventStore, StoredEvent
from hub.live.reading import Happening
from tests.hub.web.conftest import Client
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL, Stand

EVENTS = f"/api/v1/schools/{SCHOOL}/events"


def told(stand: Stand) -> None:
    doors = [
        Happening(
            SCHOOL, "gw-a1", f"door-{number:04}", "a101-door", "contact", NOW_MS - number * MIN, NOW_MS,
            {"open": number % 2 == 0}, room="a101", lesson="l1" if number < 3 else None,
            classes="7A1" if number < 3 else None,
        )
        for number in range(5)
    ]  # fmt: skip
    who: dict[str, object] = {"scheme": "card", "reference": "0012345678"}
    cards = [
        Happening(
            SCHOOL, "gw-a1", f"card-{number:04}", "a101-reader", "identity", NOW_MS - MIN, NOW_MS, who, room="a101"
        )
        for number in range(3)
    ]
    EventStore(stand.hub.engine).commit([StoredEvent(e, "e" * 16, n) for n, e in enumerate([*doors, *cards])], [])


async def test_a_rooms_events_with_their_lessons_page_by_page(stand: Stand, client: Client) -> None:
    told(stand)
    first = (await client.get(f"{EVENTS}?room=a101&limit=2")).json()
    assert [(one["id"], one["lesson"], one["classes"]) for one in first["events"]] == [
        ("door-0000", "l1", "7A1"), ("door-0001", "l1", "7A1"),
    ]  # fmt: skip
    assert first["persons"] == [{"kind": "identity", "count": 3}]
    assert first["events"][0]["device_name"] == "a101-door"  # nobody gave it a name
    assert datetime.fromisoformat(first["events"][0]["time"]).timestamp() * 1000 == NOW_MS
    rest = (await client.get(f"{EVENTS}?room=a101&limit=3&after={first['next']}")).json()
    assert [one["id"] for one in rest["events"]] == ["door-0002", "door-0003", "door-0004"]
    assert rest["next"] is None
    answer = await client.get(f"{EVENTS}?from=2026-11-24T09:45:30&to=2026-11-24T09:47:00%2B07:00")
    assert [one["id"] for one in answer.json()["events"]] == ["door-0002"]
    everything = await client.get(f"{EVENTS}?kind=identity")
    assert everything.json()["events"] == []
    assert "0012345678" not in everything.text
    assert "a101-reader" not in everything.text


async def test_a_device_is_called_by_its_name_wherever_it_hangs(stand: Stand, client: Client) -> None:
    known = stand.hub.registry.devices(SCHOOL)[0]
    stand.hub.registry.name_device(SCHOOL, known.id, "Cửa sau")
    shown = Happening(SCHOOL, "gw-a1", "door-1", known.id, "contact", NOW_MS - MIN, NOW_MS, {"open": True}, room="a102")
    EventStore(stand.hub.engine).commit([StoredEvent(shown, "e" * 16, 0)], [])
    (one,) = (await client.get(f"{EVENTS}?room=a102")).json()["events"]
    assert (one["device"], one["device_name"]) == (known.id, "Cửa sau")


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("room=nowhere", 404, "room"),
        ("from=yesterday", 422, "from"),
        ("to=9999999", 422, "to"),
        ("from=2026-01-01T00:00:00&to=2026-11-01T00:00:00", 422, "from"),
        ("from=2026-11-24T09:00:00&to=2026-11-24T08:00:00", 422, "from"),
        ("after=abc", 422, "after"),
        ("after=99999999999999999999.x", 422, "after"),
        ("after=1.%00", 422, "after"),  # PostgreSQL takes none
        ("kind=%00", 422, "kind"),
        ("limit=0", 422, "limit"),
        ("limit=501", 422, "limit"),
    ],
)
async def test_what_cannot_be_answered_is_said(client: Client, query: str, status: int, field: str) -> None:
    answer = await client.get(f"{EVENTS}?{query}")
    assert (answer.status_code, answer.json()["field"]) == (status, field)


async def test_it_is_described(client: Client) -> None:
    described = (await client.get("/api/openapi.json")).json()
    asked = described["paths"]["/api/v1/schools/{school}/events"]["get"]
    assert {one["name"] for one in asked["parameters"]} == {"school", "room", "from", "to", "kind", "limit", "after"}
    schema = asked["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    assert set(described["components"]["schemas"][schema]["properties"]) == {"events", "persons", "next"}


async def test_the_rooms_page_has_a_place_for_them(client: Client) -> None:
    page = (await client.get(f"/rooms/{SCHOOL}.a101")).text
    assert 'id="event-list"' in page
    assert "Cửa mở" in page
