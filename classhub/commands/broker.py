"""`classhub broker config`: everything a Mosquitto needs to serve gateways: settings, first users, secrets.

Run again it changes nothing but mosquitto.conf; a dynamic-security.json that holds gateways is never touched.
Exit 0: done. 1: it cannot be done so. 2: wrong usage.
"""

import argparse
import json
import os
import secrets
import shutil
import sys
from pathlib import Path

import msgspec

from hub.broker.dynsec import ADMIN_ROLE, HUB_ROLE, SALT_BYTES, Credential, KeptFile, first_file
from hub.broker.mosquitto import TLS_PORT, BrokerFiles, BrokerSettings, mosquitto_conf
from hub.broker.secret_file import MODE, kept_secret
from hub.config import BrokerSection, HubConfig, load_config
from wire.settings import SettingsError
from wire.text import Text

ADMIN, HUB = "classhub-admin", "classhub-hub"
IN_THE_IMAGE = "/usr/lib/mosquitto_dynamic_security.so"
DYNAMIC_SECURITY = "dynamic-security.json"
LOG_MODE = 0o640  # the hub reads it, as a member of the group


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    config = actions.add_parser("config", help="viết cấu hình cho Mosquitto 2 / write the files of a Mosquitto 2")
    add = config.add_argument
    add("--dir", type=Path, required=True, help="thư mục để viết / folder to write to")
    add("--config", type=Path, help="hub.toml: lấy cổng và tên người dùng / where port and user names are read")
    add("--host", action="append", default=[], help="địa chỉ lắng nghe, mặc định mọi địa chỉ / address to listen on")
    add("--port", type=int, help=f"cổng TLS / TLS port ({TLS_PORT})")
    add("--plain-port", type=int, help="cổng không mã hóa, chỉ trên máy này / without TLS, loopback only")
    add("--user", help="người dùng của mosquitto / the system user mosquitto runs as")
    add("--secrets", type=Path, help="thư mục mật khẩu / folder of the secrets (DIR/secrets)")
    add("--seen-as", help="thư mục DIR nhìn từ mosquitto / DIR as mosquitto sees it, in a container")
    add("--tls", help="thư mục chứng chỉ nhìn từ mosquitto / folder of the certificates as mosquitto sees it (DIR/tls)")
    add("--data", help="thư mục dữ liệu nhìn từ mosquitto / folder of its data as it sees it (DIR/data)")
    add("--log", help="tệp nhật ký nhìn từ mosquitto / its log as it sees it (DIR/log/mosquitto.log)")
    add("--plugin", help=f"mosquitto_dynamic_security.so; trong ảnh / in the image: {IN_THE_IMAGE}")
    add(
        "--log-denied",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="ghi cả bản tin bị chặn (nhật ký lớn) / log denied messages too (a large log)",
    )
    add("--json", action="store_true", help="cho máy đọc / for machines")


def run(arguments: argparse.Namespace) -> int:
    try:
        return _config(arguments, None if arguments.config is None else load_config(arguments.config))
    except SettingsError as wrong:
        print(f"classhub broker: {wrong}", file=sys.stderr)
    except OSError as refused:
        print(f"classhub broker: không ghi được / cannot be written: {refused}", file=sys.stderr)
    return 1


def _config(arguments: argparse.Namespace, hub: HubConfig | None) -> int:
    folder: Path = arguments.dir.absolute()
    own_log = arguments.log is None and arguments.seen_as is None
    _make_folders(folder, own_log=own_log)
    secrets_folder = (arguments.secrets or folder / "secrets").absolute()
    section = BrokerSection() if hub is None else hub.broker
    names = {ADMIN: section.admin_username or ADMIN, HUB: section.username or HUB}
    files = {
        ADMIN: Path(section.admin_password_file or secrets_folder / "mosquitto-admin"),
        HUB: Path(section.password_file or secrets_folder / "mosquitto-hub"),
    }
    users = [
        Credential(names[who], kept_secret(files[who]), secrets.token_bytes(SALT_BYTES), role)
        for who, role in ((ADMIN, ADMIN_ROLE), (HUB, HUB_ROLE))
    ]
    said = _put_users(folder / DYNAMIC_SECURITY, *users)
    settings = _settings(arguments, folder, hub)
    _write(folder / "mosquitto.conf", mosquitto_conf(settings), 0o644)
    if os.geteuid() == 0 and arguments.user:
        _give(folder, arguments.user)
    _tell(arguments, folder, settings, names, files, said)
    return 0


def _make_folders(folder: Path, *, own_log: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    for name in ("data", "log"):
        (folder / name).mkdir(exist_ok=True, mode=0o750)
    if own_log:
        # Mosquitto would make it readable by itself alone; what is there keeps its mode.
        log = folder / "log" / "mosquitto.log"
        log.touch(LOG_MODE)
        log.chmod(LOG_MODE)


def _give(folder: Path, user: str) -> None:
    """To the system user mosquitto becomes: it writes its data, its log and its users."""
    for path in (folder, *(folder / each for each in ("data", "log", "log/mosquitto.log", DYNAMIC_SECURITY))):
        if path.exists():
            shutil.chown(path, user, user)


def _put_users(path: Path, admin: Credential, hub: Credential) -> Text:
    """Write the plugin's first file, unless there is one that fits; what was done. Raises SettingsError."""
    kept = _read_users(path)
    if kept is not None:
        fits = [(mine := kept.client(each.username)) is not None and mine.knows(each.secret) for each in (admin, hub)]
        gateways = len(kept.clients) - sum(kept.client(each.username) is not None for each in (admin, hub))
        if all(fits):
            return Text(f"giữ nguyên, có {gateways} cổng", f"left as it is, with {gateways} gateways")
        if gateways:
            reason = Text(
                f"có {gateways} cổng nên không ghi đè, nhưng mật khẩu quản trị hoặc trung tâm không khớp: hãy đặt lại"
                " đúng tệp mật khẩu cũ",
                f"holds {gateways} gateways and is not overwritten, but the secret of administrator or hub is another"
                " one: put the old secret files back",
            )
            raise SettingsError(str(path), "", reason)
    _write(path, json.dumps(first_file(admin, hub), indent="\t"), MODE)
    return Text("đã viết, chưa có cổng nào", "written, without gateways")


def _read_users(path: Path) -> KeptFile | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptFile)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as broken:
        reason = Text(
            f"không đọc được ({broken}); khôi phục từ bản sao lưu, hoặc xóa nếu chưa có cổng nào",
            f"cannot be read ({broken}); put a backup back, or delete it where there are no gateways yet",
        )
        raise SettingsError(str(path), "", reason) from broken


def _settings(arguments: argparse.Namespace, folder: Path, hub: HubConfig | None) -> BrokerSettings:
    seen = (arguments.seen_as or str(folder)).rstrip("/")
    tls = (arguments.tls or f"{seen}/tls").rstrip("/")
    hub_port = hub.broker.port if hub is not None and hub.broker.kind == "external" else None
    return BrokerSettings(
        files=BrokerFiles(
            plugin=arguments.plugin or _plugin_here(in_container=arguments.seen_as is not None),
            dynamic_security=f"{seen}/{DYNAMIC_SECURITY}",
            data=arguments.data or f"{seen}/data",
            log=arguments.log or f"{seen}/log/mosquitto.log",
            certificate=f"{tls}/server.crt",
            key=f"{tls}/server.key",
        ),
        port=arguments.port or hub_port or TLS_PORT,
        hosts=tuple(arguments.host),
        plain_port=arguments.plain_port,
        user=arguments.user,
        log_denied=arguments.log_denied,
    )


def _plugin_here(*, in_container: bool) -> str:
    """Debian keeps it beside the machine's other libraries; the image in /usr/lib."""
    found = [] if in_container else sorted(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
    return str(found[0]) if found else IN_THE_IMAGE


def _write(path: Path, text: str, mode: int) -> None:
    """Whole or not at all, and never for a moment readable by others than it is meant for."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.chmod(mode)
    fresh.replace(path)


def _tell(
    arguments: argparse.Namespace,
    folder: Path,
    settings: BrokerSettings,
    names: dict[str, str],
    files: dict[str, Path],
    users: Text,
) -> None:
    written = [str(folder / "mosquitto.conf"), str(folder / DYNAMIC_SECURITY), *map(str, files.values())]
    section = {
        "kind": "external",
        "port": settings.port,
        "username": names[HUB],
        "password_file": str(files[HUB]),
        "ca_file": str(folder / "tls" / "ca.crt"),
        "admin_username": names[ADMIN],
        "admin_password_file": str(files[ADMIN]),
        "log_file": settings.files.log if arguments.seen_as is None else "…",
    }
    if arguments.json:
        print(json.dumps({"files": written, "users": users.en, "broker": section}, ensure_ascii=False))
        return
    print("\n".join(written))
    print(f"{DYNAMIC_SECURITY}: {users.both()}")
    if arguments.tls is None and not (folder / "tls" / "server.crt").exists():
        print(f"chứng chỉ / certificates: classhub tls init --dir {folder / 'tls'}")
    print("\n# hub.toml\n[broker]")
    print("\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in section.items()))
