"""`classhub stack init|finish|health`: the production stack of docker-compose.yml; `make up` calls them in this order.

`init` makes secrets, certificates and settings before anything runs; `finish` sets up what needs running servers: the
buckets and tokens of InfluxDB, Grafana's role in PostgreSQL, the first operator. Both may be run again at any time.
Exit 0: done. 1: it cannot be done so, or it is not healthy. 2: wrong usage.
"""

import argparse
import contextlib
import io
import json
import os
import sys
from pathlib import Path

from wire.settings import SettingsError
from wire.text import Text

BROKEN = 1
HOST = "tên hoặc địa chỉ máy chủ, cái đầu cho các cổng / name or address, the first one for gateways"
IN_THE_NETWORK = ("localhost", "hub", "mosquitto", "grafana")
_NEW_CERTIFICATE = Text(
    "chứng chỉ mới; nếu các dịch vụ đang chạy: docker compose up -d --force-recreate mosquitto grafana hub",
    "a new certificate; where the servers run: docker compose up -d --force-recreate mosquitto grafana hub",
)


class StepFailed(Exception):
    """One of our own commands did not do its part; it has said why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    init = actions.add_parser("init", help="tạo mật khẩu, chứng chỉ, cấu hình / make secrets, certificates, settings")
    finish = actions.add_parser("finish", help="đặt InfluxDB, PostgreSQL, tài khoản / set up the running servers")
    for each in (init, finish):
        each.add_argument("--dir", type=Path, default=Path("deploy"), help="thư mục / folder (deploy)")
        each.add_argument(
            "--owner", metavar="UID:GID", help="giao tệp cho người dùng này / give the files to this user"
        )
        each.add_argument("--volumes", type=Path, help="thư mục chứa các ổ đĩa / folder of the volumes to give as well")
        each.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
    init.add_argument("--host", action="append", default=[], help=HOST)
    init.add_argument(
        "--mqtt-port", type=int, default=8883, help="cổng MQTT nhìn từ ngoài / MQTT port as gateways see it (8883)"
    )
    init.add_argument("--language", choices=("vi", "en"), default="vi")
    finish.add_argument("--operator", default="admin", help="tên đăng nhập / name to sign in with")
    health = actions.add_parser("health", help="còn phục vụ không / does it serve")
    which = health.add_mutually_exclusive_group(required=True)
    which.add_argument("--config", type=Path, help="hub.toml")
    which.add_argument("--edge", type=Path, help="edge.toml")


def run(arguments: argparse.Namespace) -> int:
    actions = {"init": _init, "finish": _finish, "health": _health}
    try:
        return actions[arguments.action](arguments)
    except SettingsError as wrong:
        print(f"classhub stack: {wrong}", file=sys.stderr)
    except StepFailed as failed:
        print(f"classhub stack: {failed}", file=sys.stderr)
    except OSError as refused:
        print(
            f"classhub stack: {Text(f'không làm được: {refused}', f'cannot be done: {refused}').both()}",
            file=sys.stderr,
        )
    return BROKEN


def _init(arguments: argparse.Namespace) -> int:
    from classhub.stack.folder import StackFolder
    from classhub.stack.settings import Places

    stack = StackFolder(arguments.dir.absolute())
    made = stack.make_secrets()
    before = stack.certificate()
    _ours("tls", "init", "--dir", str(stack.tls), "--name", *IN_THE_NETWORK, *arguments.host)
    if before not in {None, stack.certificate()}:
        print(_NEW_CERTIFICATE.both(), file=sys.stderr)
    _ours(
        *("broker", "config", "--dir", str(stack.broker), "--secrets", str(stack.secrets)),
        *("--seen-as", "/mosquitto/config", "--tls", "/mosquitto/tls", "--data", "/mosquitto/data"),
        *("--log", "/mosquitto/log/mosquitto.log"),
    )
    places = Places(public_host=next(iter(arguments.host), None), public_port=arguments.mqtt_port)
    made += stack.make_settings(places, arguments.language)
    _hand_over(arguments)
    _tell(arguments, made, [*stack.loose(), *stack.elsewhere(places)])
    return 0


def _finish(arguments: argparse.Namespace) -> int:
    from classhub.stack.folder import StackFolder
    from classhub.stack.operator import has_operator
    from classhub.stack.settings import GRAFANA_STATE_PASSWORD, OPERATOR_PASSWORD

    stack = StackFolder(arguments.dir.absolute())
    config = ("--config", str(stack.hub_toml))
    _ours("store", "setup", *config)
    _hand_over(arguments)
    _ours("state", "grafana-role", *config, "--password-file", str(stack.secrets / GRAFANA_STATE_PASSWORD))
    password = stack.secrets / OPERATOR_PASSWORD
    if not has_operator(stack.hub_toml):
        _ours("hub", "password", *config, "--operator", arguments.operator, "--password-file", str(password))
        print(f"Đăng nhập / Sign in: {arguments.operator}; mật khẩu trong / password in {password}")
    return 0


def _ours(*words: str) -> None:
    """Run a command of ours as a person would; what it prints is for its failure only. Raises StepFailed."""
    from classhub.__main__ import main

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main(list(words))
    if code:
        raise StepFailed(f"classhub {' '.join(words[:2])}: {code}\n{said.getvalue()}")


def _hand_over(arguments: argparse.Namespace) -> None:
    from classhub.stack.folder import StackFolder

    if arguments.owner is None or os.geteuid() != 0:
        return
    user, _, group = arguments.owner.partition(":")
    if not (user.isdigit() and group.isdigit()) or int(user) == 0:
        reason = Text("phải là UID:GID, không phải root", "must be UID:GID as numbers, and not root")
        raise SettingsError("--owner", "", reason)
    StackFolder(arguments.dir.absolute()).hand_over(int(user), int(group), arguments.volumes)


def _tell(arguments: argparse.Namespace, made: list[Path], loose: list[Text]) -> None:
    if arguments.json:
        told = {"made": [str(path) for path in made], "problems": [each.en for each in loose]}
        print(json.dumps(told, ensure_ascii=False))
        return
    for path in made:
        print(f"đã tạo / made: {path}")
    if not made:
        print(Text("mọi thứ đã có", "everything is there already").both())
    for each in loose:
        print(each.both(), file=sys.stderr)


def _health(arguments: argparse.Namespace) -> int:
    if arguments.config is not None:
        from classhub.stack.health import hub_serves

        problem = hub_serves(arguments.config)
    else:
        from classhub.stack.edge_health import edge_keeps

        problem = edge_keeps(arguments.edge)
    if problem is not None:
        print(problem, file=sys.stderr)
    return 0 if problem is None else BROKEN
