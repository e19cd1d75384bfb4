"""`classhub state grafana-role`: the account Grafana reads PostgreSQL with, made or given its password anew.

Exit 0: done. 1: it cannot be done so (no PostgreSQL, password too short, no right to). 2: wrong usage.
"""

import argparse
import json
import sys
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from hub.broker.secret_file import read_secret
from hub.config import HubConfig, load_config
from hub.db.engine import complaint, open_database
from wire.settings import SettingsError
from wire.text import Text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    role = actions.add_parser(
        "grafana-role", help="tài khoản chỉ đọc cho Grafana / the account Grafana reads the database with"
    )
    role.add_argument("--config", type=Path, required=True, help="hub.toml")
    role.add_argument(
        "--password-file", type=Path, required=True, help="tệp mật khẩu, quyền 600 / file with its password, mode 600"
    )
    role.add_argument("--json", action="store_true", help="cho máy đọc / for machines")


def run(arguments: argparse.Namespace) -> int:
    try:
        config = load_config(arguments.config)
        _need_postgresql(config)
        return _make(config, read_secret(arguments.password_file), machine=arguments.json)
    except SettingsError as wrong:
        return _fail(str(wrong))


def _make(config: HubConfig, password: str, *, machine: bool) -> int:
    from hub.db.grafana_role import ROLE, RoleRefused, grant

    try:
        engine = open_database(config.state_url)
        try:
            made = grant(engine, password)
        finally:
            engine.dispose()
    except RoleRefused as refused:
        return _fail(refused.text.both())
    except SQLAlchemyError as broken:
        return _fail(complaint(config.state_url, broken).both())
    if machine:
        print(json.dumps({"role": ROLE, "made": made}))
    else:
        print(f"{ROLE}: {'đã tạo / made' if made else 'mật khẩu và quyền đã đặt lại / password and rights set anew'}")
    return 0


def _need_postgresql(config: HubConfig) -> None:
    if config.state.kind != "postgresql":
        raise SettingsError(
            str(config.source),
            "state.kind",
            Text('chỉ dùng với kind = "postgresql"', 'works only with kind = "postgresql"'),
        )


def _fail(text: str) -> int:
    print(f"classhub state: {text}", file=sys.stderr)
    return 1
