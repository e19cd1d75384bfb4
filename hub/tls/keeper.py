"""Certificate files of a running hub: the pages' own, taken up anew when it changes, and the authorities it trusts."""

import asyncio
import logging
import math
import ssl
from collections.abc import Callable
from pathlib import Path

from hub.config import HubConfig
from hub.notice import Notice
from hub.tls.authority import ends_ms
from hub.tls.watch import Watched, certificate_notices, days_left, unreadable_notice

_log = logging.getLogger(__name__)
LOOK_S = 20.0
Stamp = tuple[int, int, int]


class WebCertificate:
    """The pages' TLS: `context` serves new connections with whatever was loaded last."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises OSError where the files cannot be used (ssl.SSLError is one)."""
        self.certificate, self._key = certificate, key
        self.context = server_context(certificate, key)
        self._stamps = self._look()

    def take_up(self) -> bool:
        """Load the files where they have changed; True where a new pair is in use. On OSError the old one stays."""
        stamps = self._look()
        if stamps == self._stamps:
            return False
        server_context(self.certificate, self._key)  # whole and of one pair, before the one in use is touched
        self.context.load_cert_chain(self.certificate, self._key)
        self._stamps = stamps
        return True

    def _look(self) -> tuple[Stamp, Stamp]:
        return _stamp(self.certificate), _stamp(self._key)


class Certificates:
    """`run` until cancelled; `notices` says what ends soon or cannot be read. Files are read in a thread."""

    def __init__(self, config: HubConfig, web: WebCertificate | None, now_ms: Callable[[], int]) -> None:
        self._web, self._now_ms = web, now_ms
        named = (config.broker.ca_file, config.state.ca_file, config.influxdb.ca_file)
        self._authorities = [Path(file) for file in dict.fromkeys(named) if file is not None]
        self._watched: list[Watched] = []
        self._broken: list[Notice] = []

    def notices(self) -> list[Notice]:
        return [*self._broken, *certificate_notices(self._watched, self._now_ms())]

    def figures(self) -> dict[str, float]:
        """For /metrics: of each role the one that ends first."""
        found: dict[str, float] = {}
        for each in self._watched:
            key = f"certificate_days_left{{certificate={each.role}}}"
            found[key] = min(days_left(each.ends_ms, self._now_ms()), found.get(key, math.inf))
        return found

    async def run(self) -> None:
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Blocks: a few small files."""
        watched: list[Watched] = []
        broken: list[Notice] = []
        if self._web is not None:
            path = self._web.certificate
            try:
                if self._web.take_up():
                    _log.info("the certificate %s changed and is in use now", path)
                watched.append(Watched("web", str(path), ends_ms(path.read_bytes())[0]))
            except (OSError, ValueError) as failed:
                broken.append(unreadable_notice("web", str(path), str(failed)))
        for path in self._authorities:
            try:  # the last to end: a file may hold the old authority beside the new
                watched.append(Watched("ca", str(path), ends_ms(path.read_bytes())[-1]))
            except (OSError, ValueError) as failed:
                broken.append(unreadable_notice("ca", str(path), str(failed)))
        for notice in broken:
            if notice not in self._broken:
                _log.warning("%s", notice.text.both())
        self._watched, self._broken = watched, broken


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and newer, HTTP/1.1. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


def _stamp(path: Path) -> Stamp:
    seen = path.stat()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns
