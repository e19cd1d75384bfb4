"""/api/v1/pulls of a whole running hub: what is fetched by itself, asking for a try, who may; figures and notices."""

import asyncio
from pathlib import Path

import httpx
import pytest

from hub.composition import composed
from hub.config import parse_config
from hub.context import Hub
from hub.db.engine import open_database
from hub.registry.model import School
from hub.registry.registry import Registry
from hub.web.app import create_app
from tests.hub.web.conftest import client_of, csrf_of, sign_in
from tests.hub.web.doubles import Stand
from tests.ports import free_port
from tests.sim.oneroster_server import OneRosterServer, school


async def test_a_stranger_may_neither_read_nor_run(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        assert (await client.get("/api/v1/pulls")).status_code == 401
        assert (await client.post("/api/v1/pulls/so/run")).status_code in {401, 403}
        await sign_in(client)
        assert (await client.post("/api/v1/pulls/so/run")).status_code == 403, "without the token of the form"
        client.headers["x-csrf-token"] = await csrf_of(client)
        assert (await client.post("/api/v1/pulls/so/run")).status_code == 404, "an operator may, there is none"


def settings(folder: Path, server: OneRosterServer) -> str:
    (folder / "secret").write_text(server.secret + "\n", "utf-8")
    return f"""
        [hub]
        data_dir = "data"
        [broker]
        port = {free_port()}
        [web]
        port = {free_port()}
        open_reading = true
        [[pull]]
        school = "thu"
        name = "so"
        kind = "oneroster"
        url = "{server.url}/?key=geheim"
        token_url = "{server.token_url}"
        client_id = "{server.client_id}"
        secret_file = "secret"
    """


async def wanted(hub: Hub, client: httpx.AsyncClient, outcome: str) -> dict[str, object]:
    for _ in range(300):
        for found in (await client.get("/api/v1/pulls")).raise_for_status().json():
            if found["outcome"] == outcome and not found["running"]:
                return dict(found)
        await asyncio.sleep(0.03)
    pytest.fail(f"{outcome} did not come: {hub.pulls.view()}")


async def test_a_hub_fetches_by_itself_and_says_so(tmp_path: Path) -> None:
    with OneRosterServer(school(6, 2)) as server:
        config = parse_config(settings(tmp_path, server), tmp_path / "hub.toml")
        engine = open_database(config.state_url)
        Registry(engine).add_school(School("thu", "THPT Thử Nghiệm"))
        engine.dispose()
        async with composed(config) as (hub, _):
            hub.fanout.bind(hub)
            transport = httpx.ASGITransport(app=create_app(hub))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                first = await wanted(hub, client, "never")
                assert hub.pulls.run_now("so")
                found = await wanted(hub, client, "applied")
                assert first["last_good"] is None
                assert str(found["last_good"]).endswith("+07:00")
                assert (found["school"], found["failures"], found["old"]) == ("thu", 0, False)
                assert "geheim" not in str(found)
                assert str(found["place"]) == f"{server.url}/"
                metrics = (await client.get("/metrics")).text
                assert "classhub_hub_pulls 1.0" in metrics
                assert 'classhub_hub_pull_tries_total{kind="applied"} 1.0' in metrics
                assert (await client.post("/api/v1/pulls/so/run")).status_code in {401, 403}, "reading is open, no more"
                assert len(hub.schools.imports("thu")) == 1
