"""`classhub store setup` on a real influxd: fresh, set up before, with other settings, again and again."""

import json
from pathlib import Path
from typing import Any

import pytest

from classhub.__main__ import main
from hub.config import load_config
from hub.stores.influx.http import UNAUTHORISED, InfluxHttp, Refused
from hub.stores.influx.setup import ADMIN_PASSWORD, ADMIN_TOKEN, GRAFANA_TOKEN, token_of
from hub.stores.series import StoreDown
from tests.sim.influxd import Influxd

pytestmark = pytest.mark.timeout(180)
LINE = b"reading,device=d,room=_,school=s co2_ppm=5.0,seq=1i 1"


def written(folder: Path, url: str, days: int = 90, more: str = "") -> Path:
    path = folder / "hub.toml"
    path.write_text(
        f'[store]\nkind = "influxdb"\n[influxdb]\nurl = "{url}"\ntoken_file = "secrets/hub.token"\n'
        f"raw_days = {days}\n{more}"
    )
    return path


def setup(path: Path, *words: str) -> int:
    return main(["store", "setup", "--config", str(path), *words])


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What became of each thing, by its last name."""
    steps: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    return {step["name"].rpartition("/")[2]: step["done"] for step in steps}


def server(path: Path, token_file: str) -> InfluxHttp:
    return InfluxHttp(load_config(path).influxdb, (path.parent / token_file).read_text().strip())


def fresh(folder: Path) -> Influxd:
    """A server nobody has set up."""
    made = Influxd(folder)
    made._set_up = True
    return made


def test_a_fresh_server_is_taken_over_and_doing_it_again_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with fresh(tmp_path) as influx:
        path = written(tmp_path, influx.url)
        assert setup(path, "--json") == 0
        made = ["classhub-admin", "classhub_1m", "classhub_15m", "hub.token", GRAFANA_TOKEN]
        assert told(capsys) == dict.fromkeys(made, "made") | {"classhub": "as it was", "classhub_raw": "changed"}
        files = [tmp_path / ADMIN_TOKEN, tmp_path / ADMIN_PASSWORD]
        files += [tmp_path / "secrets" / "hub.token", tmp_path / "secrets" / GRAFANA_TOKEN]
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 4
        before = [file.read_text() for file in files]
        assert len(set(before)) == 4
        assert setup(path, "--json") == 0
        assert set(told(capsys).values()) == {"as it was"}
        assert setup(path) == 0
        said = capsys.readouterr()
        assert [file.read_text() for file in files] == before
        assert not any(secret.strip() in said.out + said.err for secret in before)
        assert "giữ nguyên" in said.out


def test_tokens_may_little(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with fresh(tmp_path) as influx:
        path = written(tmp_path, influx.url)
        setup(path)
        capsys.readouterr()
        admin, hub = server(path, ADMIN_TOKEN), server(path, "secrets/hub.token")
        grafana = server(path, f"secrets/{GRAFANA_TOKEN}")
        org = admin.call("GET", "/api/v2/orgs")["orgs"][0]["id"]
        admin.call("POST", "/api/v2/buckets", body={"orgID": org, "name": "other", "retentionRules": []})
        hub.write("classhub_raw", LINE.replace(b" 1", b" 1790000000000"), "ms")
        flux = 'from(bucket: "classhub_raw") |> range(start: 2026-01-01T00:00:00Z, stop: 2030-01-01T00:00:00Z)'
        for reader in (hub, grafana):
            assert len(list(reader.query(flux))) == 2
            assert {each["name"] for each in reader.call("GET", "/api/v2/buckets")["buckets"]} == {
                "classhub_raw",
                "classhub_1m",
                "classhub_15m",
            }
        _not_allowed(lambda: grafana.write("classhub_raw", LINE))
        for each in (hub, grafana):
            _not_allowed(lambda each=each: each.write("other", LINE))
            _not_allowed(lambda each=each: each.call("POST", "/api/v2/buckets", body={"orgID": org, "name": "more"}))
            assert each.call("GET", "/api/v2/authorizations")["authorizations"] == []
        for each in (admin, hub, grafana):
            each.close()


def _not_allowed(call: Any) -> None:
    with pytest.raises((StoreDown, Refused)) as no:
        call()
    assert isinstance(no.value, StoreDown)
    assert no.value.code in {UNAUTHORISED, "store.bucket_missing"}


def test_other_settings_and_new_tokens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with fresh(tmp_path) as influx:
        setup(written(tmp_path, influx.url, 90))
        capsys.readouterr()
        path = written(tmp_path, influx.url, 30, "minute_days = 0\n")
        assert setup(path, "--json") == 0
        assert {name: done for name, done in told(capsys).items() if done != "as it was"} == {
            "classhub_raw": "changed",
            "classhub_1m": "changed",
        }
        admin = server(path, ADMIN_TOKEN)
        kept = {
            each["name"]: sum(rule["everySeconds"] for rule in each["retentionRules"])
            for each in admin.call("GET", "/api/v2/buckets")["buckets"]
        }
        assert kept["classhub_raw"] == 30 * 86_400
        assert kept["classhub_1m"] == 0
        assert kept["classhub_15m"] == 3_650 * 86_400
        old = server(path, "secrets/hub.token")
        old.write("classhub_15m", b"x y=1 1790000000000")
        assert setup(path, "--json", "--rotate") == 0
        assert told(capsys)["hub.token"] == "changed"
        assert old._token != token_of(load_config(path).influxdb)
        with pytest.raises(StoreDown, match="--rotate"):
            old.write("classhub_15m", b"x y=1 1790000000000")
        old.write("classhub_15m", b"x y=1 1790000000000")  # found the new one in its file
        assert len(admin.call("GET", "/api/v2/authorizations")["authorizations"]) == 3
        for each in (admin, old):
            each.close()


def test_somebody_elses_server_needs_their_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Influxd(tmp_path) as influx:
        path = written(tmp_path, influx.url)
        assert setup(path) == 1
        assert "--admin-token-file" in capsys.readouterr().err
        wrong = tmp_path / "wrong"
        wrong.write_text("no-such-token\n")
        assert setup(path, "--admin-token-file", str(wrong)) == 1
        assert "unauthorized" in capsys.readouterr().err
        monkeypatch.setenv("INFLUX_ADMIN_TOKEN", influx.token)
        assert setup(path, "--json") == 0
        assert told(capsys)["classhub_raw"] == "made"
        assert not (tmp_path / ADMIN_TOKEN).exists()


def test_a_server_that_is_away_and_a_broken_file_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "http://127.0.0.1:9")
    assert setup(path) == 1
    assert "http://127.0.0.1:9" in capsys.readouterr().err
    with pytest.raises(StoreDown, match="classhub store setup"):
        token_of(load_config(path).influxdb)
    path.write_text("[influxdb]\nbuckets = 3\n")
    assert setup(path) == 1
    assert "influxdb.buckets" in capsys.readouterr().err
