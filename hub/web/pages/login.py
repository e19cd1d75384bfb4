"""Signing in and out, and the language switch."""

import hmac
import secrets
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub import audit
from hub.context import Hub
from hub.web.auth import SESSION_MS, Brake, Braked, Operators, Sessions
from hub.web.guard import COOKIE, local_path, visitor_of
from hub.web.pages.frame import LANGUAGE_COOKIE, language_of, render
from hub.web.texts import say

FORM_COOKIE = "classhub_form"
YEAR_S = 365 * 86_400
Field = Annotated[str, Form(max_length=200)]


def login_routes(hub: Hub, operators: Operators, sessions: Sessions) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    brake = Brake()

    @router.get("/login")
    async def ask(request: Request) -> Response:
        return _form(hub, request, local_path(request.query_params.get("next", "/")))

    @router.post("/login")
    async def sign_in(
        request: Request, name: Field = "", password: Field = "", form_token: Field = "", target: Field = "/"
    ) -> Response:
        language, target = language_of(request, hub), local_path(target)
        if not hmac.compare_digest(request.cookies.get(FORM_COOKIE, "").encode(), form_token.encode() or b"-"):
            return _form(hub, request, target, say("login.expired", language), 403)
        try:
            right = await operators.check(name, password, brake, _address(request))
        except Braked as braked:
            return _come_again(hub, request, target, braked.wait_s)
        if not right:
            await _note(hub, operators, name, "sign-in failed")
            return _form(hub, request, target, say("login.wrong", language), 401, name)
        await _note(hub, operators, name, "signed in")
        response = RedirectResponse(target, status_code=303)
        token = await sessions.open(name, hub.now_ms())
        response.set_cookie(
            COOKIE, token, max_age=SESSION_MS // 1000, httponly=True, samesite="lax", secure=_https(request)
        )
        response.delete_cookie(FORM_COOKIE)
        return response

    @router.post("/logout")
    async def sign_out(request: Request, csrf: Field = "") -> Response:
        visitor = visitor_of(request)
        if visitor.may_change and hmac.compare_digest(visitor.csrf.encode(), csrf.encode()):
            await sessions.close(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/", status_code=303)
        response.delete_cookie(COOKIE)
        return response

    _add_language(router)
    return router


def _add_language(router: APIRouter) -> None:
    @router.get("/language/{language}")
    async def choose_language(request: Request, language: str) -> Response:
        response = RedirectResponse(local_path(request.query_params.get("next", "/")), status_code=303)
        chosen = "en" if language == "en" else "vi"
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR_S, samesite="lax", secure=_https(request))
        return response


def _form(hub: Hub, request: Request, target: str, error: str = "", status: int = 200, name: str = "") -> Response:
    token = secrets.token_urlsafe(24)
    page = render(
        request, hub, "login.html", title="login.title", page="login",
        status=status, form_token=token, target=target, error=error, name=name,
    )  # fmt: skip
    page.set_cookie(FORM_COOKIE, token, max_age=3_600, httponly=True, samesite="strict", secure=_https(request))
    return page


def _come_again(hub: Hub, request: Request, target: str, wait_s: float) -> Response:
    n = int(wait_s) + 1
    response = _form(hub, request, target, say("login.wait", language_of(request, hub), n=n), 429)
    response.headers["retry-after"] = str(n)
    return response


async def _note(hub: Hub, operators: Operators, name: str, what: str) -> None:
    """A name nobody has is not kept: it may be a password typed into the wrong field."""
    who = name if await run_in_threadpool(operators.known, name) else "?"
    await run_in_threadpool(audit.record, hub.engine, who, what, hub.now_ms())


def _https(request: Request) -> bool:
    return request.url.scheme == "https"


def _address(request: Request) -> str:
    return request.client.host if request.client else "?"
