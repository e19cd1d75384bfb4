"""A OneRoster server on loopback: paths, parameters and envelopes of the OpenAPI file of Ed-Fi's 1.2 server, OAuth 2,
paging, filter by dateLastModified, and whatever trouble a test scripts.

Source: Ed-Fi-Alliance-OSS/edfi-oneroster config/swagger.yml; 1EdTech OneRoster 1.1 and 1.2 REST bindings; RFC 6749.
Written from these, not from the client.
"""

import base64
import json
import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.patience import PATIENCE_S
from tests.sim.certificates import Certificates

Row = dict[str, Any]
BASES = {"1.2": "/ims/oneroster/rostering/v1p2", "1.1": "/ims/oneroster/v1p1"}
FILTER = re.compile(r"dateLastModified>'([^']+)'")
SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"


@dataclass
class Fault:
    """What becomes of the next `times` answers of `collection` ("" any, "token" the token's) at `offset` (None any)."""

    collection: str = ""
    offset: int | None = None
    times: int = 1
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False
    slow_s: float = 0.0
    drop: bool = False


class OneRosterServer:
    """`with OneRosterServer(rows) as server:`; `rows` by collection may be changed at any time under `lock`."""

    client_id, secret = "hub-1", "một bí mật dài"

    def __init__(
        self, rows: dict[str, list[Row]], *, version: str = "1.2", certificates: Certificates | None = None
    ) -> None:
        self.rows, self.version = rows, version
        self.base, self.catch_all = BASES[version], b""  # what any other address says, as web sites do
        self.lock = threading.RLock()
        self.totals, self.links, self.filters, self.sorts = True, True, True, True
        self.most, self.ignores_limit, self.ignores_offset = 1_000, False, False
        self.lie: dict[str, int] = {}
        self.token_lives_s, self.token_uses, self.needs_token, self.basic = 3_600.0, 10**9, True, True
        self.knows_scope = True
        self.faults: list[Fault] = []
        self.before: Callable[[str, int], None] = lambda _collection, _offset: None
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.tokens: dict[str, list[float]] = {}  # until when, uses left
        self.clock_s = time.time
        self._http = _Http(self)
        self._scheme = "http" if certificates is None else "https"
        if certificates is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificates.server_crt, certificates.server_key)
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.over = threading.Event()  # nobody waits any more for a slow answer
        self._thread = threading.Thread(target=lambda: self._http.serve_forever(0.02), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}"

    @property
    def token_url(self) -> str:
        return f"{self.url}/oauth/token"

    def collections_asked(self) -> list[str]:
        return [path.rpartition("/")[2] for path, _ in self.asked if "/oneroster/" in path]

    def fault(self, collection: str, offset: int) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                fits = fault.collection in {"", collection} and fault.offset in {None, offset}
                if fits and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def grant(self, form: dict[str, str], basic: str) -> tuple[int, Row]:
        """RFC 6749 4.4: who asks may say so in the header or, where allowed, in the form."""
        given = basic if self.basic else f"{form.get('client_id', '')}:{form.get('client_secret', '')}"
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        if given != f"{self.client_id}:{self.secret}":
            return 401, {"error": "invalid_client"}
        if form.get("scope") and (not self.knows_scope or form["scope"] != SCOPE):
            return 400, {"error": "invalid_scope"}
        with self.lock:
            token = f"token-{len(self.tokens) + 1}"
            self.tokens[token] = [time.monotonic() + self.token_lives_s, float(self.token_uses)]
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": int(self.token_lives_s)}

    def lets_in(self, header: str) -> bool:
        if not self.needs_token:
            return True
        with self.lock:
            token = self.tokens.get(header.removeprefix("Bearer "))
            if token is None or token[0] < time.monotonic() or token[1] <= 0:
                return False
            token[1] -= 1
        return True

    def page(self, collection: str, query: dict[str, str]) -> tuple[int, dict[str, str], Row]:
        with self.lock:
            rows = list(self.rows[collection])
        wanted = FILTER.fullmatch(query.get("filter", ""))
        if query.get("filter") and not self.filters:
            return 400, {}, _status("invaliddata")
        if wanted:
            rows = [row for row in rows if str(row.get("dateLastModified", "")) > wanted[1]]
        if query.get("sort"):
            if not self.sorts:
                return 400, {}, _status("invalid_sort_field")
            rows.sort(key=lambda row: str(row.get(query["sort"], "")))
        offset = 0 if self.ignores_offset else int(query.get("offset", "0"))
        limit = len(rows) if self.ignores_limit else min(int(query.get("limit", "100")), self.most)
        headers: dict[str, str] = {}
        if self.totals:
            headers["X-Total-Count"] = str(len(rows) + self.lie.get(collection, 0))
        if self.links:
            headers["Link"] = f'<{self.url}{self.base}/{collection}?offset=0&limit={limit}>; rel="first"'
            if offset + limit < len(rows):
                there = f"{self.url}{self.base}/{collection}?limit={limit}&offset={offset + limit}"
                headers["Link"] += f', <{there}>; rel="next"'
        return 200, headers, {collection: rows[offset : offset + limit]}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(PATIENCE_S)


def _status(minor: str) -> Row:
    """How OneRoster says that something went wrong."""
    return {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": "Nguyễn Văn Bí Mật",
        "imsx_CodeMinor": {"imsx_codeMinorField": [{"imsx_codeMinorFieldValue": minor}]},
    }


class _Http(ThreadingHTTPServer):
    """Knows the school it serves."""

    daemon_threads = True

    def __init__(self, roster: OneRosterServer) -> None:
        self.roster = roster
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, or spoke TLS: nobody reads it."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: _Http
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet: two would wait for each other 40 ms

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def do_POST(self) -> None:
        roster = self.server.roster
        length = int(self.headers.get("Content-Length", "0"))
        form = {key: values[0] for key, values in parse_qs(self.rfile.read(length).decode()).items()}
        roster.asked.append((self.path, {"scope": form.get("scope", "")}))
        fault = roster.fault("token", 0)
        if fault is not None and fault.status != 200:
            self._say(fault.status, fault.headers, fault.body or b"", fault)
            return
        basic = self.headers.get("Authorization", "").removeprefix("Basic ")
        pair = unquote(base64.b64decode(basic).decode()) if basic else ""
        status, body = roster.grant(form, pair)
        self._say(status, {}, json.dumps(body).encode(), fault)

    def do_GET(self) -> None:
        roster = self.server.roster
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        roster.asked.append((parts.path, query))
        base, _, collection = parts.path.rpartition("/")
        offset = int(query.get("offset", "0"))
        roster.before(collection, offset)
        fault = roster.fault(collection, offset)
        if fault is not None and (fault.status != 200 or fault.body is not None):
            self._say(fault.status, fault.headers, fault.body or b"", fault)
        elif base != roster.base and roster.catch_all:
            self._say(200, {"Content-Type": "text/html"}, roster.catch_all)
        elif base != roster.base or collection not in roster.rows:
            self._say(404, {}, json.dumps(_status("unknownobject")).encode())
        elif not roster.lets_in(self.headers.get("Authorization", "")):
            self._say(401, {}, json.dumps(_status("unauthorisedrequest")).encode())
        else:
            status, headers, body = roster.page(collection, query)
            self._say(status, headers, json.dumps(body, ensure_ascii=False).encode(), fault)

    def _say(self, status: int, headers: dict[str, str], body: bytes, fault: Fault | None = None) -> None:
        if fault is not None and fault.drop:
            self.close_connection = True
            return
        self.send_response_only(status)
        self.send_header("Date", formatdate(self.server.roster.clock_s(), usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        for name, value in ({"Content-Type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if fault is not None and fault.cut:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        if fault is not None and fault.slow_s:
            self.server.roster.over.wait(fault.slow_s)
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True


def reference(collection: str, name: str, kind: str) -> Row:
    return {"href": f"/ims/oneroster/rostering/v1p2/{collection}/{name}", "sourcedId": name, "type": kind}


WHEN = "2026-08-20T03:04:05.000Z"


def school(pupils: int = 40, classes: int = 4) -> dict[str, list[Row]]:
    """A school of invented people: as many pupils, each in one class, one teacher a class; references all hold."""
    base = {"status": "active", "dateLastModified": WHEN}
    org, term = reference("orgs", "truong", "org"), reference("terms", "hk1", "academicSession")
    role = {"roleType": "primary", "org": org}
    people = [("hs", n, "student", n % classes) for n in range(pupils)]
    people += [("gv", n, "teacher", n) for n in range(classes)]
    users = [
        base | {"sourcedId": f"{kind}{n:05d}", "username": f"u.{kind}{n}", "enabledUser": "true",
                "givenName": f"Tên {n}", "familyName": "Nguyễn", "identifier": f"{n:010d}",
                "email": f"{kind}{n}@truong.example",
                "phone": "0900000000", "password": "bí mật", "roles": [role | {"role": what}]}
        for kind, n, what, _ in people
    ]  # fmt: skip
    enrolments = [
        base | {"sourcedId": f"gd-{kind}{n:05d}", "user": reference("users", f"{kind}{n:05d}", "user"),
                "class": reference("classes", f"lop{where}", "class"), "school": org, "role": what, "primary": False,
                "beginDate": "2026-09-05", "endDate": "2027-05-31"}
        for kind, n, what, where in people
    ]  # fmt: skip
    return {
        "orgs": [base | {"sourcedId": "truong", "name": "THPT Thử Nghiệm", "type": "school", "identifier": "0079"}],
        "academicSessions": [
            base | {"sourcedId": "nam", "title": "2026-2027", "type": "schoolYear", "startDate": "2026-09-05",
                    "endDate": "2027-05-31", "schoolYear": "2027"},
            base | {"sourcedId": "hk1", "title": "HK I", "type": "term", "startDate": "2026-09-05",
                    "endDate": "2027-01-15", "schoolYear": "2027",
                    "parent": reference("academicSessions", "nam", "academicSession")},
        ],
        "courses": [base | {"sourcedId": "toan", "title": "Toán", "courseCode": "T", "org": org}],
        "classes": [
            base | {"sourcedId": f"lop{n}", "title": f"10A{n}", "classCode": f"10A{n}", "classType": "homeroom",
                    "location": f"P.10{n}", "course": reference("courses", "toan", "course"), "school": org,
                    "terms": [term], "subjects": "Toán"}
            for n in range(classes)
        ],
        "users": users,
        "enrollments": enrolments,
    }  # fmt: skip
