"""Maintenance of the past over HTTP: entered with its times, ended earlier than it was, wrong times told in words."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

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


async def test_wrong_times_are_told(operator: Client) -> None:
    backwards = {"from": said(NOW_MS - MIN), "to": said(NOW_MS - 2 * MIN)}
    answer = await operator.post(ROOM, json=backwards)
    assert (answer.status_code, answer.json()["field"]) == (422, "to")
    answer = await operator.post(ROOM, json={"from": "31/02/2026"})
    assert (answer.status_code, answer.json()["field"]) == (422, "from")
    assert (await operator.post(ROOM, json={"until": "now"})).status_code == 422
