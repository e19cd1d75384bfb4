"""Events as they leave the hub: pages meet without a gap or a double, and nothing tells who it was."""

import msgspec
from sqlalchemy import Engine

from hub.derived.events import Place, Told, Wanted, page
from hub.ingest.events import EventStore, StoredEvent
from hub.live.reading import Happening

SCHOOL, T0, HOUR = "le-loi", 1_790_000_000_000, 3_600_000
SECRETS = ("0012345", "Nguyễn", "reader-1")


def store(engine: Engine, *events: Happening) -> None:
    EventStore(engine).commit([StoredEvent(one, "e" * 16, number) for number, one in enumerate(events)], [])


def door(number: int, at_ms: int | None, *, room: str = "r1", **data: object) -> Happening:
    said = {"open": number % 2 == 0} | data
    return Happening(
        SCHOOL, "gw1", f"event-{number:04}", "door-1", "contact", at_ms, T0, said, room=room, lesson="l1", classes="7A1"
    )


def card(number: int, at_ms: int, kind: str = "identity") -> Happening:
    data: dict[str, object] = {"scheme": "card", "reference": "0012345", "name": "Nguyễn"}
    return Happening(SCHOOL, "gw1", f"card-{number:04}", "reader-1", kind, at_ms, T0, data, room="r1")


def walk(engine: Engine, wanted: Wanted, limit: int) -> list[Told]:
    found: list[Told] = []
    before: Place | None = None
    while True:
        one = page(engine, wanted, limit, before)
        assert len(one.events) <= limit
        found += one.events
        before = one.next
        if before is None:
            return found


def test_pages_meet_also_where_many_events_share_a_time(state_engine: Engine) -> None:
    store(state_engine, *(door(number, T0 + number // 7 * 1000) for number in range(50)), door(99, None))
    wanted = Wanted(SCHOOL, T0, T0 + HOUR)
    whole = walk(state_engine, wanted, 500)
    assert [one.id for one in whole] == [f"event-{number:04}" for number in reversed(range(50))]
    for limit in (1, 6, 49, 50):
        assert walk(state_engine, wanted, limit) == whole
    assert (whole[0].lesson, whole[0].classes, whole[0].data) == ("l1", "7A1", {"open": False})
    assert walk(state_engine, Wanted(SCHOOL, T0 + 1000, T0 + 2000), 500) == [
        one for one in whole if one.at_ms == T0 + 1000
    ]
    assert walk(state_engine, Wanted("other", T0, T0 + HOUR), 500) == []


def test_of_persons_only_how_many_is_told(state_engine: Engine) -> None:
    events = [card(number, T0 + number) for number in range(5)]
    events += [card(10, T0, "identity_unknown"), card(11, T0, "enrol"), door(1, T0, reference="0012345")]
    store(
        state_engine,
        *events,
        Happening(SCHOOL, "gw1", "other-001", "reader-2", "vendor_says", T0, T0, {"who": "Nguyễn"}),
    )
    found = page(state_engine, Wanted(SCHOOL, T0, T0 + HOUR), 500)
    assert found.persons == {"identity": 5, "identity_unknown": 1, "enrol": 1}
    assert {one.kind: one.data for one in found.events} == {"contact": {"open": False}, "vendor_says": {}}
    told = msgspec.json.encode(found).decode()
    assert not any(secret in told for secret in SECRETS)
    asked = page(state_engine, Wanted(SCHOOL, T0, T0 + HOUR, kind="identity"), 500)
    assert (asked.events, asked.persons) == ((), {"identity": 5})


def test_a_second_asked_for_does_not_tell_when_a_person_came(state_engine: Engine) -> None:
    hour = T0 // HOUR * HOUR
    store(state_engine, card(1, hour + 600_000), card(2, hour + HOUR))
    asked = [Wanted(SCHOOL, hour + at_ms, hour + at_ms + 1_000) for at_ms in range(0, HOUR, 300_000)]
    assert {str(page(state_engine, one, 9).persons) for one in asked} == {"{'identity': 1}"}
    assert page(state_engine, Wanted(SCHOOL, hour, hour + HOUR + 1), 9).persons == {"identity": 2}


def test_a_room_and_a_kind_narrow_it(state_engine: Engine) -> None:
    store(state_engine, door(1, T0), door(2, T0, room="r2"), card(1, T0))
    assert [one.id for one in page(state_engine, Wanted(SCHOOL, T0, T0 + 1, room="r2"), 9).events] == ["event-0002"]
    assert page(state_engine, Wanted(SCHOOL, T0, T0 + 1, room="r2"), 9).persons == {}
    assert page(state_engine, Wanted(SCHOOL, T0, T0 + 1, kind="alarm"), 9).events == ()


def test_what_a_gateway_sent_in_another_shape_is_left_out(state_engine: Engine) -> None:
    odd: dict[str, object] = {"open": [1, 2], "first": {"deep": True}}
    long = Happening(SCHOOL, "gw1", "button-01", "b1", "button", T0, T0, {"action": "x" * 5_000})
    store(state_engine, Happening(SCHOOL, "gw1", "door-0001", "d", "contact", T0, T0, odd), long)
    found = {one.kind: one.data for one in page(state_engine, Wanted(SCHOOL, T0, T0 + 1), 9).events}
    assert found == {"contact": {}, "button": {"action": "x" * 100}}
