"""`classhub tls`: makes, keeps, renews and tells; never overwrites what is not its own."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from classhub.__main__ import main
from hub.tls.authority import KeyPair, is_from, make_authority, make_server, names, names_of
from hub.tls.folder import TlsFolder

FILES = ("ca.crt", "ca.key", "server.crt", "server.key")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def init(folder: Path, *words: str) -> int:
    return main(["tls", "init", "--dir", str(folder), *words])


def test_init_makes_four_files_and_keeps_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "tls"
    assert init(folder, "--name", "hub.lan", "may.chu.vn", "--ip", "192.0.2.7", "2001:db8::7") == 0
    assert sorted(contents(folder)) == sorted(FILES)
    assert [mode(folder / name) for name in FILES] == [0o644, 0o600, 0o644, 0o600]
    held = names_of((folder / "server.crt").read_bytes())
    assert set(held.hosts) == {"hub.lan", "may.chu.vn", "localhost"}
    assert set(held.addresses) == {"192.0.2.7", "2001:db8::7", "127.0.0.1", "::1"}
    assert "PRIVATE" not in capsys.readouterr().out
    before = contents(folder)
    assert init(folder, "--name", "hub.lan") == 0
    assert contents(folder) == before
    assert "nothing changed" in capsys.readouterr().out


def test_an_address_or_a_wildcard_given_as_a_name_works(tmp_path: Path) -> None:
    assert init(tmp_path, "--name", "10.0.0.5", "[2001:db8::7]", "*.truong.example") == 0
    held = names_of((tmp_path / "server.crt").read_bytes())
    assert {"10.0.0.5", "2001:db8::7"} <= set(held.addresses)
    assert set(held.hosts) == {"*.truong.example", "localhost"}


def test_init_with_another_name_keeps_the_authority(tmp_path: Path) -> None:
    init(tmp_path, "--name", "hub.lan")
    before = contents(tmp_path)
    assert init(tmp_path, "--name", "khac.local") == 0
    after = contents(tmp_path)
    assert (after["ca.crt"], after["ca.key"]) == (before["ca.crt"], before["ca.key"])
    assert {"hub.lan", "khac.local"} <= set(names_of(after["server.crt"]).hosts)


def test_renew_makes_a_new_pair_for_the_same_names(tmp_path: Path) -> None:
    init(tmp_path, "--name", "hub.lan")
    before = contents(tmp_path)
    assert main(["tls", "renew", "--dir", str(tmp_path)]) == 0
    after = contents(tmp_path)
    assert after["ca.crt"] == before["ca.crt"]
    assert after["server.crt"] != before["server.crt"]
    assert after["server.key"] != before["server.key"]
    assert names_of(after["server.crt"]) == names_of(before["server.crt"])
    assert is_from(after["server.crt"], after["ca.crt"])


def test_renew_needs_an_authority_and_obeys_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tls", "renew", "--dir", str(tmp_path)]) == 1
    assert "ca.crt" in capsys.readouterr().err
    init(tmp_path, "--name", "hub.lan")
    before = contents(tmp_path)
    assert main(["tls", "renew", "--dir", str(tmp_path), "--name", "bank.example"]) == 1
    assert "may not speak for bank.example" in capsys.readouterr().err
    assert contents(tmp_path) == before


@pytest.mark.parametrize("action", ["init", "renew"])
def test_a_foreign_certificate_is_never_overwritten(
    tmp_path: Path, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    other = make_server(make_authority("Bought", names(["x.vn"]), now), names(["x.vn"]), now)
    init(tmp_path, "--name", "hub.lan")
    (tmp_path / "server.crt").write_bytes(other.certificate)
    before = contents(tmp_path)
    assert main(["tls", action, "--dir", str(tmp_path)]) == 1
    assert "is not overwritten" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_a_lone_certificate_or_half_an_authority_stays(tmp_path: Path) -> None:
    (tmp_path / "server.crt").write_text("bought elsewhere")
    assert init(tmp_path) == 1
    (tmp_path / "server.crt").unlink()
    init(tmp_path)
    (tmp_path / "ca.key").unlink()
    before = contents(tmp_path)
    assert init(tmp_path, "--name", "new.lan") == 1
    assert contents(tmp_path) == before


def test_a_key_of_another_authority_is_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path)
    (tmp_path / "ca.key").write_bytes(make_authority("Other", names([]), datetime.now(UTC)).key)
    assert main(["tls", "renew", "--dir", str(tmp_path)]) == 1
    assert "ca.key" in capsys.readouterr().err


def test_wrong_names_are_wrong_usage(tmp_path: Path) -> None:
    assert init(tmp_path / "a", "--ip", "300.1.2.3") == 2
    assert init(tmp_path / "b", "--name", "two words") == 2
    assert not (tmp_path / "a").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert init(tmp_path / "file" / "tls") == 1
    assert "cannot write" in capsys.readouterr().err


def checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main(["tls", "check", "--dir", str(folder), "--json"])
    return code, [row["state"] for row in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(
    ("days", "state", "code"), [(60, "fine", 0), (20, "warning", 0), (3, "critical", 0), (-2, "ended", 1)]
)
def test_check_says_what_ends_when(
    tmp_path: Path, days: int, state: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path, "--name", "hub.lan")
    authority = KeyPair((tmp_path / "ca.crt").read_bytes(), (tmp_path / "ca.key").read_bytes())
    made = make_server(authority, names(["hub.lan"]), datetime.now(UTC) - timedelta(days=100), days=100 + days)
    TlsFolder(tmp_path).server_crt.write_bytes(made.certificate)
    assert checked(tmp_path, capsys) == (code, ["fine", state])
    assert main(["tls", "check", "--dir", str(tmp_path)]) == code
    told = capsys.readouterr().out
    assert ("classhub tls renew" in told) is (state != "fine")


def test_check_of_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(tmp_path, capsys) == (1, ["unreadable", "unreadable"])
