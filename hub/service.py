"""The hub process: composes every part, runs until SIGTERM or SIGINT, and leaves in good order."""

import asyncio
import gc
import logging
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from hub.composition import ServiceError, composed
from hub.config import HubConfig
from hub.context import Hub
from hub.web.app import create_app
from wire.text import Text

_log = logging.getLogger(__name__)
WEB_STOP_S = 1
PORT_WAIT_S = 2.0


async def run(config: HubConfig, *, stop: asyncio.Event | None = None) -> None:
    """Serve until SIGTERM, SIGINT or `stop`. Raises ServiceError or BrokerError where it cannot start."""
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    for name, host, port in _ports(config):
        await _check_free(name, host, port)
    with _listening(config.web.host, config.web.port) as listener:
        async with composed(config) as (hub, tasks):
            server = _server(hub)
            serving = loop.create_task(server.serve([listener]))
            _log.info("classhub: http://%s:%s", config.web.host, config.web.port)
            gc.collect()
            gc.freeze()  # what the start made stays: the collector need not look at it again
            gc.set_threshold(20_000, 20, 20)
            try:
                await _until_stopped(stop, [serving, *tasks])
            finally:
                gc.unfreeze()
                server.should_exit = True
                hub.fanout.close()
                await asyncio.wait((serving,), timeout=WEB_STOP_S + 0.5)


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
    """Uvicorn inside our loop: signals are ours."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(hub: Hub) -> _Server:
    return _Server(
        uvicorn.Config(
            create_app(hub),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=WEB_STOP_S,
            server_header=False,
            proxy_headers=False,
        )
    )


def _ports(config: HubConfig) -> list[tuple[str, str, int]]:
    ports = [("web.port", config.web.host, config.web.port)]
    if config.broker.kind == "embedded":
        ports.append(("broker.port", config.broker.host, config.broker.port))
    return ports


async def _check_free(key: str, host: str, port: int) -> None:
    """Raises ServiceError where somebody listens there. What a killed hub left behind has a moment to go."""
    until = time.monotonic() + PORT_WAIT_S
    while True:
        try:
            with _listening(host, port, key):
                return
        except ServiceError:
            if time.monotonic() >= until:
                raise
        await asyncio.sleep(0.1)


@contextmanager
def _listening(host: str, port: int, key: str = "web.port") -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(256)
        except OSError as taken:
            raise ServiceError(
                Text(
                    f"không mở được {host}:{port} ({taken.strerror}); hãy đổi {key} trong hub.toml "
                    "hoặc tắt chương trình đang dùng cổng đó",
                    f"cannot listen on {host}:{port} ({taken.strerror}); change {key} in hub.toml or stop what uses it",
                )
            ) from taken
        yield listener
    finally:
        listener.close()
