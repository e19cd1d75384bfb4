"""A small HTTP proxy before a real influxd: passes requests on, or answers as a server in trouble does, on demand."""

import gzip
import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

from tests.patience import PATIENCE_S

Answer = Callable[["Seen"], "Said | None"]
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "host"}


@dataclass(frozen=True)
class Seen:
    """A request as it came; `body` unpacked."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Said:
    """What the proxy answers itself. `status` 0: the connection is cut without a word.

    `pass_on` first lets the server do what was asked (its answer is lost on the way).
    """

    status: int
    body: bytes = b'{"code":"trouble","message":"the proxy says so"}'
    headers: dict[str, str] = field(default_factory=dict)
    pass_on: bool = False


class InfluxProxy:
    """`with InfluxProxy(influx.url) as proxy: proxy.url; proxy.trouble = lambda seen: Said(503)`."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self.target = (where.hostname or "127.0.0.1", where.port or 80)
        self.trouble: Answer = lambda _seen: None
        self.seen: list[Seen] = []
        self.delay_s = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def writes(self) -> list[Seen]:
        return [each for each in self.seen if each.path.startswith("/api/v2/write")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE_S)


def _handler(proxy: InfluxProxy) -> type["Handler"]:
    return type("BoundHandler", (Handler,), {"proxy": proxy})


class Handler(BaseHTTPRequestHandler):
    """One request at a time, on a connection that is kept."""

    proxy: InfluxProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer takes 40 ms

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        packed = self.headers.get("Content-Encoding") == "gzip"
        seen = Seen(self.command, self.path, gzip.decompress(sent) if packed else sent)
        self.proxy.seen.append(seen)
        time.sleep(self.proxy.delay_s)
        said = self.proxy.trouble(seen)
        if said is None or said.pass_on:
            answer = self._asked(sent)
            said = said or answer
        if said.status:
            self._answer(said)
        else:
            self.close_connection = True

    do_GET = do_PATCH = do_DELETE = do_POST  # noqa: N815  # names of the base class

    def log_message(self, *_: object) -> None:
        """Not on the tests' standard error."""

    def _asked(self, sent: bytes) -> Said:
        link = http.client.HTTPConnection(*self.proxy.target, timeout=PATIENCE_S)
        try:
            kept = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            link.request(self.command, self.path, sent, kept)
            answer = link.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
            return Said(answer.status, answer.read(), headers)
        finally:
            link.close()

    def _answer(self, said: Said) -> None:
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        has_body = said.status != http.client.NO_CONTENT
        if has_body:
            self.send_header("Content-Length", str(len(said.body)))
        self.end_headers()
        if has_body:
            self.wfile.write(said.body)
