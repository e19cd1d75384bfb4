"""Which teacher uses this browser: a cookie with the opaque id, chosen once, no sign-in and no name."""

import re

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "classhub_teacher"
YEAR_S = 365 * 86_400
_FORM = re.compile(r"([a-z0-9-]{1,64})\.([A-Za-z0-9_-]{1,64})")


def teacher_of(request: Request, school: str) -> str | None:
    """The opaque id, where one was chosen in this school."""
    found = _FORM.fullmatch(request.cookies.get(COOKIE, ""))
    return found[2] if found and found[1] == school else None


def remember(response: Response, school: str, teacher: str, *, secure: bool) -> None:
    response.set_cookie(
        COOKIE, f"{school}.{teacher}", max_age=YEAR_S, path="/", httponly=True, samesite="lax", secure=secure
    )


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/")
