"""HTTP as a pull needs it: bounded in bytes and time, certificates verified, asked again with patience, redirects only
within one host.

Errors: Trouble, in words, never with a query or a secret.
"""

import io
import random
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import msgspec
import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)
from urllib3.exceptions import (
    TimeoutError as TimedOut,
)

from hub.school.importers.rest.deadline import Deadline, pool_manager
from hub.school.importers.rest.limits import Limits
from hub.school.importers.rest.sink import Sink
from hub.school.importers.rest.tls_words import why_no_tls
from hub.school.importers.rest.trouble import TooLarge, Trouble, place
from hub.school.importers.rest.waiting import http_date, retry_after_s, wait_s
from wire.address import is_loopback
from wire.release import RELEASE
from wire.text import Text

AGAIN = frozenset({408, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16
_PACKED = frozenset({"gzip", "x-gzip"})
Pause = Callable[[float], bool]


class Answer(msgspec.Struct, frozen=True):
    """What a server said; header names in small letters."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def sleep(seconds: float) -> bool:
    """The pause of a command line: nobody asks it to stop."""
    time.sleep(seconds)
    return False


class Web:
    """One pull's connections. `pause` waits and says whether to give up (the hub stops). Blocks: not in the loop."""

    def __init__(
        self,
        *,
        ca_file: str | None = None,
        allow_plain: bool = False,
        limits: Limits | None = None,
        pause: Pause = sleep,
    ) -> None:
        self.limits = limits or Limits()
        self._allow_plain, self._pause = allow_plain, pause
        self._until_s = time.monotonic() + self.limits.total_s
        try:
            trust = ssl.create_default_context(cafile=ca_file)
        except (OSError, ssl.SSLError) as broken:
            raise Trouble(_ca_text(ca_file, broken), lasting=True, everywhere=True) from broken
        self._pool = pool_manager(
            ssl_context=trust,
            retries=False,
            timeout=urllib3.Timeout(connect=self.limits.connect_s, read=self.limits.read_s),
            headers={"User-Agent": f"ClassHub/{RELEASE}", "Accept-Encoding": "gzip"},
        )

    def close(self) -> None:
        self._pool.clear()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Any answer that asking again would not change. Raises Trouble."""
        return self._held("GET", url, dict(headers or {}), None)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return self._held("POST", url, dict(headers), body)

    def fetch(self, url: str, headers: Mapping[str, str], into: BinaryIO) -> Answer:
        """The same, its body written to a file as it comes and not held. Raises Trouble."""
        return self._patiently("GET", url, dict(headers), None, Sink(into, self.limits.file_bytes))

    def _held(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        content = io.BytesIO()
        answer = self._patiently(method, url, headers, body, Sink(content, self.limits.answer_bytes))
        return msgspec.structs.replace(answer, body=content.getvalue())

    def _patiently(self, method: str, url: str, headers: dict[str, str], body: bytes | None, into: Sink) -> Answer:
        attempt = 0
        while True:
            asked_s: float | None = None
            try:
                answer = self._following(method, url, headers, body, into)
                if answer.status not in AGAIN:
                    return answer
                asked_s = retry_after_s(answer.headers.get("retry-after", ""), _server_now(answer))
                trouble = Trouble(_status_text(answer), status=answer.status)
            except Trouble as met:
                if met.lasting:
                    raise
                trouble = met
            attempt += 1
            if attempt >= self.limits.attempts:
                raise trouble
            self._wait(wait_s(attempt - 1, asked_s, random.random(), self.limits), trouble)  # noqa: S311

    def _wait(self, seconds: float, trouble: Trouble) -> None:
        if time.monotonic() + seconds > self._until_s:
            raise trouble
        if self._pause(seconds):
            raise Trouble(Text("trung tâm đang dừng", "the hub is stopping"), lasting=True, everywhere=True)

    def _following(self, method: str, url: str, headers: dict[str, str], body: bytes | None, into: Sink) -> Answer:
        for _ in range(self.limits.redirects + 1):
            self._check_scheme(url)
            answer = self._once(method, url, headers, body, into)
            target = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or not target or method != "GET":
                return answer
            there = urljoin(url, target)
            if _site(there) != _site(url):
                text = Text(
                    f"{place(url)} chuyển hướng sang máy khác ({place(there)}): không đi theo",
                    f"{place(url)} redirects to another host ({place(there)}): not followed",
                )
                raise Trouble(text, status=answer.status, lasting=True, everywhere=True)
            url = there
        text = Text(f"{place(url)} chuyển hướng quá nhiều lần", f"{place(url)} redirects too often")
        raise Trouble(text, lasting=True)

    def _check_scheme(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        plain_is_fine = self._allow_plain or is_loopback(host)
        if not host or parts.scheme not in {"http", "https"}:
            text = Text(f"{place(url)} không phải địa chỉ http(s)", f"{place(url)} is no http(s) address")
        elif parts.scheme == "http" and not plain_is_fine:
            text = Text(
                f"{place(url)} không mã hóa: hãy dùng https, hoặc cho phép rõ ràng (allow_http)",
                f"{place(url)} is not encrypted: use https, or allow it expressly (allow_http)",
            )
        else:
            return
        raise Trouble(text, lasting=True, everywhere=True)

    def _once(self, method: str, url: str, headers: dict[str, str], body: bytes | None, into: Sink) -> Answer:
        if time.monotonic() > self._until_s:
            raise _too_long(url, self.limits)
        try:
            merged = {**self._pool.headers, **headers}
            with Deadline(self._until_s):
                response = self._pool.request(
                    method, url, headers=merged, body=body, preload_content=False, redirect=False, decode_content=False
                )
                try:
                    known = {name.lower(): value for name, value in response.headers.items()}
                    self._take(response, known.get("content-encoding", "").lower(), url, into)
                except BaseException:
                    response.close()
                    raise
                response.release_conn()
            if time.monotonic() > self._until_s:
                raise _too_long(url, self.limits)  # what was cut may look like the end of it
            return Answer(url, response.status, known)
        except HTTPError as broken:
            if time.monotonic() > self._until_s:
                raise _too_long(url, self.limits) from None
            raise _network_trouble(url, broken) from None  # what urllib3 says may hold the query
        except OSError as broken:
            text = Text(f"{place(url)}: {broken.strerror}", f"{place(url)}: {broken.strerror}")
            raise Trouble(text, everywhere=True) from None

    def _take(self, response: urllib3.BaseHTTPResponse, encoding: str, url: str, into: Sink) -> None:
        """What really comes out is counted: sizes a server declares may lie, and little gzip can be much text."""
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding in _PACKED else None
        into.begin()
        while chunk := response.read1(_CHUNK):
            if time.monotonic() > self._until_s:
                raise _too_long(url, self.limits)
            if unpack is None:
                into.add(chunk)
            else:
                unpack = _unpacked(unpack, chunk, into, url)
            if into.left < 0:
                raise _too_large(url, into.most)
        if unpack is not None and not unpack.eof and into.left < into.most:
            raise _broken(url)


def _unpacked(unpack: "zlib._Decompress", packed: bytes, into: Sink, url: str) -> "zlib._Decompress":
    """A body may be several members one after the other (RFC 1952); zeros behind the last fill a block. What goes on
    unpacking.
    """
    while packed := packed.lstrip(b"\0") if unpack.eof else packed:
        if unpack.eof:
            unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            into.add(unpack.decompress(packed, into.left + 1))
        except zlib.error as broken:
            raise _broken(url) from broken
        if into.left < 0 or unpack.unconsumed_tail:
            raise _too_large(url, into.most)
        packed = unpack.unused_data
    return unpack


def _server_now(answer: Answer) -> datetime:
    return http_date(answer.headers.get("date", "")) or datetime.now(UTC)


def _site(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None
    return parts.scheme, (parts.hostname or "").lower(), port


def _network_trouble(url: str, broken: HTTPError) -> Trouble:
    where = place(url)
    if isinstance(broken, SSLError):
        why = why_no_tls(broken.args[0] if broken.args else None)
        return Trouble(Text(f"{where}: {why.vi}", f"{where}: {why.en}"), lasting=True, everywhere=True)
    if isinstance(broken, LocationParseError | LocationValueError):
        return Trouble(Text(f"{where}: địa chỉ sai", f"{where}: a wrong address"), lasting=True, everywhere=True)
    if isinstance(broken, NameResolutionError):
        return Trouble(Text(f"{where}: không tìm thấy tên máy", f"{where}: host name not found"), everywhere=True)
    if isinstance(broken, NewConnectionError | ConnectTimeoutError):
        return Trouble(Text(f"{where}: không kết nối được", f"{where}: cannot be reached"), everywhere=True)
    if isinstance(broken, TimedOut):
        return Trouble(Text(f"{where}: không trả lời kịp", f"{where}: gave no answer in time"))
    return _broken(url)


def _broken(url: str) -> Trouble:
    where = place(url)
    return Trouble(Text(f"{where}: câu trả lời bị đứt giữa chừng", f"{where}: the answer was cut short"))


def _too_large(url: str, most: int) -> Trouble:
    mega, where = most / (1024 * 1024), place(url)
    text = Text(f"{where}: câu trả lời quá lớn (trên {mega:.0f} MB)", f"{where}: an answer above {mega:.0f} MB")
    return TooLarge(text, lasting=True)


def _too_long(url: str, limits: Limits) -> Trouble:
    minutes, where = limits.total_s / 60, place(url)
    text = Text(f"{where}: lâu hơn {minutes:.0f} phút, dừng", f"{where}: took more than {minutes:.0f} minutes, ended")
    return Trouble(text, lasting=True, everywhere=True)


def _status_text(answer: Answer) -> Text:
    where = place(answer.url)
    return Text(f"{where} trả lời {answer.status}", f"{where} answered {answer.status}")


def _ca_text(ca_file: str | None, broken: Exception) -> Text:
    said = getattr(broken, "strerror", None) or "PEM"
    return Text(f"không dùng được ca_file {ca_file} ({said})", f"cannot use ca_file {ca_file} ({said})")
