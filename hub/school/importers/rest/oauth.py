"""OAuth 2 client credentials: a token asked for once, kept until it ends, asked for anew when a server refuses it.

Source: RFC 6749 sections 2.3.1 and 4.4; scopes: 1EdTech OneRoster 1.2 Rostering REST binding, section on security.
Errors: Trouble; what the token's server says is never repeated, it may hold the secret.
"""

import base64
import time
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urljoin

import msgspec

from hub.school.importers.rest.trouble import Trouble, place
from hub.school.importers.rest.web import REDIRECTS, Answer, Web
from wire.text import Text

EARLY_S = 30.0  # a token is asked for anew so long before its end
SCOPES = {
    "1.2": "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly",
    "1.1": "https://purl.imsglobal.org/spec/or/v1p1/scope/roster-core.readonly",
}
_USUAL_S = 3_600.0
_OK, _BAD_REQUEST, _UNAUTHORISED, _FORBIDDEN = 200, 400, 401, 403
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to get in. Without `token_url` the secret itself is the token; without a secret nobody is asked."""

    token_url: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)
    scope: str = ""


class _TokenAnswer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float | str | None = None
    token_type: str = "Bearer"  # noqa: S105  # a kind, no secret


class Tokens:
    """The token of one server for one pull."""

    def __init__(self, web: Web, credentials: Credentials) -> None:
        self._web, self._credentials = web, credentials
        self._token, self._until_s = "", 0.0

    @property
    def renewable(self) -> bool:
        return bool(self._credentials.token_url)

    def header(self, version: str, *, anew: bool = False) -> dict[str, str]:
        """What a request carries. Raises Trouble."""
        if not self._credentials.token_url:
            secret = self._credentials.secret
            return {"Authorization": f"Bearer {secret}"} if secret else {}
        if anew or not self._token or time.monotonic() >= self._until_s:
            self._ask(version)
        return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> None:
        """What is asked next has another scope."""
        self._token = ""

    def _ask(self, version: str) -> None:
        """The scope of the standard first; a server that does not know it is asked without one."""
        wanted = self._credentials.scope or SCOPES[version]
        for scope in (wanted, "") if not self._credentials.scope else (wanted,):
            for in_header in (True, False):
                answer = self._request(scope, in_header=in_header)
                if answer.status == _OK:
                    self._keep(answer)
                    return
                if answer.status not in {_BAD_REQUEST, _UNAUTHORISED}:
                    raise _refused(answer)
        raise _refused(answer)

    def _request(self, scope: str, *, in_header: bool) -> Answer:
        owner, headers = self._credentials, dict(_FORM)
        form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        if in_header:
            pair = f"{quote(owner.client_id, safe='')}:{quote(owner.secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": owner.client_id, "client_secret": owner.secret}
        return self._web.post(owner.token_url, urlencode(form).encode(), headers)

    def _keep(self, answer: Answer) -> None:
        try:
            found = msgspec.json.decode(answer.body.removeprefix(b"\xef\xbb\xbf"), type=_TokenAnswer)
            lasts_s = _USUAL_S if found.expires_in is None else float(found.expires_in)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
            found, lasts_s = None, 0.0
        fit = found is not None and found.access_token.isascii() and found.access_token.isprintable()
        if found is None or not fit or not found.access_token or found.token_type.lower() != "bearer":
            where = place(answer.url)
            text = Text(f"{where}: câu trả lời không phải mã truy cập", f"{where}: the answer is no access token")
            raise Trouble(text, lasting=True, everywhere=True)
        self._token = found.access_token
        self._until_s = time.monotonic() + max(0.0, lasts_s - min(EARLY_S, lasts_s / 2))


def _refused(answer: Answer) -> Trouble:
    where, status = place(answer.url), answer.status
    if status in {_BAD_REQUEST, _UNAUTHORISED, _FORBIDDEN}:
        text = Text(
            f"{where} từ chối client_id hoặc mật khẩu ({status})",
            f"{where} refuses the client_id or its secret ({status})",
        )
    elif status in REDIRECTS:
        there = place(urljoin(answer.url, answer.headers.get("location", "")))
        text = Text(
            f"{where} chuyển hướng đến {there}: mật khẩu không gửi theo; nếu đúng, ghi địa chỉ đó vào token_url",
            f"{where} redirects to {there}: a secret does not follow; where it is right, make it the token_url",
        )
    else:
        text = Text(f"{where} trả lời {status}; kiểm tra token_url", f"{where} answered {status}; look at token_url")
    return Trouble(text, status=status, lasting=True, everywhere=True)
