"""Who may ask for what: everything needs a session, except the few paths named here. Plain ASGI middleware."""

import base64
import binascii
import hmac
from collections.abc import Callable
from urllib.parse import quote

import msgspec
from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.web.auth import Brake, Braked, Operators, Sessions, SignedIn
from hub.web.problem import problem
from hub.web.texts import text

COOKIE = "classhub_session"
METRICS = "/metrics"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/login"})
OPEN_FOLDERS = ("/static/", "/language/")
# Their forms carry a token of their own, checked where they are handled.
OWN_CHECK = frozenset({"/login", "/logout"})
SAFE = frozenset({"GET", "HEAD"})


class Visitor(msgspec.Struct, frozen=True):
    """Who is asking. `operator` None: somebody reading an open demo, or a page open to all."""

    operator: str | None = None
    csrf: str = ""

    @property
    def may_change(self) -> bool:
        return self.operator is not None


def visitor_of(connection: HTTPConnection) -> Visitor:
    found = connection.scope.get("state", {}).get("visitor")
    return found if isinstance(found, Visitor) else Visitor()


class Guard:
    """Denies by default. `open_reading` lets anybody read (a demo on loopback), never change.

    Who brings `metrics_token` (Prometheus) is no operator: it reads /metrics, and is a stranger anywhere else.
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        operators: Operators,
        now_ms: Callable[[], int],
        *,
        open_reading: bool,
        metrics_token: str | None,
    ) -> None:
        self._app, self._sessions, self._open_reading = app, sessions, open_reading
        self._metrics_token = metrics_token
        self._operators, self._now_ms = operators, now_ms
        self._brake = Brake()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if self._reads_metrics(request):
            await self._app(scope, receive, send)
            return
        try:
            visitor = await self._visitor(request)
        except OperationalError as away:  # told here as in any handler, which run further inside
            answer = await request.app.exception_handlers[OperationalError](request, away)
            await answer(scope, receive, send)
            return
        scope.setdefault("state", {})["visitor"] = visitor
        refusal = self._refusal(request, visitor)
        await (refusal or self._app)(scope, receive, send)

    async def _visitor(self, request: Request) -> Visitor:
        signed_in = await self._signed_in(request)
        return Visitor(signed_in.operator, signed_in.csrf) if signed_in else await self._by_password(request)

    async def _signed_in(self, request: Request) -> SignedIn | None:
        token = request.cookies.get(COOKIE)
        if not token or request.url.path.startswith(OPEN_FOLDERS):
            return None
        return await self._sessions.find(token, self._now_ms())

    def _reads_metrics(self, request: Request) -> bool:
        """Compared in constant time; a long random secret needs no brake."""
        if self._metrics_token is None or request.url.path != METRICS or request.method not in SAFE:
            return False
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), self._metrics_token.encode())
        return right and scheme.lower() == "bearer"

    async def _by_password(self, request: Request) -> Visitor:
        """A program cannot fill in a form: for /metrics the operator's name and password may come in the header."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        address = request.client.host if request.client else "?"
        may_try = request.url.path == METRICS and scheme.lower() == "basic"
        if not may_try:
            return Visitor()
        try:
            name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return Visitor()
        try:
            right = await self._operators.check(name[:200], password[:200], self._brake, address)
        except Braked:
            return Visitor()
        return Visitor(name) if right else Visitor()

    def _refusal(self, request: Request, visitor: Visitor) -> ASGIApp | None:
        path, safe = request.url.path, request.method in SAFE
        if path in OWN_CHECK or path in OPEN_PATHS or (safe and path.startswith(OPEN_FOLDERS)):
            return None
        if not visitor.may_change and not (safe and self._open_reading):
            return _sign_in_first(request)
        if not safe and not _repeats(Headers(scope=request.scope).get("x-csrf-token", ""), visitor.csrf):
            return problem(403, text("error.csrf"), field="X-CSRF-Token")
        return None


def _sign_in_first(request: Request) -> ASGIApp:
    is_page = request.method in SAFE and not request.url.path.startswith(("/api/", "/live/", METRICS))
    if is_page:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(here)}", status_code=303)
    return problem(401, text("error.sign_in"))


def _repeats(given: str, csrf: str) -> bool:
    return bool(csrf) and hmac.compare_digest(given.encode(), csrf.encode())


def local_path(path: str) -> str:
    """`path` when it stays on this server, else the start page: nobody is sent elsewhere by a link to us."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and all(c.isprintable() for c in path)
    return path if plain and "\\" not in path else "/"
