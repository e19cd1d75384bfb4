"""What a person or a program is told when something fails: a page or problem JSON, in words, without inner detail."""

import logging
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.context import Hub
from hub.ingest.events import state_down
from hub.stores.series import StoreDown
from hub.web.pages.frame import language_of, render
from hub.web.problem import Problem, problem
from hub.web.texts import text
from wire.text import Text

log = logging.getLogger(__name__)
FOR_PROGRAMS = ("/api/", "/live/", "/metrics", "/static/")


def answer_failures(app: FastAPI, hub: Hub) -> None:
    def told(request: Request, status: int, detail: Text, field: str | None = None) -> Response:
        if request.url.path.startswith(FOR_PROGRAMS) or request.method != "GET":
            return problem(status, detail, field)
        words = detail.in_language(language_of(request, hub))
        title = "page.not_found" if status == 404 else "page.error"  # noqa: PLR2004
        return render(request, hub, "failure.html", title=title, page="failure", status=status, detail=words)

    async def known(request: Request, failure: Any) -> Response:
        return told(request, failure.status, failure.detail, failure.field)

    async def invalid(request: Request, failure: Any) -> Response:
        first = failure.errors()[0]
        field, reason = ".".join(str(part) for part in first["loc"][1:]), str(first["msg"])
        return told(request, 422, text("error.body", reason=reason), field)

    async def http(request: Request, failure: Any) -> Response:
        detail = text("error.no_page") if failure.status_code == 404 else Text(failure.detail, failure.detail)  # noqa: PLR2004
        return told(request, failure.status_code, detail)

    async def database(request: Request, failure: Any) -> Response:
        """A full disk, a file nobody may write: said in words, and nothing was changed."""
        log.error("%s %s: %s", request.method, request.url.path, failure)
        return told(request, 503, failure.text if isinstance(failure, StoreDown) else state_down(failure).text)

    async def unforeseen(request: Request, failure: Exception) -> Response:
        log.error("%s %s", request.method, request.url.path, exc_info=failure)
        return told(request, 500, text("error.internal"))

    app.add_exception_handler(Problem, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(OperationalError, database)
    app.add_exception_handler(StoreDown, database)
    app.add_exception_handler(Exception, unforeseen)
