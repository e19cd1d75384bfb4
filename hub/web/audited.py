"""Writes every successful change of a signed-in operator into the audit record, whichever route made it."""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import audit
from hub.context import Hub
from hub.web.guard import SAFE, visitor_of

UNNAMED = frozenset({"note", "reason"})  # free words may name people
FIRST_FAILURE = 400


class Audited:
    """Inside the guard: it knows who asks. The row is there before the answer is."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self._app, self._hub = app, hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self._app(scope, receive, send)
            return
        operator = visitor_of(Request(scope)).operator

        async def noted(message: Message) -> None:
            done = message["type"] == "http.response.start" and message["status"] < FIRST_FAILURE
            if done and operator is not None:
                what, now_ms = _what(scope), self._hub.now_ms()
                await run_in_threadpool(audit.record, self._hub.engine, operator, what, now_ms)
            await send(message)

        await self._app(scope, receive, noted)


def _what(scope: Scope) -> str:
    """What was done, to what, with which settings: `assign s/a101-co2 room=a101 since=now`."""
    name = getattr(scope.get("endpoint"), "__name__", scope["path"])
    words = [name, "/".join(map(str, scope.get("path_params", {}).values()))]
    asked = msgspec.to_builtins(scope.get("state", {}).get("asked", {}))
    words += [f"{key}={_short(value)}" for key, value in asked.items() if key not in UNNAMED]
    return " ".join(word for word in words if word)


def _short(value: Any) -> str:
    return str(value)[:80]
