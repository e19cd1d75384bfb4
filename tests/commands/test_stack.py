"""`classhub stack`: secrets made once and never weak, servers set up from outside, health told by exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from classhub.__main__ import main
from classhub.stack.folder import SECRETS, StackFolder
from classhub.stack.settings import GRAFANA_TOKEN, HUB_TOKEN, Places, hub_toml
from hub.config import HubConfig, load_config
from hub.db.grafana_role import ROLE
from tests.hub.process import HubProcess
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.sim.influxd import Influxd
from tests.sim.postgres import Postgres


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def settings_of(stack: StackFolder) -> HubConfig:
    """Its hub.toml, with the token that only `finish` can make."""
    token = stack.secrets / HUB_TOKEN
    token.write_text("x")
    try:
        return load_config(stack.hub_toml)
    finally:
        token.unlink()


def test_init_makes_everything_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stack", "init", "--dir", str(tmp_path), "--host", "truong.example", "--host", "192.0.2.7"]) == 0
    stack, made = StackFolder(tmp_path), contents(tmp_path)
    for name in SECRETS:
        path = stack.secrets / name
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(path.read_text().strip()) > 30
    assert len({made[f"secrets/{name}"] for name in SECRETS}) == len(SECRETS), "no secret is used for two things"
    assert stack.secrets.stat().st_mode & 0o777 == 0o700
    config = settings_of(stack)
    assert (config.state.kind, config.store.kind, config.broker.kind) == ("postgresql", "influxdb", "external")
    assert main(["tls", "check", "--dir", str(stack.tls), "--json"]) == 0
    capsys.readouterr()
    assert main(["stack", "init", "--dir", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"made": [], "problems": []}
    assert contents(tmp_path) == made, "again changes nothing"


def test_another_name_of_the_server_is_told_how_it_comes_into_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make up` before CLASSHUB_HOST was set, and again afterwards."""
    assert main(["stack", "init", "--dir", str(tmp_path), "--host", "localhost"]) == 0
    assert "--force-recreate" not in capsys.readouterr().err
    assert main(["stack", "init", "--dir", str(tmp_path), "--host", "192.168.1.10"]) == 0
    assert "--force-recreate mosquitto grafana hub" in capsys.readouterr().err
    assert main(["stack", "init", "--dir", str(tmp_path), "--host", "hub.truong.example"]) == 1
    tls = StackFolder(tmp_path).tls
    assert f"move the folder {tls} away" in capsys.readouterr().err
    tls.rename(tmp_path / "old-tls")
    assert main(["stack", "init", "--dir", str(tmp_path), "--host", "hub.truong.example"]) == 0
    assert main(["tls", "check", "--dir", str(tls)]) == 0


def test_gateways_are_told_the_public_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["stack", "init", "--dir", str(tmp_path), "--mqtt-port", "18883", "--host"]
    assert main([*words, "192.0.2.7"]) == 0
    broker = settings_of(StackFolder(tmp_path)).broker
    assert (broker.host, broker.port) == ("mosquitto", 8883)
    assert (broker.public_host, broker.public_port) == ("192.0.2.7", 18883)
    assert "public_host" not in capsys.readouterr().err
    assert main([*words, "192.168.1.10"]) == 0
    assert 'public_host = "192.168.1.10", public_port = 18883' in capsys.readouterr().err


def test_what_a_person_changed_in_hub_toml_stays(tmp_path: Path) -> None:
    assert main(["stack", "init", "--dir", str(tmp_path)]) == 0
    path = StackFolder(tmp_path).hub_toml
    path.write_text(path.read_text().replace('language = "vi"', 'language = "en"'))
    assert main(["stack", "init", "--dir", str(tmp_path)]) == 0
    assert settings_of(StackFolder(tmp_path)).hub.language == "en"


@pytest.mark.parametrize("weak", ["", "\n", "changeme", "password", "admin"])
def test_empty_and_default_secrets_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], weak: str) -> None:
    assert main(["stack", "init", "--dir", str(tmp_path)]) == 0
    (tmp_path / "secrets" / "grafana-admin.password").write_text(weak)
    capsys.readouterr()
    assert main(["stack", "init", "--dir", str(tmp_path)]) == 1
    assert "grafana-admin.password" in capsys.readouterr().err


def test_secrets_others_may_read_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stack", "init", "--dir", str(tmp_path)]) == 0
    path = tmp_path / "secrets" / "state.password"
    path.chmod(0o644)
    capsys.readouterr()
    assert main(["stack", "init", "--dir", str(tmp_path)]) == 0
    assert f"chmod 600 {path}" in capsys.readouterr().err


@pytest.mark.parametrize("owner", ["0:0", "classhub", "10001", "10001:"])
def test_the_new_owner_is_never_root_nor_a_guess(tmp_path: Path, owner: str) -> None:
    words = [sys.executable, "-m", "classhub", "stack", "init", "--dir", str(tmp_path), "--owner", owner]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == (1 if os.geteuid() == 0 else 0), done.stderr


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, Influxd]]:
    folder = tmp_path_factory.mktemp("servers")
    with Postgres(folder) as postgres:
        postgres.database("classhub")
        influx = Influxd(folder)
        influx._set_up = True  # left fresh: the first set-up is `finish`'s
        with influx:
            yield postgres, influx


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_finish_sets_the_servers_up_and_may_be_run_again(
    servers: tuple[Postgres, Influxd], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    postgres, influx = servers
    assert main(["stack", "init", "--dir", str(tmp_path)]) == 0
    stack = StackFolder(tmp_path)
    (stack.secrets / "state.password").write_text(postgres.password)
    places = Places(
        data_dir=str(tmp_path / "data"), state_host=postgres.host, state_port=postgres.port, influxdb_url=influx.url
    )
    stack.hub_toml.write_text(hub_toml(places, "vi"))
    for _ in range(2):
        assert main(["stack", "finish", "--dir", str(tmp_path)]) == 0, capsys.readouterr().err
    for name in (HUB_TOKEN, GRAFANA_TOKEN):
        token = (stack.secrets / name).read_text().strip()
        answer = httpx.get(
            f"{influx.url}/api/v2/buckets", headers={"Authorization": f"Token {token}"}, timeout=PATIENCE_S
        )
        seen = {bucket["name"] for bucket in answer.raise_for_status().json()["buckets"]}
        assert {"classhub_raw", "classhub_1m", "classhub_15m"} <= seen
    with postgres.connect("classhub") as connection:
        assert connection.execute("SELECT count(*) FROM operator").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() == (1,)
    said = capsys.readouterr().out
    assert (stack.secrets / "operator.password").read_text().strip() not in said


@pytest.mark.timeout(180)
def test_health_of_a_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = HubProcess(tmp_path, "embedded", free_port())
    assert main(["stack", "health", "--config", str(hub.config)]) == 1
    try:
        hub.start()
        assert main(["stack", "health", "--config", str(hub.config)]) == 0
    finally:
        hub.close()
    assert main(["stack", "health", "--config", str(tmp_path / "none.toml")]) == 1
    assert "none.toml" in capsys.readouterr().err


def test_make_up_does_its_steps_in_order() -> None:
    words = ["make", "-n", "up"]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=PATIENCE_S, check=True, cwd=Path(__file__).parents[2]
    )
    steps = [line for line in done.stdout.splitlines() if "docker compose" in line]
    wanted = ["build hub", "run --rm setup", "up -d --wait mosquitto", "stack finish", "up -d --wait"]
    assert len(steps) == len(wanted)
    assert all(part in step for part, step in zip(wanted, steps, strict=True))
