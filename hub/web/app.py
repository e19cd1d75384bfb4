"""The hub's web application: pages, API, live streams and what guards them, composed from one Hub."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from hub.broker.secret_file import read_secret
from hub.config import WebSection
from hub.context import Hub
from hub.web.api.audit import audit_routes
from hub.web.api.commands import command_routes
from hub.web.api.devices import device_routes
from hub.web.api.events import event_routes
from hub.web.api.forecasts import forecast_routes
from hub.web.api.gateways import gateway_routes
from hub.web.api.heard import heard_routes
from hub.web.api.import_rows import import_row_routes
from hub.web.api.imports import import_routes
from hub.web.api.lessons import lesson_routes
from hub.web.api.maintenance import maintenance_routes
from hub.web.api.openapi import openapi_routes
from hub.web.api.plan_edits import plan_edit_routes
from hub.web.api.policy import policy_routes
from hub.web.api.pulls import pull_routes
from hub.web.api.quarantine import quarantine_routes
from hub.web.api.readings import readings_routes
from hub.web.api.room_edits import room_edit_routes
from hub.web.api.rooms import room_routes
from hub.web.api.school_data import school_data_routes
from hub.web.api.schools import school_routes
from hub.web.api.status import status_routes
from hub.web.api.timetable import timetable_routes
from hub.web.audited import Audited
from hub.web.auth import Operators, Sessions
from hub.web.failures import answer_failures
from hub.web.guard import Guard
from hub.web.pages.about import about_page_routes
from hub.web.pages.devices import device_page_routes
from hub.web.pages.frame import STATIC, static_version
from hub.web.pages.imports import import_page_routes
from hub.web.pages.login import login_routes
from hub.web.pages.now import now_page_routes
from hub.web.pages.quarantine import quarantine_page_routes
from hub.web.pages.room import room_page_routes
from hub.web.pages.school import school_page_routes
from hub.web.pages.school_data import school_data_page_routes
from hub.web.pages.timetable import timetable_page_routes
from hub.web.pages.wall import wall_routes
from hub.web.proxies import TrueOrigin
from hub.web.security import KnownHosts, SecurityHeaders
from hub.web.streams import STREAM_PATHS, stream_routes
from wire.address import is_loopback
from wire.release import RELEASE

log = logging.getLogger(__name__)
# One file a resource or page; each says what it serves.
RESOURCES: tuple[Callable[[Hub], APIRouter], ...] = (
    wall_routes,
    room_page_routes,
    timetable_page_routes,
    now_page_routes,
    school_page_routes,
    device_page_routes,
    quarantine_page_routes,
    about_page_routes,
    stream_routes,
    status_routes,
    school_routes,
    room_routes,
    timetable_routes,
    plan_edit_routes,
    room_edit_routes,
    readings_routes,
    lesson_routes,
    event_routes,
    device_routes,
    maintenance_routes,
    gateway_routes,
    heard_routes,
    command_routes,
    policy_routes,
    pull_routes,
    forecast_routes,
    quarantine_routes,
    audit_routes,
    import_routes,
    import_row_routes,
    import_page_routes,
    school_data_routes,
    school_data_page_routes,
)
SMALLEST_GZIP_BYTES = 1_024
GZIP_LEVEL = 5


def create_app(hub: Hub) -> FastAPI:
    """Serve one hub. Binds `hub.fanout`; its once-a-second task lives as long as the application.

    Raises SettingsError where web.metrics_token_file holds no secret.
    """
    hub.fanout.bind(hub)
    sessions = Sessions(hub.engine)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(hub.fanout.run(), name="fanout")
        yield
        hub.fanout.close()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(title="ClassHub", version=RELEASE, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.mount(f"/static/{static_version()}", KeptForEver(directory=STATIC))
    operators = Operators(hub.engine)
    for routes in RESOURCES:
        app.include_router(routes(hub))
    app.include_router(login_routes(hub, operators, sessions))
    app.include_router(openapi_routes(app))
    answer_failures(app, hub)
    _guard(app, hub, sessions, operators)
    return app


def _guard(app: FastAPI, hub: Hub, sessions: Sessions, operators: Operators) -> None:
    """What every request passes through."""
    # Added last is outermost.
    app.add_middleware(Audited, hub=hub)
    app.add_middleware(Compressed, minimum_size=SMALLEST_GZIP_BYTES, compresslevel=GZIP_LEVEL)
    web = hub.config.web
    app.add_middleware(
        Guard,
        sessions=sessions,
        operators=operators,
        now_ms=hub.now_ms,
        open_reading=web.open_reading,
        metrics_token=_metrics_token(web),
    )
    if is_loopback(web.host) and not web.trusted_proxies:  # a proxy brings the name it is known by
        app.add_middleware(KnownHosts)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(TrueOrigin, trusted=web.trusted_proxies)


def _metrics_token(web: WebSection) -> str | None:
    """Raises SettingsError where the file holds none, or a well-known one."""
    return read_secret(Path(web.metrics_token_file), "web.metrics_token_file") if web.metrics_token_file else None


class Compressed(GZipMiddleware):
    """Leaves streams alone before a compressor is made for them: it would hold 256 kB each for nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_stream = scope["type"] == "http" and scope["path"] in STREAM_PATHS
        await (self.app if is_stream else super().__call__)(scope, receive, send)


class KeptForEver(StaticFiles):
    """Files whose address holds the digest of all of them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
