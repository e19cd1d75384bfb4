"""`[[pull]]` in hub.toml: mistakes name the key; what crosses a network unencrypted is refused, or told."""

from pathlib import Path

import pytest

from hub.config import HubConfig, parse_config
from hub.exposure import plain_notices
from wire.settings import SettingsError

HEAD = '[[pull]]\nschool = "thu"\nname = "so"\n'


def config(folder: Path, pull: str, head: str = HEAD) -> HubConfig:
    return parse_config(head + pull, folder / "hub.toml")


@pytest.mark.parametrize(
    ("pull", "key"),
    [
        ('kind = "oneroster"', "pull[so].url"),
        ('kind = "oneroster"\npath = "x"', "pull[so].url"),
        ('kind = "file"\npath = "x"\nurl = "https://a.example/"', "pull[so].url"),
        ('kind = "file"\nurl = "ftp://a.example/"', "pull[so].url"),
        ('kind = "file"\nurl = "http://a.example/"', "pull[so].url"),
        ('kind = "file"\nurl = "https://u:pw@a.example/"', "pull[so].url"),
        ('kind = "file"\nurl = "https://a.example:99999/"', "pull[so].url"),
        ('kind = "oneroster"\nurl = "https://a.example/"\ntoken_url = "https://a.example/t"', "pull[so].token_url"),
        ('kind = "file"\npath = "x"\nsecret_file = "nowhere"', "pull[so].secret_file"),
        ('kind = "file"\npath = "x"\nevery_minutes = 1', "pull[0].every_minutes"),
        (f'kind = "file"\npath = "x"\n{HEAD}kind = "file"\npath = "y"', "pull[so].name"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, pull: str, key: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        config(tmp_path, pull)
    assert wrong.value.key == key
    assert wrong.value.text.vi != wrong.value.text.en
    assert "pw" not in wrong.value.text.both()


def test_the_name_of_hand_edits_is_taken(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="hand"):
        config(tmp_path, 'kind = "file"\npath = "x"', HEAD.replace('"so"', '"hand"'))


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (pull,) = config(tmp_path, 'kind = "file"\npath = "hop-thu"').pull
    assert pull.path == str(tmp_path / "hop-thu")


def test_unencrypted_is_told_as_long_as_it_stays(tmp_path: Path) -> None:
    plain = config(tmp_path, 'kind = "file"\nurl = "http://a.example/tkb.xml"\nallow_http = true')
    assert [one.code for one in plain_notices(plain)] == ["pull.plain"]
    here = config(tmp_path, 'kind = "file"\nurl = "http://127.0.0.1:8000/tkb.xml"')
    assert plain_notices(here) == []
