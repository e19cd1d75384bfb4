"""`classhub dashboards push` against a server that answers as Grafana's published HTTP API says it would."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from classhub.__main__ import main
from dashboards.book import PAGES, dashboards
from tests.ports import free_port
from tests.sim.grafana import READ_ONLY, TOKEN, SimulatedGrafana

ROOM = "classhub-room"


@pytest.fixture
def grafana() -> Iterator[SimulatedGrafana]:
    with SimulatedGrafana() as server:
        yield server


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    return path


def push(url: str, token: Path, *more: str) -> int:
    return main(["dashboards", "push", "--url", url, "--token-file", str(token), *more])


def verdicts(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    document = json.loads(capsys.readouterr().out)
    return {step["uid"]: step["verdict"] for step in document["dashboards"]}


def test_an_empty_grafana_gets_folder_and_dashboards_and_a_second_push_changes_nothing(
    grafana: SimulatedGrafana, token: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert push(grafana.url, token, "--json") == 0
    assert set(verdicts(capsys).values()) == {"new"}
    assert set(grafana.folders) == {"classhub"}
    assert set(grafana.dashboards) == {each["uid"] for each in dashboards("vi").values()}
    assert all(held["folder"] == "classhub" for held in grafana.dashboards.values())
    assert grafana.saves == len(PAGES)
    assert push(grafana.url, token, "--json") == 0
    assert set(verdicts(capsys).values()) == {"same"}
    assert grafana.saves == len(PAGES)


def test_both_languages_stand_side_by_side(grafana: SimulatedGrafana, token: Path) -> None:
    assert push(grafana.url, token) == 0
    assert push(grafana.url, token, "--language", "en", "--folder", "Schools") == 0
    assert grafana.folders["classhub-en"]["title"] == "Schools"
    assert len(grafana.dashboards) == 2 * len(PAGES)


def test_a_dry_run_sends_nothing_and_says_where_it_would_change_what(
    grafana: SimulatedGrafana, token: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert push(grafana.url, token, "--dry-run") == 0
    assert grafana.saves == 0
    assert not grafana.folders
    push(grafana.url, token)
    ours = grafana.dashboards[ROOM]
    older = ours["dashboard"] | {"refresh": "10s"}
    message = ours["versions"][-1]["message"].rpartition(":")[0] + ":0123456789abcdef"
    grafana._store(ROOM, older, "classhub", message, "sa-classhub")
    saves = grafana.saves
    capsys.readouterr()
    assert push(grafana.url, token, "--dry-run") == 0
    assert 'refresh: "10s" → "1m"' in capsys.readouterr().out
    assert grafana.saves == saves
    assert push(grafana.url, token) == 0
    assert grafana.saves == saves + 1
    assert grafana.dashboards[ROOM]["dashboard"]["refresh"] == "1m"


@pytest.mark.parametrize("bare", [False, True])
def test_what_somebody_changed_by_hand_is_kept_until_forced(
    grafana: SimulatedGrafana, token: Path, capsys: pytest.CaptureFixture[str], bare: bool
) -> None:
    grafana.version_list_is_bare = bare
    push(grafana.url, token)
    grafana.save_by_hand(ROOM, title="Phòng của tôi")
    capsys.readouterr()
    assert push(grafana.url, token) == 1
    said = capsys.readouterr().out
    assert "co-hieu-truong" in said
    assert '"Phòng của tôi" → "ClassHub · Phòng"' in said
    assert grafana.dashboards[ROOM]["dashboard"]["title"] == "Phòng của tôi"
    assert push(grafana.url, token, "--force") == 0
    assert grafana.dashboards[ROOM]["dashboard"]["title"] == "ClassHub · Phòng"
    assert push(grafana.url, token) == 0


def test_a_dashboard_stays_in_the_folder_somebody_moved_it_to(grafana: SimulatedGrafana, token: Path) -> None:
    push(grafana.url, token)
    grafana.folders["khac"] = {"uid": "khac", "title": "Khác"}
    grafana.dashboards[ROOM]["folder"] = "khac"
    grafana.save_by_hand(ROOM, refresh="5s")
    assert push(grafana.url, token, "--force") == 0
    assert grafana.dashboards[ROOM]["folder"] == "khac"


def test_a_save_in_between_is_refused_and_the_others_are_sent(
    grafana: SimulatedGrafana, token: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    push(grafana.url, token)
    for uid in (ROOM, "classhub-air"):
        mark = "classhub 0 sha256:0123456789abcdef"
        grafana._store(uid, grafana.dashboards[uid]["dashboard"] | {"refresh": "7s"}, "classhub", mark, "sa-classhub")
    grafana.saved_after_reading.add(ROOM)
    capsys.readouterr()
    assert push(grafana.url, token) == 1
    assert "changed by someone else" in capsys.readouterr().out
    assert grafana.dashboards[ROOM]["dashboard"]["refresh"] == "9s"
    assert grafana.dashboards["classhub-air"]["dashboard"]["refresh"] == "5m"


def test_provisioned_dashboards_are_left_to_their_files(
    grafana: SimulatedGrafana, token: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    push(grafana.url, token)
    for held in grafana.dashboards.values():
        held["provisioned"] = True
    assert push(grafana.url, token) == 0, "equal content needs no save"
    grafana.save_by_hand(ROOM, refresh="5s")
    capsys.readouterr()
    assert push(grafana.url, token, "--json") == 1
    assert verdicts(capsys)[ROOM] == "provisioned"


def test_a_title_that_is_taken_names_the_way_out(
    grafana: SimulatedGrafana, token: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grafana.folders["classhub"] = {"uid": "classhub", "title": "ClassHub"}
    grafana._store("another", {"uid": "another", "title": "ClassHub · Phòng"}, "classhub", "", "admin")
    assert push(grafana.url, token) == 1
    assert "rename that one" in capsys.readouterr().out
    assert len(grafana.dashboards) == len(PAGES)


def test_a_wrong_token_and_missing_rights_say_what_to_do(
    grafana: SimulatedGrafana, token: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token.write_text("glsa_sai")
    assert push(grafana.url, token) == 1
    refused = capsys.readouterr().err
    assert "Service accounts" in refused
    assert "glsa_sai" not in refused
    token.write_text(READ_ONLY)
    assert push(grafana.url, token) == 1
    assert "Editor" in capsys.readouterr().err
    assert not grafana.dashboards


def test_no_grafana_and_a_wrong_sub_path_are_told_apart(token: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert push(f"http://127.0.0.1:{free_port()}", token) == 1
    assert "no Grafana answers" in capsys.readouterr().err
    with SimulatedGrafana("/grafana") as behind:
        assert push(behind.url, token) == 0
        assert push(behind.url.removesuffix("/grafana"), token) == 1
    assert "sub-path" in capsys.readouterr().err


def test_data_sources_are_made_once_kept_the_same_and_changed_by_uid(
    grafana: SimulatedGrafana, token: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    influx, state = tmp_path / "influx", tmp_path / "state"
    influx.write_text("chi-doc-1")
    state.write_text("mat-khau")
    words = ["--influxdb-url", "http://influxdb:8086", "--influxdb-token-file", str(influx), "--json"]
    words += ["--postgresql", "postgres:5432", "--postgresql-password-file", str(state)]
    for expected in ("new", "same"):
        assert push(grafana.url, token, *words) == 0
        told = json.loads(capsys.readouterr().out)["data_sources"]
        assert told == {"classhub-influxdb": expected, "classhub-postgresql": expected}
    words[1] = "http://influx.tinh.example:8086"
    assert push(grafana.url, token, *words) == 0
    assert json.loads(capsys.readouterr().out)["data_sources"]["classhub-influxdb"] == "changed"
    assert grafana.sources["classhub-influxdb"]["url"] == words[1]
    assert grafana.sources["classhub-influxdb"]["secureJsonData"] == {"token": "chi-doc-1"}


def test_wrong_usage(token: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    assert push("http://127.0.0.1:1", empty) == 2
    assert push("grafana.example", token) == 2
    assert push("http://127.0.0.1:1", token, "--influxdb-url", "http://influxdb:8086") == 2
    assert push("http://127.0.0.1:1", tmp_path / "none") == 2
    assert capsys.readouterr().err.count("classhub dashboards:") == 4
