"""`classhub gateway`: what it prints can be used as it stands, and mistakes leave nothing behind."""

import json
import re
import tomllib
from pathlib import Path

import bcrypt
import pytest
from sqlalchemy import URL, select
from sqlalchemy.orm import Session

from classhub.__main__ import main
from edge.config import load_config as load_edge
from edge.config import read_password
from hub.config import load_config
from hub.db.engine import open_database
from hub.db.models import GatewayCredentialRow
from hub.registry.model import GatewayStatus
from hub.registry.registry import Registry
from tests.hub.school.conftest import FIXTURES


@pytest.fixture
def hub_toml(tmp_path: Path) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nid = "main"\ndata_dir = "data"\n[broker]\nhost = "10.0.0.5"\n', encoding="utf-8")
    return path


def _credentials(hub_toml: Path) -> list[tuple[str, bool]]:
    engine = open_database(load_config(hub_toml).state_url)
    with Session(engine) as session:
        rows = session.scalars(select(GatewayCredentialRow).order_by(GatewayCredentialRow.id)).all()
        found = [(row.bcrypt_hash, row.revoked_ms is None) for row in rows]
    engine.dispose()
    return found


def _gateway(*words: str | Path) -> int:
    return main(["gateway", *(str(word) for word in words)])


def test_an_edge_file_that_the_edge_can_read(hub_toml: Path, tmp_path: Path) -> None:
    out = tmp_path / "card" / "edge.toml"
    names = ("--name", "Cổng nhà A", "--school-name", "Nguyễn Du")
    assert _gateway("add", "nd", "a-1", "--config", hub_toml, *names, "--out", out) == 0
    config = load_edge(out)
    assert (config.gateway.school, config.gateway.id, config.gateway.hub) == ("nd", "a-1", "main")
    assert (config.broker.host, config.broker.port, config.broker.username) == ("10.0.0.5", 1883, "nd.a-1")
    beside = out.with_name("edge.password")
    assert beside.stat().st_mode & 0o777 == 0o600
    password = read_password(config.broker.password_file, "edge.toml", "broker.password_file")
    assert password is not None
    ((hashed, valid),) = _credentials(hub_toml)
    assert valid
    assert bcrypt.checkpw(password.encode(), hashed.encode())


def test_a_valid_password_is_not_replaced_by_adding_again(hub_toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add = ("add", "nd", "a-1", "--config", hub_toml, "--json")
    assert _gateway(*add, "--school-name", "ND", "--name", "Nhà A") == 0
    first, before = json.loads(capsys.readouterr().out), _credentials(hub_toml)
    assert _gateway(*add, "--broker-host", "hub.lan", "--name", "Nhà B") == 1
    refused = capsys.readouterr()
    assert "classhub gateway rotate nd a-1" in refused.err
    assert refused.out == ""
    assert _credentials(hub_toml) == before, "the gateway at work keeps its password"
    assert _gateway("list", "--config", hub_toml, "--json") == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)] == ["Nhà A"]
    assert _gateway(*add, "--broker-host", "hub.lan", "--renew") == 0
    second = json.loads(capsys.readouterr().out)
    assert first["password"] != second["password"]
    assert tomllib.loads(second["edge_toml"])["broker"]["host"] == "hub.lan"
    assert [valid for _, valid in _credentials(hub_toml)] == [False, True]
    assert _gateway("revoke", "nd", "a-1", "--config", hub_toml) == 0
    assert _gateway(*add) == 0, "whose password was revoked is added like a new one"


def test_a_password_that_reached_no_file_is_not_valid(
    hub_toml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "card").write_text("a file where a folder should be")
    out = tmp_path / "card" / "edge.toml"
    add = ("add", "nd", "a-1", "--config", hub_toml, "--school-name", "ND", "--out")
    assert _gateway(*add, out) == 1
    assert "run the command again" in capsys.readouterr().err
    assert [valid for _, valid in _credentials(hub_toml)] == [False]
    assert _gateway(*add, tmp_path / "edge.toml") == 0


def test_stdout_is_the_file_and_the_password_is_beside(hub_toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("add", "nd", "a-1", "--config", hub_toml, "--school-name", "ND", "--broker-host", "127.0.0.1")
    assert _gateway(*words) == 0
    printed = capsys.readouterr()
    assert tomllib.loads(printed.out)["gateway"] == {"school": "nd", "id": "a-1", "hub": "main", "data_dir": "data"}
    assert "shown only now" in printed.err
    assert "--broker-host" in printed.err


def test_the_public_address_is_what_gateways_are_told(hub_toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Inside a network of containers the hub knows the broker by another name."""
    hub_toml.write_text(hub_toml.read_text() + 'public_host = "hub.truong.example"\npublic_port = 18883\n')
    for number, (words, told) in enumerate(
        [
            ((), ("hub.truong.example", 18883)),
            (("--broker-host", "10.0.0.9"), ("10.0.0.9", 18883)),
            (("--broker-host", "mosquitto", "--broker-port", "8883"), ("mosquitto", 8883)),
        ]
    ):
        add = ("add", "nd", f"g{number}", "--school-name", "ND", "--config", hub_toml, "--json")
        assert _gateway(*add, *words) == 0
        broker = tomllib.loads(json.loads(capsys.readouterr().out)["edge_toml"])["broker"]
        assert (broker["host"], broker["port"]) == told


def test_listing_accepting_refusing(hub_toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _gateway("list", "--config", hub_toml) == 0
    assert "no gateways yet" in capsys.readouterr().out
    assert _gateway("add", "nd", "a-1", "--config", hub_toml, "--school-name", "ND") == 0
    engine = open_database(load_config(hub_toml).state_url)
    running = Registry(engine)
    running.note_pending("nd", "b-2", 5)
    running.note_pending("elsewhere", "x", 5)
    capsys.readouterr()
    assert _gateway("accept", "nd", "b-2", "--config", hub_toml) == 0
    assert _gateway("refuse", "nd", "a-1", "--config", hub_toml, "--json") == 0
    assert running.reload_if_changed()
    assert (running.accepted("nd", "b-2"), running.accepted("nd", "a-1")) == (True, False)
    engine.dispose()
    capsys.readouterr()
    assert _gateway("list", "--config", hub_toml, "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert {(each["school"], each["id"], each["status"]) for each in listed} == {
        ("nd", "a-1", GatewayStatus.REFUSED),
        ("nd", "b-2", GatewayStatus.ACCEPTED),
        ("elsewhere", "x", GatewayStatus.PENDING),
    }
    assert _gateway("list", "--config", hub_toml, "--school", "nd") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_list_says_whose_password_was_revoked(hub_toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for gateway in ("a-1", "lost", "again"):
        assert _gateway("add", "nd", gateway, "--config", hub_toml, "--school-name", "ND") == 0
    for gateway in ("lost", "again"):
        assert _gateway("revoke", "nd", gateway, "--config", hub_toml) == 0
    assert _gateway("rotate", "nd", "again", "--config", hub_toml) == 0
    engine = open_database(load_config(hub_toml).state_url)
    Registry(engine).note_pending("nd", "new", 5)
    engine.dispose()
    capsys.readouterr()
    assert _gateway("list", "--config", hub_toml, "--json") == 0
    listed = {each["id"]: each for each in json.loads(capsys.readouterr().out)}
    states = {gateway: each["credential"] for gateway, each in listed.items()}
    assert states == {"a-1": "valid", "lost": "revoked", "again": "valid", "new": "none"}
    assert listed["lost"]["status"] == "accepted"
    assert listed["again"]["credential_since_ms"] > listed["a-1"]["credential_since_ms"]
    assert listed["new"]["credential_since_ms"] is None
    assert _gateway("list", "--config", hub_toml) == 0
    table = {line.split()[1]: line for line in capsys.readouterr().out.splitlines()}
    assert re.search(r"password: valid \d{4}-\d\d-\d\d \d\d:\d\d +a-1$", table["nd.a-1"])
    assert "password: revoked 20" in table["nd.lost"]
    assert "password: none" in table["nd.new"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "nd", "a-1"), "no such school"),
        (("add", "ND", "a-1", "--school-name", "x"), "is no id"),
        (("add", "hub", "a-1", "--school-name", "x"), "no school may be"),
        (("add", "nd", "cổng 1", "--school-name", "x"), "is no id"),
        (("accept", "nd", "a-1"), "no such gateway"),
        (("list", "--school", "nd"), "no such school"),
    ],
)
def test_what_cannot_be_done(
    words: tuple[str, ...], said: str, hub_toml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _gateway(*words, "--config", hub_toml) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""
    assert _credentials(hub_toml) == []
    assert _gateway("list", "--config", hub_toml, "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_file_in_the_way_is_left_alone(hub_toml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "edge.toml"
    out.write_text("mine", encoding="utf-8")
    assert _gateway("add", "nd", "a-1", "--config", hub_toml, "--school-name", "ND", "--out", out) == 1
    assert str(out) in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "mine"
    assert _credentials(hub_toml) == []


def test_the_database_is_the_one_of_the_hub_whatever_its_folder_is_called(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('[hub]\ndata_dir = "dữ liệu?a=1#%20"\n', encoding="utf-8")
    assert _gateway("add", "nd", "a-1", "--config", tmp_path / "hub.toml", "--school-name", "ND") == 0
    engine = open_database(URL.create("sqlite", database=str(tmp_path / "dữ liệu?a=1#%20" / "state.db")))
    assert Registry(engine).accepted("nd", "a-1")
    engine.dispose()


def test_a_broken_database_is_named(hub_toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = hub_toml.parent / "data" / "state.db"
    database.parent.mkdir()
    database.write_text("this is no database, but it is long enough to be looked at", encoding="utf-8")
    school = ("--school", "thu", "--config", str(hub_toml))
    for words in (
        ["gateway", "list", "--config", str(hub_toml)],
        ["roster", "import", str(FIXTURES / "roster_1_2"), *school],
        ["timetable", "import", str(FIXTURES / "asc_school.xml"), *school],
    ):
        assert main(words) == 1
        told = capsys.readouterr().err
        assert f"the state database {database}" in told
        assert "file is not a database" in told


def test_a_broken_hub_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _gateway("list", "--config", tmp_path / "hub.toml") == 1
    assert "hub.toml" in capsys.readouterr().err
    with pytest.raises(SystemExit) as usage:
        _gateway("add", "nd")
    assert usage.value.code == 2
