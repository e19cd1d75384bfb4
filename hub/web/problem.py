"""Errors of the API: `application/problem+json` in both languages, naming the field."""

from typing import Any

import msgspec
from starlette.responses import Response

from wire.text import Text


class Problem(Exception):
    """Raised by a handler; answered as problem JSON (or as a page where a page was asked for)."""

    def __init__(self, status: int, detail: Text, field: str | None = None) -> None:
        self.status, self.detail, self.field = status, detail, field
        super().__init__(detail.both())


def problem(status: int, detail: Text, field: str | None = None) -> Response:
    body: dict[str, Any] = {"status": status, "title": detail.en, "detail": {"vi": detail.vi, "en": detail.en}}
    if field:
        body["field"] = field
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/problem+json")
