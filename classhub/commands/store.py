"""`classhub store setup`: makes an InfluxDB ready for a hub: buckets with retention, a token for it, one for Grafana.

Exit 0: done. 1: it cannot be done so (server away, token refused, broken hub.toml). 2: wrong usage.
"""

import argparse
import json
import os
import sys
import tomllib
from pathlib import Path

import msgspec

from classhub.commands import store_migrate
from hub.config import HubConfig, InfluxSection, load_config
from hub.stores.influx.http import Refused
from hub.stores.influx.setup import ADMIN_TOKEN, GRAFANA_TOKEN, HUB_TOKEN, Installer, Step, onboard
from hub.stores.series import StoreDown
from wire.settings import SettingsError
from wire.text import Text

ADMIN_VARIABLE = "INFLUX_ADMIN_TOKEN"
DONE = {"made": "đã tạo / made", "changed": "đã sửa / changed", "as it was": "giữ nguyên / as it was"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    setup = actions.add_parser("setup", help="chuẩn bị InfluxDB / make an InfluxDB ready; again at any time")
    setup.add_argument("--config", type=Path, required=True, help="hub.toml")
    setup.add_argument(
        "--admin-token-file",
        type=Path,
        help=f"mã quản trị của InfluxDB / InfluxDB's operator token (default: ${ADMIN_VARIABLE}, else {ADMIN_TOKEN} "
        "beside hub.toml; a fresh server gets one made)",
    )
    setup.add_argument("--grafana-token-file", type=Path, help=f"default: {GRAFANA_TOKEN} beside the hub's")
    setup.add_argument("--rotate", action="store_true", help="thay mã truy cập / make new tokens, delete the old ones")
    setup.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
    store_migrate.add_arguments(actions.add_parser("migrate", help="chuyển lịch sử / move the history between stores"))


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "migrate":
        return store_migrate.run(arguments)
    try:
        _make_room_for_token(arguments.config)
        config = load_config(arguments.config)
        steps = _setup(arguments, config)
    except (SettingsError, OSError, StoreDown, Refused) as failed:
        print(f"classhub store: {failed}", file=sys.stderr)
        return 1
    _say(steps, config.influxdb, as_json=arguments.json)
    return 0


def _setup(arguments: argparse.Namespace, config: HubConfig) -> list[Step]:
    section, folder = config.influxdb, config.source.parent
    hub_token = Path(section.token_file) if section.token_file else folder / HUB_TOKEN
    first = onboard(section, folder)
    installer = Installer(section, _admin_token(arguments.admin_token_file, folder, onboarded=first is not None))
    grafana = arguments.grafana_token_file or hub_token.with_name(GRAFANA_TOKEN)
    try:
        return [*([first] if first else []), *installer.install(hub_token, grafana, rotate=arguments.rotate)]
    finally:
        installer.close()


def _admin_token(given: Path | None, folder: Path, *, onboarded: bool) -> str:
    """Of a server set up by us, from our file; of somebody else's, as its operator gives it."""
    said = os.environ.get(ADMIN_VARIABLE, "").strip()
    if given is None and said and not onboarded:
        return said
    path = folder / ADMIN_TOKEN if given is None or onboarded else given
    try:
        token = path.read_text(encoding="utf-8").strip()
    except OSError as missing:
        raise StoreDown(_needs_admin(path)) from missing
    if not token:
        raise StoreDown(_needs_admin(path))
    return token


def _needs_admin(path: Path) -> Text:
    return Text(
        f"InfluxDB đã được cài đặt từ trước và {path} không có mã quản trị: hãy ghi mã vào tệp rồi thêm "
        f"--admin-token-file TỆP, hoặc đặt biến {ADMIN_VARIABLE}",
        f"InfluxDB was set up before and {path} holds no operator token: put it in a file and add "
        f"--admin-token-file FILE, or set {ADMIN_VARIABLE}",
    )


def _make_room_for_token(path: Path) -> None:
    """A hub.toml that names its token file loads only where there is one: an empty one until the token is made."""
    try:
        named = tomllib.loads(path.read_text(encoding="utf-8")).get("influxdb", {}).get("token_file")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError):
        return  # load_config says what is wrong
    if isinstance(named, str):
        file = path.absolute().parent / named
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            file.touch(0o600)


def _say(steps: list[Step], section: InfluxSection, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([msgspec.to_builtins(step) for step in steps], ensure_ascii=False))
        return
    for step in steps:
        print(f"{step.what:<13} {step.name:<48} {DONE[step.done]}")
    if not section.token_file:
        print(f'hub.toml: thêm / add to [influxdb]: token_file = "{HUB_TOKEN}"')
