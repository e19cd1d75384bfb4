"""`classhub backup` and `classhub restore` as people run them: while the hub works, killed in the middle, run again."""

import json
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from classhub.__main__ import main
from hub.backup.jobs import alone
from hub.backup.restore import MARKER
from hub.config import HubConfig
from hub.control import NAME
from tests.failure.outages import settle, start_flowing
from tests.failure.stand import Count, Stand, wait_until
from tests.hub.backup import town
from tests.patience import PATIENCE_S
from tests.ports import free_port


def begun(*words: str | Path) -> "subprocess.Popen[str]":
    line = [sys.executable, "-m", "classhub", *map(str, words)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def killed_when(process: "subprocess.Popen[str]", there: Path) -> bool:
    """kill -9 as soon as the file is there; False where it was too quick for us."""
    while process.poll() is None and not there.exists():
        time.sleep(0.001)
    process.kill()
    process.communicate()
    return process.returncode == -9


@pytest.mark.failure
@pytest.mark.broker
@pytest.mark.timeout(180)
def test_backed_up_under_load_and_restored_with_nothing_lost(stand: Stand) -> None:
    """Rows acknowledged after the backup come again from the gateway: it keeps them a day for this."""
    report: list[Count] = []
    start_flowing(stand)
    stand.feeder.per_second = 200
    archive, config = stand.folder / "thu.classhub", stand.folder / "hub.toml"
    wait_until(lambda: len(stand.stored_now()) > 500, 60, "something to back up")
    stand.feeder.per_second = 20
    assert stat.S_IMODE((stand.folder / "hub" / NAME).stat().st_mode) == 0o600
    first = json.loads(ended(begun("backup", archive, "--config", config, "--json")))
    assert first["values"] > 500
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    killed_when(begun("backup", archive, "--config", config), archive.with_name("thu.classhub.part"))
    assert json.loads(ended(begun("backup", archive, "--check", "--json")))["digest"] == first["digest"]
    second = json.loads(_until_free(archive, config))
    assert second["values"] > first["values"]
    held = len(stand.stored_now())
    wait_until(lambda: len(stand.stored_now()) > held + 40, 60, "rows committed after the backup")
    assert stand.hub.stop() == 0
    shutil.rmtree(stand.folder / "hub")
    ended(begun("restore", archive, "--config", config))
    stand.hub.start()
    stand.wait_ready(60)
    settle(stand, report)


def _until_free(archive: Path, config: Path) -> str:
    """The hub notices within a fraction of a second that the command before was killed."""
    deadline = time.monotonic() + 20
    while True:
        process = begun("backup", archive, "--config", config, "--json")
        out, err = process.communicate(timeout=120)
        if process.returncode == 0:
            return out
        assert "busy" in err
        assert time.monotonic() < deadline


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> HubConfig:
    settings = town.config(tmp_path_factory.mktemp("source"), ports=(free_port(), free_port()))
    town.build(settings)
    return settings


@pytest.fixture(scope="module")
def archive(source: HubConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "thu.classhub"
    assert main(["backup", str(path), "--config", str(source.source)]) == 0
    return path


@pytest.mark.timeout(180)
@pytest.mark.parametrize("after_s", [0.0, 0.15, 0.4])
def test_a_restore_killed_in_the_middle_is_run_again(
    source: HubConfig, archive: Path, tmp_path: Path, after_s: float
) -> None:
    toml = tmp_path / "hub.toml"
    process = begun("restore", archive, "--config", toml)
    marker = tmp_path / "data" / MARKER
    wait_until(lambda: marker.exists() or process.poll() is not None, 30, "the restore begins")
    time.sleep(after_s)  # where in its work it dies is chance: any place has to do
    process.kill()
    process.communicate()
    if process.returncode == -9:
        assert marker.exists() or after_s  # later it may have been at its very end
    if marker.exists():
        hub = begun("hub", "run", "--config", toml)
        _, said = hub.communicate(timeout=PATIENCE_S)
        assert (hub.returncode, "is not finished: run classhub restore" in said) == (1, True)
    again = begun("restore", archive, "--config", toml) if marker.exists() else None
    assert again is None or "all equal" in ended(again)
    assert town.figures(town.config(tmp_path)) == town.figures(source)


@pytest.mark.timeout(180)
def test_a_new_machine_gets_hub_toml_too(
    source: HubConfig, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = tmp_path / "new" / "hub.toml"
    assert main(["restore", str(archive), "--config", str(toml), "--only", "configuration"]) == 0
    assert toml.read_bytes() == source.source.read_bytes()
    assert stat.S_IMODE(toml.stat().st_mode) == 0o600
    assert not (tmp_path / "new" / "data").exists()
    assert main(["restore", str(archive), "--config", str(toml)]) == 0
    assert "all equal" in capsys.readouterr().out
    assert main(["restore", str(archive), "--config", str(toml)]) == 1
    assert "is not empty (event 300" in capsys.readouterr().err


def test_secrets_stay_where_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("broker.password", "web.key", "ca.pem", "web.pem"):
        (tmp_path / name).write_text(f"content of {name}")
    settings = (
        '[broker]\nkind = "external"\nusername = "hub"\npassword_file = "broker.password"\nca_file = "ca.pem"\n'
        '[web]\ncert_file = "web.pem"\nkey_file = "web.key"\n'
    )
    (tmp_path / "hub.toml").write_text(settings)
    assert main(["backup", str(tmp_path / "a"), "--config", str(tmp_path / "hub.toml")]) == 0
    assert "left out (secrets): broker.password, web.key" in capsys.readouterr().out
    content = (tmp_path / "a").read_bytes()
    assert b"content of ca.pem" in content
    assert b"content of web.pem" in content
    assert b"content of broker.password" not in content
    assert b"content of web.key" not in content
    assert main(["restore", str(tmp_path / "a"), "--config", str(tmp_path / "new" / "hub.toml")]) == 1
    said = capsys.readouterr().err
    assert "not in the archive: broker.password, web.key" in said
    assert "broker.password_file" in said  # what to put there before it is run again
    shutil.copy(tmp_path / "broker.password", tmp_path / "new")
    shutil.copy(tmp_path / "web.key", tmp_path / "new")
    assert main(["restore", str(tmp_path / "a"), "--config", str(tmp_path / "new" / "hub.toml")]) == 0


def test_wrong_usage_and_broken_input(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(tmp_path / "a")]) == 2
    assert "--config" in capsys.readouterr().err
    assert main(["backup", str(tmp_path), "--config", str(archive.with_name("none.toml"))]) == 1
    assert "none.toml" in capsys.readouterr().err
    (tmp_path / "hub.toml").write_text("[web]\nport = 18080\n")
    assert main(["backup", str(tmp_path / "no" / "a"), "--config", str(tmp_path / "hub.toml")]) == 1
    assert "No such file" in capsys.readouterr().err
    cut = tmp_path / "cut"
    cut.write_bytes(archive.read_bytes()[:5_000])
    for words in (["backup", str(cut), "--check"], ["restore", str(cut), "--config", str(tmp_path / "hub.toml")]):
        assert main(words) == 1
        assert str(cut) in capsys.readouterr().err
    assert not (tmp_path / "data" / "state.db").exists()


def test_a_failed_backup_leaves_the_one_before(source: HubConfig, archive: Path, tmp_path: Path) -> None:
    """A disk that is full in the middle."""
    path = tmp_path / "a"
    shutil.copy(archive, path)
    before = path.read_bytes()
    line = f"ulimit -f 60; exec {sys.executable} -m classhub backup {path} --config {source.source}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr
    assert "File too large" in done.stderr
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_hub_that_runs_is_not_restored_over(archive: Path, tmp_path: Path) -> None:
    settings = town.config(tmp_path)
    with alone(settings.hub.data_dir) as ours:
        assert ours
        done = begun("restore", archive, "--config", settings.source)
        _, err = done.communicate(timeout=120)
        assert done.returncode == 1
        assert "a hub runs on" in err
        done = begun("backup", tmp_path / "a", "--config", settings.source)
        _, err = done.communicate(timeout=120)
        assert done.returncode == 1
        assert "hub.sock" in err
    assert not (tmp_path / "a.part").exists()
