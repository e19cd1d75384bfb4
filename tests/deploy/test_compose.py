"""docker-compose.yml: valid, hardened, and every file, variable, secret, port and volume it names is there.

No container engine is at hand here: what only an engine can show (that images start) is not tested.
"""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from classhub.__main__ import main
from classhub.commands.edge_file import EdgeFile
from classhub.stack.settings import GRAFANA_TOKEN, HUB_TOKEN
from edge.config import parse_config as load_edge_text
from hub.broker.mosquitto import CONNECTIONS
from hub.config import load_config
from tests.deploy.compose import COMPOSE, ONE_SHOT, PROFILED, ROOT, VARIABLE, compose, environment_file, plain, services

SCHEMA = ROOT.parent / "shared" / "data" / "schemas" / "compose" / "compose-spec.json"
PUBLISHED = {"hub": (443, 8443), "mosquitto": (8883, 8883), "grafana": (3000, 3000)}
# Programs the health checks call, by image; for images of others as their documentation and Dockerfiles say.
IN_IMAGE = {
    "mosquitto": {"grep"},
    "influxdb": {"influx"},
    "postgres": {"pg_isready"},
    "grafana": {"curl"},
    "edge": {"python"},
}
FROM_FINISH = {HUB_TOKEN, GRAFANA_TOKEN}  # made by `classhub store setup`, once InfluxDB runs


@pytest.fixture(scope="module")
def deploy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `deploy/` as `make up` makes it."""
    folder = tmp_path_factory.mktemp("deploy")
    assert main(["stack", "init", "--dir", str(folder), "--host", "truong.example"]) == 0
    for name in FROM_FINISH:
        (folder / "secrets" / name).write_text("x" * 40)
    return folder


def test_it_is_a_compose_file() -> None:
    if not SCHEMA.exists():
        pytest.skip(f"needs {SCHEMA}")
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(compose())


@pytest.mark.parametrize("name", sorted(services()))
def test_every_service_is_hardened(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert "privileged" not in service
    assert service.get("network_mode") is None
    if name in ONE_SHOT:
        assert set(service["cap_add"]) <= {"CHOWN", "DAC_OVERRIDE", "FOWNER"}
        return
    assert plain(service["user"]) == "10001:10001"
    assert "cap_add" not in service
    assert service["restart"] == "unless-stopped"
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert service["cpus"]


def test_images_are_pinned() -> None:
    for name, service in services().items():
        _, _, tag = plain(service["image"]).rpartition(":")
        assert re.match(r"^\d+\.\d+(\.\d+)?(-[a-z]+)?$", tag), f"{name}: {service['image']}"
    release = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert release is not None
    assert environment_file()["CLASSHUB_RELEASE"] == release.group(1)


def test_only_three_ports_are_published_and_they_are_what_the_services_listen_on(deploy: Path) -> None:
    published = {
        name: tuple(int(part) for part in plain(port).split(":"))
        for name, service in services().items()
        for port in service.get("ports", [])
    }
    assert published == PUBLISHED
    config = load_config(deploy / "secrets" / "hub.toml")
    assert (config.web.port, config.broker.port) == (8443, 8883)
    assert "listener 8883\n" in (deploy / "secrets" / "broker" / "mosquitto.conf").read_text()
    assert f"{8883:X}" in services()["mosquitto"]["healthcheck"]["test"][1]


def test_the_stores_are_on_the_inner_network_alone() -> None:
    networks = compose()["networks"]
    assert [name for name, network in networks.items() if (network or {}).get("internal")] == ["inside"]
    for name, service in services().items():
        assert "inside" in service["networks"], name
        assert ("outside" in service["networks"]) == (name in {*PUBLISHED, "edge"}), name


def test_every_variable_stands_in_the_example_with_its_default() -> None:
    used = dict(VARIABLE.findall(COMPOSE.read_text(encoding="utf-8")))
    assert used == environment_file()


def test_no_secret_stands_in_the_files() -> None:
    for name, service in services().items():
        for key, value in (service.get("environment") or {}).items():
            if re.search(r"PASSWORD|TOKEN|SECRET", key):
                assert key.endswith("_FILE"), f"{name}: {key}"
                assert value.startswith("/run/secrets/"), f"{name}: {key}"
    assert not [key for key in environment_file() if re.search(r"PASSWORD|TOKEN|SECRET|KEY", key)]
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"/deploy/secrets/", "/deploy/edge/", "/.env"} <= set(ignored)


def test_every_secret_is_made_used_and_private(deploy: Path) -> None:
    declared: dict[str, dict[str, str]] = compose()["secrets"]
    used = {secret["source"] for service in services().values() for secret in service.get("secrets", [])}
    assert used == set(declared)
    for name, secret in declared.items():
        file = deploy / Path(secret["file"]).relative_to("deploy")
        assert file.is_file(), name
        if file.suffix != ".crt":
            assert file.stat().st_mode & 0o077 == 0 or file.name in FROM_FINISH, name
    for name, service in services().items():
        there = {f"/run/secrets/{secret['target']}" for secret in service.get("secrets", [])}
        wanted = {
            value for value in (service.get("environment") or {}).values() if str(value).startswith("/run/secrets/")
        }
        assert wanted <= there, name


METRICS = "metrics_token_file"


@pytest.mark.parametrize("name", ["hub", "demo"])
def test_what_hub_toml_names_is_mounted_where_it_looks(deploy: Path, name: str) -> None:
    service = services()[name]
    there = {secret["target"]: secret["source"] for secret in service["secrets"]}
    declared = compose()["secrets"]
    config = load_config(deploy / "secrets" / "hub.toml")
    for section in (config.broker, config.web, config.state, config.influxdb):
        for key in ("password_file", "admin_password_file", "ca_file", "cert_file", "key_file", "token_file", METRICS):
            file = getattr(section, key, None)
            if file is None:
                continue
            inside = str(Path(file).relative_to(deploy / "secrets"))
            assert declared[there[inside]]["file"] == f"./deploy/secrets/{inside}"
    mounts = [volume.split(":")[1] for volume in service["volumes"]]
    assert config.broker.log_file is not None
    assert str(Path(config.broker.log_file).parent) in mounts
    if name == "hub":
        assert str(config.hub.data_dir) in mounts


def test_the_broker_may_open_a_socket_for_every_gateway() -> None:
    """A soft limit of 1024 ends a province at its thousandth gateway: "denied access by tcpd", says Mosquitto."""
    assert services()["mosquitto"]["ulimits"]["nofile"] > int(CONNECTIONS.split()[1])


def test_the_broker_finds_its_files(deploy: Path) -> None:
    conf = (deploy / "secrets" / "broker" / "mosquitto.conf").read_text()
    mounts = {volume.split(":")[1]: volume.split(":")[0] for volume in services()["mosquitto"]["volumes"]}
    files = re.compile(r"^(certfile|keyfile|persistence_location|log_dest file|\w+_file) (/.*)$", re.MULTILINE)
    for key, path in files.findall(conf):
        folder = next((inside for inside in mounts if path == inside or path.startswith(f"{inside}/")), None)
        assert folder is not None, f"{key} {path} is in no mount"
        source = mounts[folder]
        if source.startswith("./deploy/"):
            assert (deploy / Path(source).relative_to("deploy") / Path(path).relative_to(folder)).is_file(), key
    assert "plugin /usr/lib/mosquitto_dynamic_security.so\n" in conf
    for mount in ("mosquitto", "hub"):
        assert any(volume.startswith("mosquitto-log:") for volume in services()[mount]["volumes"])


def test_a_gateway_writes_where_its_settings_say() -> None:
    told = EdgeFile("s", "g", "main", "hub.example", 8883, "s.g", "edge.password", "ca.crt").text()
    service = services()["edge"]
    place = Path(service["command"][-1])
    config = load_edge_text(told, str(place), place.parent)
    mounts = {volume.split(":")[1]: volume.split(":") for volume in service["volumes"]}
    assert mounts[str(config.gateway.data_dir)][0] == "edge"
    assert mounts[str(place.parent)] == ["./deploy/edge", str(place.parent), "ro"]
    assert "mkdir -p deploy/secrets deploy/edge/data" in (ROOT / "Makefile").read_text()


def test_grafana_finds_what_its_provisioning_names() -> None:
    text = "".join(
        file.read_text(encoding="utf-8") for file in sorted((ROOT / "dashboards/provisioning").rglob("*.yml"))
    )
    text += "".join(file.read_text(encoding="utf-8") for file in (ROOT / "dashboards/provisioning").rglob("*.yaml"))
    grafana = services()["grafana"]
    there = {f"/run/secrets/{secret['target']}" for secret in grafana["secrets"]}
    named = set(re.findall(r"\$__file\{([^}]+)\}", text))
    assert named
    assert named <= there
    mounts = {volume.split(":")[1]: volume.split(":")[0] for volume in grafana["volumes"]}
    for path in re.findall(r"^\s+path: (\S+)$", text, re.MULTILINE):
        mount = next(inside for inside in mounts if path.startswith(inside))
        assert list((ROOT / mounts[mount] / Path(path).relative_to(mount)).glob("*.json")), path
    for server in re.findall(r"url: (?:http://)?([a-z]+):\d+", text):
        assert server in grafana["depends_on"], server


def test_every_file_and_volume_it_names_is_there(deploy: Path) -> None:
    volumes = set(compose()["volumes"])
    used: set[str] = set()
    for name, service in services().items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if not source.startswith("./"):
                used.add(source)
                continue
            made = source.startswith(("./deploy/secrets", "./deploy/edge"))
            place = deploy / Path(source).relative_to("deploy") if made else ROOT / source
            assert place.exists() or source == "./deploy/edge", f"{name}: {source}"
        if build := service.get("build"):
            assert (ROOT / build["context"] / build["dockerfile"]).is_file()
    assert used == volumes
    given = {
        volume.split(":")[0]
        for volume in services()["setup"]["volumes"]
        if volume.split(":")[1].startswith("/volumes/")
    }
    assert given == volumes, "setup gives every volume to the user of the containers"


def test_health_checks_call_programs_that_the_images_have() -> None:
    for name, service in services().items():
        check = service.get("healthcheck")
        if check is None:
            assert "HEALTHCHECK" in (ROOT / service["build"]["dockerfile"]).read_text(), name
        elif not check.get("disable"):
            kind, *words = check["test"]
            program = words[0].split()[0] if kind == "CMD-SHELL" else words[0]
            assert program in IN_IMAGE[name], name


def test_who_waits_for_whom_is_there_and_has_a_health_check() -> None:
    every = services()
    for name, service in every.items():
        for other, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            assert other in every
            assert other not in PROFILED, f"{name} waits for {other}, which is not always started"


def commands() -> list[tuple[str, list[str]]]:
    """What our own images are told to run, in docker-compose.yml and in the Makefile."""
    found: list[tuple[str, list[str]]] = []
    for name, service in services().items():
        command: Any = service.get("command")
        if service["image"].startswith("classhub-") and command:
            found.append((name, plain(command).split() if isinstance(command, str) else command))
    made = (ROOT / "Makefile").read_text().replace("$$CLASSHUB_UID:$$CLASSHUB_GID", "10001:10001")
    return found + [("setup", words.split()) for words in re.findall(r"\$\(COMPOSE\) run --rm setup (.+)", made)]


def test_commands_are_command_lines_of_ours() -> None:
    import argparse
    import importlib

    from classhub.__main__ import COMMANDS

    found = commands()
    assert {name for name, _ in found} == {"edge", "demo", "setup"}
    for name, words in found:
        parser = argparse.ArgumentParser(exit_on_error=False)
        importlib.import_module(COMMANDS[words[0]][0]).add_arguments(parser)
        try:
            parser.parse_args(words[1:])
        except (argparse.ArgumentError, SystemExit) as wrong:
            pytest.fail(f"{name}: classhub {' '.join(words)}: {wrong}")
