"""Secrets in clear are told: once in the log, as a notice, by the doctor; nothing is told where there are none."""

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from classhub.commands.doctor import examine
from classhub.diagnosis.finding import Level
from edge.agent import Agent
from edge.config import load_config as load_edge
from hub.config import parse_config
from hub.exposure import plain_notices
from tests.hub.process import HubProcess, wait
from tests.ports import free_port

EXTERNAL = "[broker]\nkind = 'external'\npassword_file = 'hub.toml'\n"
CERTIFIED = "cert_file = 'hub.toml'\nkey_file = 'hub.toml'\n"


@pytest.mark.parametrize(
    ("toml", "codes"),
    [
        ("", []),
        ("[broker]\nhost = '10.0.0.7'", ["broker.plain"]),
        (f"{EXTERNAL}host = 'hub.lan'", ["broker.plain"]),
        (f"{EXTERNAL}host = 'hub.lan'\nca_file = 'hub.toml'", []),
        (f"{EXTERNAL}host = '::1'", []),
        ("[broker]\nkind = 'external'\nhost = 'hub.lan'", []),
        ("[web]\nhost = '0.0.0.0'", ["web.plain"]),
        (f"[web]\nhost = '::'\n{CERTIFIED}", []),
        ("[web]\nhost = '10.0.0.7'\ntrusted_proxies = ['10.0.0.1']", []),
        (f"[web]\nhost = '::'\n{EXTERNAL}host = 'hub.lan'", ["broker.plain", "web.plain"]),
    ],
)
def test_what_is_told_of_which_settings(tmp_path: Path, toml: str, codes: list[str]) -> None:
    (tmp_path / "hub.toml").write_text("")
    assert [notice.code for notice in plain_notices(parse_config(toml, tmp_path / "hub.toml"))] == codes


def alerts(hub: HubProcess) -> list[str]:
    with closing(sqlite3.connect(hub.folder / "data" / "state.db")) as database:
        return [code for (code,) in database.execute("SELECT code FROM alert ORDER BY code")]


@pytest.mark.timeout(180)
def test_a_hub_for_the_whole_network_says_so_once_and_on_its_pages(tmp_path: Path) -> None:
    """A trial in a school's network: it starts, works, and tells."""
    hub = HubProcess(tmp_path, "embedded", free_port())
    toml = hub.config.read_text().replace("open_reading = true", "host = '0.0.0.0'")
    hub.config.write_text(toml.replace("[web]", 'host = "0.0.0.0"\n[web]'))
    try:
        hub.start()
        wait(lambda: alerts(hub) == ["broker.plain", "web.plain"], "both notices are alerts")
        log = hub.log()
    finally:
        hub.close()
    for words in ("The embedded MQTT broker", "The pages on"):
        assert len(re.findall(f"WARNING .*{words}", log)) == 1
    found = {each.area: each for each in examine(hub.config) if "tls init" in each.mend}
    assert {area: each.level for area, each in found.items()} == {"broker": Level.WARNING, "web": Level.WARNING}


async def test_a_gateway_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "edge.toml"
    (tmp_path / "secret").write_text("of this gateway")
    for host, times in (("127.0.0.2", 0), ("192.0.2.10", 1)):
        path.write_text(
            f'[gateway]\nschool = "s"\nid = "g1"\ndata_dir = "data"\n[broker]\nhost = "{host}"\nport = 1\n'
            'password_file = "secret"\n[outbox]\nmin_free_mb = 0\n'
        )
        stop = asyncio.Event()
        stop.set()
        await Agent(load_edge(path), source_file=str(path)).run([], stop)
        said = [record for record in caplog.records if "unencrypted" in record.getMessage()]
        assert len(said) == times
