"""The OpenAPI document: FastAPI's description of the routes, with our structures as its schemas."""

from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from hub.web.api.asking import SCHEMAS, answer, described

PROBLEM = {
    "type": "object",
    "properties": {
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "object", "properties": {"vi": {"type": "string"}, "en": {"type": "string"}}},
        "field": {"type": "string"},
    },
    "required": ["status", "title", "detail"],
}


def openapi_routes(app: FastAPI) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/api/openapi.json")
    async def document() -> Response:
        return answer(openapi_document(app))

    return router


def openapi_document(app: FastAPI) -> dict[str, Any]:
    found: dict[str, Any] = app.openapi()
    _, components = msgspec.json.schema_components(tuple(described), ref_template=SCHEMAS)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    schemas["Problem"] = PROBLEM
    return found
