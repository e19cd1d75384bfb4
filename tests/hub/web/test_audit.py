"""The audit record: every change of an operator is a row, with ids and settings, without what is personal."""

import pytest

from tests.hub.web.conftest import Client, client_of, csrf_of, sign_in
from tests.hub.web.doubles import PASSWORD, Stand


@pytest.fixture
def school(stand: Stand) -> str:
    return stand.hub.registry.schools()[0].id


async def recorded(client: Client) -> list[tuple[str, str]]:
    return [(each["who"], each["what"]) for each in (await client.get("/api/v1/audit")).raise_for_status().json()]


async def test_every_change_is_a_row(stand: Stand, school: str) -> None:
    async with client_of(stand) as client:
        await sign_in(client)
        client.headers["x-csrf-token"] = await csrf_of(client)
        device = stand.hub.registry.devices(school)[0].id
        room = stand.hub.registry.rooms(school)[0]
        gateway = stand.hub.registry.gateways(school)[0].id
        base = f"/api/v1/schools/{school}"
        changes = [
            (f"{base}/gateways/{gateway}/refuse", None, f"refuse {school}/{gateway}"),
            (f"{base}/gateways/{gateway}/accept", None, f"accept {school}/{gateway}"),
            (f"{base}/devices/{device}/room", {"room": room.id}, f"assign {school}/{device} room={room.id}"),
            (
                f"{base}/devices/{device}/calibration",
                {"quantity": "co2_ppm", "scale": 1.0, "offset": -20.0},
                f"calibrate {school}/{device} quantity=co2_ppm scale=1.0 offset=-20.0",
            ),
            (f"/api/v1/rooms/{room.uid}/maintenance", {"note": "Bé An làm vỡ"}, f"maintain {room.uid}"),
        ]
        for path, body, what in changes:
            (await client.post(path, json=body)).raise_for_status()
            who, newest = (await recorded(client))[0]
            assert who == "operator"
            assert newest.startswith(what)
            assert "An" not in newest
        refused = await client.post(f"{base}/devices/{device}/room", json={"room": "nowhere"})
        assert refused.status_code == 422
        assert len(await recorded(client)) == len(changes) + 1  # and the sign-in
        assert f"refuse {school}/{gateway}" in (await client.get("/about")).text


async def test_sign_ins_are_recorded_and_strange_names_are_not_kept(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        await sign_in(client, "wrong password")
        page = await client.get("/login")
        token = page.text.split('name="form_token" value="')[1].split('"')[0]
        typed = {"name": PASSWORD, "password": "", "form_token": token, "target": "/"}
        assert (await client.post("/login", data=typed)).status_code == 401
        await sign_in(client)
        assert await recorded(client) == [
            ("operator", "signed in"),
            ("?", "sign-in failed"),
            ("operator", "sign-in failed"),
        ]


async def test_strangers_do_not_read_it(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        assert (await client.get("/api/v1/audit")).status_code == 401
