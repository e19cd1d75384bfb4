"""Maintenance of the past over HTTP: entered with its times, ended earlier than it was, wrong times told in words."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.hub.web.conftest import Client, client_of, csrf_of, sign_in
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL, Stand

ROOM = f"/api/v1/rooms/{SCHOOL}.a102/maintenance"
DEVICE = f"/api/v1/schools/{SCHOOL}/devices/a101-co2/maintenance"


@pytest.fixture
async def operator(stand: Stand) -> AsyncIterator[Client]:
    async with client_of(stand) as client:
        await sign_in(client)
        client.headers["x-csrf-token"] = await csrf_of(client)
        yield client


def said(t_ms: int) -> str:
    return datetime.fromtimestamp(t_ms / 1000, UTC).isoformat()


def local(t_ms: int) -> str:
    return datetime.fromtimestamp(t_ms / 1000, ZoneInfo("Asia/Ho_Chi_Minh")).isoformat(timespec="milliseconds")


@pytest.mark.parametrize(("path", "of"), [(ROOM, {"room": "a102"}), (DEVICE, {"device": "a101-co2"})])
async def test_a_window_of_the_past_and_its_end_put_right(
    stand: Stand, operator: Client, path: str, of: dict[str, str]
) -> None:
    registry, first, last = stand.hub.registry, NOW_MS - 300 * MIN, NOW_MS - 200 * MIN
    body = {"note": "sơn tường", "from": said(first), "to": said(last)}
    assert (await operator.post(path, json=body)).status_code == 200
    for t_ms, there in ((first - 1, False), (first, True), (last - 1, True), (last, False)):
        assert (registry.maintenance_of(SCHOOL, t_ms=t_ms, **of) is not None) is there
    sooner = NOW_MS - 250 * MIN
    assert (await operator.post(f"{path}/end", json={"to": said(sooner)})).status_code == 200
    assert registry.maintenance_of(SCHOOL, t_ms=sooner, **of) is None
    assert registry.maintenance_of(SCHOOL, t_ms=sooner - 1, **of) is not None


@pytest.mark.parametrize(("path", "of"), [(ROOM, {"room": "a102"}), (DEVICE, {"device": "a101-co2"})])
async def test_what_was_told_is_listed_the_newest_first_and_removed(
    stand: Stand, operator: Client, path: str, of: dict[str, str]
) -> None:
    registry, first, last = stand.hub.registry, NOW_MS - 300 * MIN, NOW_MS - 200 * MIN
    for note, from_ms, to_ms in (("cũ", first, last), ("mới", NOW_MS - MIN, None)):
        body = {"note": note, "from": said(from_ms), "to": None if to_ms is None else said(to_ms)}
        assert (await operator.post(path, json=body)).status_code == 200
    listed = (await operator.get(path)).json()
    assert [(one["note"], one["from"], one["to"]) for one in listed] == [
        ("mới", local(NOW_MS - MIN), None),
        ("cũ", local(first), local(last)),
    ]
    other = DEVICE if path == ROOM else ROOM
    stranger = await operator.delete(f"{other}/{listed[1]['id']}")
    assert (stranger.status_code, stranger.json()["field"]) == (404, "number")
    assert registry.maintenance_of(SCHOOL, t_ms=first, **of) is not None
    assert (await operator.delete(f"{path}/{listed[1]['id']}")).status_code == 200
    assert registry.maintenance_of(SCHOOL, t_ms=first, **of) is None
    assert [one["note"] for one in (await operator.get(path)).json()] == ["mới"]
    assert (await operator.delete(f"{path}/{listed[1]['id']}")).status_code == 404
    newest = (await operator.get("/api/v1/audit")).json()[0]["what"]
    assert newest.startswith("remove_maintenance ")


async def test_nobody_removes_without_signing_in(stand: Stand) -> None:
    async with client_of(stand) as client:
        assert (await client.get(ROOM)).json() == []
        assert (await client.delete(f"{ROOM}/1")).status_code in {401, 403}


async def test_wrong_times_are_told(operator: Client) -> None:
    backwards = {"from": said(NOW_MS - MIN), "to": said(NOW_MS - 2 * MIN)}
    answer = await operator.post(ROOM, json=backwards)
    assert (answer.status_code, answer.json()["field"]) == (422, "to")
    answer = await operator.post(ROOM, json={"from": "31/02/2026"})
    assert (answer.status_code, answer.json()["field"]) == (422, "from")
    answer = await operator.post(ROOM, json={"from": said(NOW_MS - MIN), "to": "2026-13-01"})
    assert (answer.status_code, answer.json()["field"]) == (422, "to")
    answer = await operator.post(f"{ROOM}/end", json={"to": "1066-10-14"})
    assert (answer.status_code, answer.json()["field"]) == (422, "to")
    answer = await operator.post(ROOM, json={"from": said(NOW_MS - MIN), "to": "2099-01-01"})
    told = answer.json()["detail"]
    assert (answer.json()["field"], "kết thúc" in told["vi"], "end" in told["en"]) == ("to", True, True)
    assert (await operator.post(ROOM, json={"until": "now"})).status_code == 422
