"""Orders, mappings and rules through the API: who may, what is answered, what is recorded, and that it is described."""

from collections.abc import AsyncIterator

import pytest

from tests.hub.web.conftest import Client, client_of, csrf_of, sign_in
from tests.hub.web.doubles import NOW_MS, SCHOOL, Stand, stage_orders
from wire.codec import decode_order
from wire.messages import Command, Configuration

API = f"/api/v1/schools/{SCHOOL}"
MAPPING = {"topic": "nongnghiep/+/khongkhi", "quantity": "co2_ppm", "path": "co2", "device": "{1}"}


@pytest.fixture
async def operator(stand: Stand) -> AsyncIterator[Client]:
    stage_orders(stand, NOW_MS)
    async with client_of(stand) as client:
        await sign_in(client)
        client.headers["x-csrf-token"] = await csrf_of(client)
        yield client


async def newest_audit(client: Client) -> str:
    return str((await client.get("/api/v1/audit")).json()[0]["what"])


async def test_an_order_and_its_list(stand: Stand, operator: Client) -> None:
    answer = await operator.post(f"{API}/devices/a101-board/commands", json={"kind": "display_off", "expires_s": 60})
    assert answer.status_code == 202
    assert answer.json()["expires"] == "2026-11-24T09:49:12.000+07:00"
    (topic, payload), *_ = stand.published
    order = decode_order(payload)
    assert isinstance(order, Command)
    assert (topic, order.id) == (f"edu/v1/{SCHOOL}/gw-a1/cmd", answer.json()["id"])
    (row,) = (await operator.get(f"{API}/commands?limit=5")).json()
    assert (row["id"], row["device"], row["kind"], row["by"]) == (order.id, "a101-board", "display_off", "operator")
    assert (row["result"], row["created"]) == (None, "2026-11-24T09:48:12.000+07:00")
    assert (await operator.get(f"{API}/commands?device=a101-plug")).json() == []
    assert (await newest_audit(operator)).startswith(f"command {SCHOOL}/a101-board kind=display_off")


async def test_a_mapping_is_accepted_edited_and_removed(stand: Stand, operator: Client) -> None:
    where = f"{API}/gateways/gw-a1"
    heard = (await operator.get(f"{where}/heard")).json()
    assert (heard["version"], heard["confirmed"], heard["pending"]) == (0, 2, False)
    assert heard["heard"][0]["proposal"] == MAPPING
    assert heard["heard"][1]["proposal"] is None
    settings = (await operator.post(f"{where}/mappings", json=MAPPING)).json()
    assert (settings["version"], settings["pending"], settings["by"]) == (3, True, "operator")
    assert (await newest_audit(operator)).startswith(f"accept_mapping {SCHOOL}/gw-a1 topic=nongnghiep/+/khongkhi")
    edited = (await operator.post(f"{where}/mappings", json=MAPPING | {"scale": 0.1})).json()
    assert edited["mappings"] == [MAPPING | {"scale": 0.1}]
    configuration = decode_order(stand.published[-1][1])
    assert isinstance(configuration, Configuration)
    assert (configuration.config_version, configuration.settings) == (4, {"mappings": [MAPPING | {"scale": 0.1}]})
    figure = {key: MAPPING[key] for key in ("topic", "path", "quantity")}
    removed = await operator.delete(f"{where}/mappings", params=figure)
    assert (removed.json()["version"], removed.json()["mappings"]) == (5, [])
    assert (await newest_audit(operator)).startswith(f"remove_mapping {SCHOOL}/gw-a1 topic=nongnghiep/+/khongkhi")
    assert (await operator.delete(f"{where}/mappings", params=figure)).status_code == 404


async def test_rules(operator: Client) -> None:
    (rule,) = (await operator.get(f"{API}/policy")).json()
    assert (rule["rule"], rule["mode"], rule["since"]) == ("displays-off", "off", None)
    assert "chạy thử trước" in rule["why_not_on"]["vi"]
    for body, status, field in (
        ({"rule": "displays-off", "mode": "on"}, 409, "mode"),
        ({"rule": "displays-off", "mode": "always"}, 422, "mode"),
        ({"rule": "lights-off", "mode": "dry_run"}, 404, "rule"),
        ({"mode": "dry_run"}, 422, "rule"),
    ):
        answer = await operator.put(f"{API}/policy", json=body)
        assert (answer.status_code, answer.json()["field"]) == (status, field)
    (rule,) = (await operator.put(f"{API}/policy", json={"rule": "displays-off", "mode": "dry_run"})).json()
    assert (rule["mode"], rule["by"]) == ("dry_run", "operator")
    assert await newest_audit(operator) == f"policy {SCHOOL} rule=displays-off mode=dry_run"


async def test_readers_change_nothing(stand: Stand, operator: Client) -> None:
    changes = [
        ("POST", f"{API}/devices/a101-board/commands", {"kind": "display_off"}),
        ("POST", f"{API}/gateways/gw-a1/mappings", MAPPING),
        ("DELETE", f"{API}/gateways/gw-a1/mappings?topic=a&quantity=co2_ppm", {}),
        ("PUT", f"{API}/policy", {"rule": "displays-off", "mode": "dry_run"}),
    ]
    async with client_of(stand) as reader:
        for method, path, body in changes:
            assert (await reader.request(method, path, json=body)).status_code == 401
    del operator.headers["x-csrf-token"]
    for method, path, body in changes:
        assert (await operator.request(method, path, json=body)).status_code == 403
    assert stand.published == []


async def test_everything_is_described(operator: Client) -> None:
    document = (await operator.get("/api/openapi.json")).json()
    paths, schemas = document["paths"], document["components"]["schemas"]
    base = "/api/v1/schools/{school}"
    assert set(paths[f"{base}/policy"]) == {"get", "put"}
    assert set(paths[f"{base}/gateways/{{gateway}}/mappings"]) == {"post", "delete"}
    assert "202" in paths[f"{base}/devices/{{device}}/commands"]["post"]["responses"]
    for name in ("Order", "OrderTaken", "CommandOut", "GatewaySettingsOut", "HeardOut", "Mapping", "PolicyOut"):
        assert name in schemas, name
