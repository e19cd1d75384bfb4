"""`classhub doctor` tries configured pulls: in, out, away, secrets others may read."""

from pathlib import Path

from classhub.diagnosis.finding import Level
from classhub.diagnosis.pulls import check_pulls, pull_secrets
from classhub.diagnosis.secret_files import check_secrets
from hub.config import parse_config
from tests.sim.oneroster_server import OneRosterServer, school


def test_each_pull_is_tried(tmp_path: Path) -> None:
    (tmp_path / "right").write_text(OneRosterServer.secret + "\n", "utf-8")
    (tmp_path / "wrong").write_text("something else\n", "utf-8")
    (tmp_path / "right").chmod(0o600)
    (tmp_path / "wrong").chmod(0o644)
    with OneRosterServer(school(2, 1)) as server:
        one = f"""
            school = "thu"
            kind = "oneroster"
            url = "{server.url}"
            token_url = "{server.token_url}"
            client_id = "{server.client_id}"
        """
        toml = f"""
            [[pull]]
            name = "vao"
            secret_file = "right"{one}
            [[pull]]
            name = "khong"
            secret_file = "wrong"{one}
            [[pull]]
            school = "thu"
            name = "xa"
            kind = "file"
            url = "http://127.0.0.1:1/tkb.xml?key=geheim"
            [[pull]]
            school = "thu"
            name = "tep"
            kind = "file"
            path = "nowhere"
        """
        config = parse_config(toml, tmp_path / "hub.toml")
        found = check_pulls(config)
    assert [one.level for one in found] == [Level.OK, Level.BAD, Level.BAD, Level.BAD]
    assert "401" in found[1].text.en
    said = "".join(one.text.both() + one.mend for one in found)
    assert "geheim" not in said
    assert "something else" not in said
    (open_to_others,) = check_secrets(pull_secrets(config))
    assert open_to_others.level is Level.BAD
    assert "khong" in open_to_others.text.vi
