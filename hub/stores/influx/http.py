"""InfluxDB over HTTP: write, query, delete; every answer is success, `Refused`, or StoreDown with what to do.

The only module that imports influxdb_client, and only at the first call: it costs a third of a second. Nothing is
retried here: who calls knows what it still holds, and asks again. Safe to use from several threads.
"""

import csv
import io
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from hub.config import InfluxSection
from hub.stores.series import StoreDown
from wire.text import Text

Cell = str | float | int | None
Row = dict[str, Cell]
Precision = Literal["ms", "ns"]

CONNECT_S = 5.0
WRITE_S = QUERY_S = 20.0  # a hub that is told to stop waits for one answer, and has half a minute in all
LONGEST_WAIT_S = 300.0
TOO_LARGE, NOT_FOUND = 413, 404
NOT_ALLOWED, REFUSED, WAIT = frozenset({401, 403}), frozenset({400, TOO_LARGE, 422}), frozenset({429, 503})
UNAUTHORISED = "store.unauthorised"
BUCKET_MISSING = "store.bucket_missing"
GZIP = 31  # zlib's word for a gzip header
MOST_WORDS = 300  # letters of what InfluxDB says
FASTEST = 1  # level 9 costs five times level 1 for a tenth less


class Refused(Exception):
    """InfluxDB will not take this request, however often it is sent: 400, 413 or 422."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message
        super().__init__(f"{status}: {message}")


ANSWERS = ("2xx", "4xx", "5xx", "none")  # by class of their status; none: no answer came, or none of these


class InfluxHttp:
    """One server as one token sees it."""

    def __init__(self, section: InfluxSection, token: str) -> None:
        self._section, self._token = section, token
        self._from_file = token_file_holds(section, token)
        self._lock = threading.Lock()
        self._client: Any = None  # influxdb_client says nothing of its types
        self._not_before_s = 0.0
        self._told_to_wait: Text | None = None
        self._given_up = False
        self.requests = 0
        self._answers = dict.fromkeys(ANSWERS, 0)

    def write(self, bucket: str, lines: bytes, precision: Precision = "ms") -> None:
        """Line protocol into a bucket; returns once it is stored. Raises Refused or StoreDown."""
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        body = lines
        if self._section.gzip:
            body = zlib.compress(lines, FASTEST, GZIP)
            headers["Content-Encoding"] = "gzip"
        query = {"org": self._section.org, "bucket": bucket, "precision": precision}
        self._call("POST", "/api/v2/write", query, headers, body, WRITE_S)

    def query(self, flux: str, timeout_s: float = QUERY_S) -> Iterator[Row]:
        """Rows of all results, as they come: column -> value; times are nanoseconds, what is empty None.

        `result` is the name of the yield. Raises Refused (a mistake in the query) or StoreDown.
        """
        body = {"query": flux, "type": "flux", "dialect": {"annotations": ["datatype"], "header": True}}
        headers = {"Content-Type": "application/json", "Accept": "application/csv", "Accept-Encoding": "identity"}
        answer = self._call(
            "POST", "/api/v2/query", {"org": self._section.org}, headers, body, timeout_s, streamed=True
        )
        answer.auto_close = False  # urllib3 closes at the last byte, under the reader that asks whether there is more
        try:
            with self._translated():
                yield from _rows(csv.reader(io.TextIOWrapper(answer, "utf-8", newline="")))
        finally:
            answer.close()

    def delete(self, bucket: str, start_ms: int, stop_ms: int, predicate: str) -> None:
        """Delete [start_ms, stop_ms) of what the predicate names ('_measurement="reading" AND school="s"')."""
        body = {"start": rfc3339(start_ms), "stop": rfc3339(stop_ms - 1), "predicate": predicate}
        self.call("POST", "/api/v2/delete", {"org": self._section.org, "bucket": bucket}, body)

    def call(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | None = None,
        body: object = None,
        timeout_s: float = QUERY_S,
    ) -> Any:
        """Another endpoint, JSON both ways (None where it answers nothing)."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = self._call(method, path, query or {}, headers, body, timeout_s, streamed=True)
        try:
            with self._translated():
                said = bytes(answer.data)
        finally:
            answer.close()
        return msgspec.json.decode(said) if said.strip() else None

    def text(self, path: str) -> str:
        """What a plain page says (/metrics)."""
        answer = self._call("GET", path, {}, {"Accept": "text/plain"}, None, CONNECT_S, streamed=True)
        try:
            with self._translated():
                return bytes(answer.data).decode("utf-8", "replace")
        finally:
            answer.close()

    def give_up(self) -> None:
        """From any thread: nothing is asked any more; what is being asked gets its time."""
        self._given_up = True

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    # ---- inside ----

    def _call(
        self,
        method: str,
        path: str,
        query: dict[str, Any],
        headers: dict[str, str],
        body: object,
        timeout_s: float,
        *,
        streamed: bool = False,
    ) -> Any:
        if self._given_up:
            raise StoreDown(Text("kho số liệu đang đóng", "the store is being closed"))
        self._check_wait()
        client = self._opened()
        self.requests += 1
        with self._translated():
            answer = client.api_client.call_api(
                path,
                method,
                query_params=list(query.items()),
                header_params=headers,
                body=body,
                _return_http_data_only=True,
                _preload_content=not streamed,
                _request_timeout=(CONNECT_S * 1000, timeout_s * 1000),
            )
        self._answers["2xx"] += 1
        return answer

    def figures(self) -> dict[str, float]:
        """For /metrics: what InfluxDB answered, by class of status; "none" where no answer came."""
        return {f"store_answers_total{{class={status}}}": float(count) for status, count in self._answers.items()}

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                from influxdb_client.client import influxdb_client

                section, opened = self._section, cast("Any", influxdb_client).InfluxDBClient
                self._client = opened(
                    url=section.url.rstrip("/"), token=self._token, org=section.org, ssl_ca_cert=section.ca_file
                )
            return self._client

    def _take_new_token(self) -> None:
        """`classhub store setup` may have written another one meanwhile; it counts from the next call on."""
        try:
            found = Path(self._section.token_file or "").read_text(encoding="utf-8").strip()
        except OSError:
            return
        with self._lock:
            if self._from_file and found and found != self._token:
                self._token, old, self._client = found, self._client, None
                if old is not None:
                    old.close()

    def _check_wait(self) -> None:
        """The server said how long to stay away: until then it is not asked."""
        if self._told_to_wait is not None:
            if time.monotonic() < self._not_before_s:
                raise StoreDown(self._told_to_wait)
            self._told_to_wait = None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The client's errors as ours."""
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        try:
            yield
        except ApiException as answer:
            status_class = f"{int(answer.status or 0) // 100}xx"
            self._answers[status_class if status_class in ANSWERS else "none"] += 1
            if not answer.status:  # no answer at all: TLS
                raise self._unreachable(answer.reason) from answer
            raise self._meaning(int(answer.status), _message(answer.body), answer.headers or {}) from answer
        except (HTTPError, OSError) as broken:
            self._answers["none"] += 1
            raise self._unreachable(broken) from broken

    def _unreachable(self, why: object) -> StoreDown:
        url = self._section.url
        why = str(why).rsplit(": ", 1)[-1]  # the library's objects and addresses stand before the cause
        return StoreDown(
            Text(
                f"không tới được InfluxDB tại {url} ({why}): dịch vụ có chạy không, influxdb.url có đúng không?",
                f"InfluxDB at {url} cannot be reached ({why}): is it running, is influxdb.url right?",
            )
        )

    def _meaning(self, status: int, message: str, headers: Any) -> Refused | StoreDown:
        if status in REFUSED:
            return Refused(status, message)
        if status in NOT_ALLOWED or status == NOT_FOUND:
            self._take_new_token()
        if status in NOT_ALLOWED:
            return StoreDown(_unauthorised(self._section.url, message), UNAUTHORISED)
        if status == NOT_FOUND:
            return StoreDown(_missing(self._section.url, message), BUCKET_MISSING)
        said = Text(
            f"InfluxDB tại {self._section.url} trả lời {status}: {message}",
            f"InfluxDB at {self._section.url} answers {status}: {message}",
        )
        wait_s = retry_after_s(headers.get("Retry-After"), time.time())
        if wait_s > 0 and status in WAIT:
            self._not_before_s, self._told_to_wait = time.monotonic() + wait_s, said
        return StoreDown(said)


def token_file_holds(section: InfluxSection, token: str) -> bool:
    """Whether this token is the one of `influxdb.token_file`."""
    try:
        return bool(token) and Path(section.token_file or "").read_text(encoding="utf-8").strip() == token
    except OSError:
        return False


def retry_after_s(said: str | None, now_s: float) -> float:
    """Seconds of a Retry-After header, in seconds or as a date; 0 where there is none to obey."""
    if not said:
        return 0.0
    try:
        wait_s = float(said)
    except ValueError:
        try:
            wait_s = parsedate_to_datetime(said).timestamp() - now_s
        except ValueError:
            return 0.0
    return min(max(wait_s, 0.0), LONGEST_WAIT_S) if wait_s == wait_s else 0.0  # noqa: PLR0124  # NaN


def rfc3339(t_ms: int) -> str:
    """As InfluxDB takes times everywhere, to the millisecond."""
    seconds, ms = divmod(t_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def _unauthorised(url: str, message: str) -> Text:
    return Text(
        f"InfluxDB tại {url} không nhận mã truy cập ({message}): cấp mã mới bằng "
        "classhub store setup --rotate --config hub.toml",
        f"InfluxDB at {url} refuses the token ({message}): make new ones with "
        "classhub store setup --rotate --config hub.toml",
    )


def _missing(url: str, message: str) -> Text:
    return Text(
        f"InfluxDB tại {url} thiếu vùng chứa ({message}): tạo lại bằng classhub store setup --config hub.toml",
        f"InfluxDB at {url} lacks a bucket ({message}): make it again with classhub store setup --config hub.toml",
    )


def _message(body: object) -> str:
    """What InfluxDB says went wrong, short enough for people."""
    said = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    try:
        found = msgspec.json.decode(said.encode())
    except msgspec.DecodeError:
        return _short(said)
    return _short(str(found.get("message") or found.get("error") or said)) if isinstance(found, dict) else _short(said)


def _short(said: str) -> str:
    """Its beginning and its end: the cause ("no space left on device") stands last."""
    half = MOST_WORDS // 2
    return said if len(said) <= MOST_WORDS else f"{said[:half]} … {said[-half:]}"


# ---- annotated CSV ----

Column = tuple[str, int, Callable[[str], Cell] | None]


def _rows(lines: Iterator[list[str]]) -> Iterator[Row]:
    """Tables one after the other: a line of types, a line of names, then values."""
    types: list[str] = []
    columns: list[Column] = []
    named = failing = False
    for line in lines:
        if not line:
            continue
        if line[0] == "#datatype":
            types, named = line, False
        elif not named:
            _check_error(line)
            columns = [
                (name, place, _CONVERT.get(types[place] if place < len(types) else "string"))
                for place, name in enumerate(line)
                if name not in {"", "table"}
            ]
            named = True
            failing = "error" in line and "reference" in line
        elif failing:
            raise _failed(line[1] if len(line) > 1 else "")
        else:
            yield {
                name: (convert(line[place]) if convert is not None else line[place]) if line[place] else None
                for name, place, convert in columns
            }


def _check_error(header: list[str]) -> None:
    """An error table without annotations has its text in the header's place."""
    if header[:1] == ["error"]:
        raise _failed(", ".join(header[1:]))


def _failed(message: str) -> StoreDown:
    return StoreDown(Text(f"InfluxDB dừng giữa truy vấn: {message}", f"InfluxDB gave up in a query: {message}"))


@lru_cache(4096)
def _second(text: str) -> int:
    return int(datetime.fromisoformat(text + "+00:00").timestamp())


def nanoseconds(text: str) -> int:
    """An RFC 3339 time in UTC as InfluxDB writes it, to the nanosecond."""
    whole = _second(text[:19]) * 1_000_000_000
    fraction = text[20:-1]
    return whole + int(fraction.ljust(9, "0")) if fraction else whole


_CONVERT: dict[str, Callable[[str], Cell]] = {
    "double": float,
    "long": int,
    "unsignedLong": int,
    "dateTime:RFC3339": nanoseconds,
    "dateTime:RFC3339Nano": nanoseconds,
}
