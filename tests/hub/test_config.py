"""hub.toml: defaults, paths relative to the file, and mistakes that name the key."""

from pathlib import Path

import pytest

from hub.config import load_config, parse_config
from wire.address import is_loopback
from wire.settings import SettingsError


def test_defaults_are_embedded_and_loopback(tmp_path: Path) -> None:
    config = parse_config("", tmp_path / "hub.toml")
    assert (config.hub.id, config.hub.data_dir, config.hub.language) == ("main", tmp_path / "data", "vi")
    assert (config.broker.kind, config.broker.host, config.web.host) == ("embedded", "127.0.0.1", "127.0.0.1")
    assert config.series_path == tmp_path / "data" / "series.duckdb"
    assert config.state_url.render_as_string() == f"sqlite:///{tmp_path}/data/state.db"


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        ("[hub]\nid = 'Main Hub'", "hub.id"),
        ("[web]\nport = 70000", "web.port"),
        ("[web]\nprot = 80", "web.prot"),
        ("[broker]\nkind = 'rabbit'", "broker.kind"),
        ("[web]\nhost = '0.0.0.0'\nopen_reading = true", "web.open_reading"),
        ("[broker]\npassword_file = 'absent'", "broker.password_file"),
        ("[web]\nport = 1883", "web.port"),
        ("[web]\nport = 1900\nhost = '::1'\n[broker]\nport = 1900\nhost = 'localhost'", "web.port"),
        ("[web]\nport = 1900\nhost = '0.0.0.0'\n[broker]\nport = 1900\nhost = '10.0.0.7'", "web.port"),
        ("[hub", ""),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path: Path, toml: str, key: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        parse_config(toml, tmp_path / "hub.toml")
    assert wrong.value.key == key
    assert str(tmp_path / "hub.toml") in str(wrong.value)


def test_one_port_at_two_places_is_taken(tmp_path: Path) -> None:
    for broker in ("kind = 'external'\nhost = '127.0.0.1'", "host = '10.0.0.7'"):
        config = parse_config(f"[web]\nport = 1883\n[broker]\n{broker}", tmp_path / "hub.toml")
        assert config.web.port == config.broker.port


def test_an_absent_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="classhub hub init"):
        load_config(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("hub.lan", False)],  # noqa: S104
)
def test_loopback(host: str, *, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        ("cert_file = 'hub.toml'", "web.key_file"),
        ("key_file = 'hub.toml'", "web.cert_file"),
        ("trusted_proxies = ['proxy.lan']", "web.trusted_proxies"),
        ("trusted_proxies = ['10.0.0.1/8']", "web.trusted_proxies"),
        ("trusted_proxies = ['::1']\nopen_reading = true", "web.trusted_proxies"),
    ],
)
def test_tls_and_proxies_name_what_is_missing(tmp_path: Path, toml: str, key: str) -> None:
    (tmp_path / "hub.toml").write_text("")
    with pytest.raises(SettingsError) as wrong:
        parse_config(f"[web]\n{toml}", tmp_path / "hub.toml")
    assert wrong.value.key == key


def test_proxies_are_addresses_or_networks(tmp_path: Path) -> None:
    config = parse_config("[web]\ntrusted_proxies = ['10.0.0.0/8', '2001:db8::/32', '::1']", tmp_path / "hub.toml")
    assert len(config.web.trusted_proxies) == 3


ADMIN = "[broker]\nkind = 'external'\nadmin_username = 'a'\nadmin_password_file = 'hub.toml'\nhost = '{}'\n"


def test_an_administrators_password_never_crosses_the_network_in_clear(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text("")
    for host in ("192.0.2.10", "mosquitto", "0.0.0.0"):  # noqa: S104
        with pytest.raises(SettingsError, match="classhub tls init") as wrong:
            parse_config(ADMIN.format(host), path)
        assert wrong.value.key == "broker.ca_file"
        assert parse_config(f"{ADMIN.format(host)}ca_file = 'hub.toml'", path).broker.ca_file
    for host in ("127.0.0.1", "localhost", "::1"):
        assert parse_config(ADMIN.format(host), path).broker.ca_file is None
