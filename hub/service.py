"""The hub process: composes every part, runs until SIGTERM or SIGINT, and leaves in good order."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvicorn

from hub.composition import composed
from hub.config import HubConfig, WebSection
from hub.context import Hub
from hub.foundation import ServiceError
from hub.listening import PortTaken, check_free, listening
from hub.supervisor import UNWATCHED, Supervisor
from hub.tls.keeper import Certificates, WebCertificate
from hub.web.app import create_app
from wire.address import host_port
from wire.text import Text

_log = logging.getLogger(__name__)
WEB_STOP_S = 1


async def run(config: HubConfig, *, stop: asyncio.Event | None = None, supervisor: Supervisor = UNWATCHED) -> None:
    """Serve until SIGTERM, SIGINT or `stop`. Raises ServiceError or BrokerError where it cannot start."""
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    web = _web_certificate(config.web)
    try:
        for name, host, port in _ports(config):
            await check_free(name, host, port)
        with listening(config.web.host, config.web.port) as listeners:
            await _serve(config, listeners, web, supervisor, stop)
    except PortTaken as taken:
        raise ServiceError(taken.text) from taken


async def _serve(
    config: HubConfig,
    listeners: list[socket.socket],
    web: WebCertificate | None,
    supervisor: Supervisor,
    stop: asyncio.Event,
) -> None:
    loop = asyncio.get_running_loop()
    async with composed(config) as (hub, tasks):
        certificates = Certificates(config, web, hub.now_ms)
        hub.figure_sources.append(certificates.figures)
        hub.problem_sources.append(certificates.notices)
        server = _server(hub, web, lambda: supervisor.notify("READY=1"))
        serving = loop.create_task(server.serve(listeners))
        watching = [
            loop.create_task(certificates.run()),
            loop.create_task(
                supervisor.watch(lambda: hub.distributions()["live_beat_seconds"].count, partial(_status, hub))
            ),
        ]
        _log.info("classhub: %s", _address(config.web))
        gc.collect()
        gc.freeze()  # what the start made stays: the collector need not look at it again
        gc.set_threshold(20_000, 20, 20)
        try:
            await _until_stopped(stop, [serving, *watching, *tasks])
        finally:
            supervisor.notify("STOPPING=1")
            gc.unfreeze()
            server.should_exit = True
            hub.fanout.close()
            for task in watching:
                task.cancel()
            await asyncio.wait((serving, *watching), timeout=WEB_STOP_S + 0.5)


def _status(hub: Hub) -> str:
    """One line for `systemctl status`."""
    return f"{_address(hub.config.web)}, {len(hub.problems())} problems, {hub.fanout.viewers} viewers"


async def _until_stopped(stop: asyncio.Event, tasks: list["asyncio.Task[None]"]) -> None:
    """Until asked to stop, or until a task that runs for ever ended: then its exception is raised."""
    asked = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait([asked, *tasks], return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    for task in done - {asked}:
        if not stop.is_set():
            task.result()
            raise ServiceError(Text("một phần của trung tâm đã dừng", "a part of the hub ended by itself"))


class _Server(uvicorn.Server):
    """Uvicorn inside our loop: signals are ours, and somebody is told when it serves."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


def _server(hub: Hub, web: WebCertificate | None, on_started: Callable[[], None]) -> _Server:
    config = uvicorn.Config(
        create_app(hub),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=WEB_STOP_S,
        server_header=False,
        proxy_headers=False,
    )
    if web is not None:
        config.load()
        config.ssl = web.context  # ours, so that a renewed certificate can be loaded into it
    return _Server(config, on_started)


def _ports(config: HubConfig) -> list[tuple[str, str, int]]:
    ports = [("web.port", config.web.host, config.web.port)]
    if config.broker.kind == "embedded":
        ports.append(("broker.port", config.broker.host, config.broker.port))
    return ports


def _web_certificate(web: WebSection) -> WebCertificate | None:
    if web.cert_file is None or web.key_file is None:
        return None
    try:
        return WebCertificate(Path(web.cert_file), Path(web.key_file))
    except OSError as broken:
        said = getattr(broken, "reason", None) or broken.strerror or str(broken)
        raise ServiceError(
            Text(
                f"web.cert_file {web.cert_file} với web.key_file không dùng được ({said}): hãy chạy classhub tls "
                "renew, hoặc sửa quyền đọc",
                f"web.cert_file {web.cert_file} with web.key_file cannot be used ({said}): run classhub tls renew, or "
                "mend who may read them",
            )
        ) from broken


def _address(web: WebSection) -> str:
    return f"{'https' if web.cert_file else 'http'}://{host_port(web.host, web.port)}"
