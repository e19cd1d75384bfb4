"""A OneRoster server as one asks it: which version it speaks, one page of one collection at a time, with a token.

Source: 1EdTech OneRoster 1.2 Rostering REST binding and 1.1 (paths, envelope, imsx status); facts.md 2; RFC 8288.
Errors: Trouble.
"""

import re
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

import msgspec

from hub.school.importers.rest.oauth import Tokens
from hub.school.importers.rest.trouble import Trouble, place
from hub.school.importers.rest.waiting import http_date
from hub.school.importers.rest.web import Answer, Web
from wire.text import Text

PATHS = (("1.2", "/ims/oneroster/rostering/v1p2"), ("1.1", "/ims/oneroster/v1p1"), ("1.2", "/ims/oneroster/v1p2"))
_OK, _BAD_REQUEST, _UNAUTHORISED, _FORBIDDEN, _NOT_FOUND = 200, 400, 401, 403, 404
NOT_OFFERED = frozenset({_FORBIDDEN, _NOT_FOUND, 405, 501})
_NOT_THERE = NOT_OFFERED - {_FORBIDDEN}
_RUBBISH_TRIES = 3
_VERSION = re.compile(r"^(.*?/v1p([12]))(?:/.*)?$")
_PART_OF_PATH = re.compile(r"/ims(?:/oneroster(?:/rostering)?)?$")  # of an address that stops short of the version
_MARK = b"\xef\xbb\xbf"
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*]+\s*=\s*(?:"[^"]*"|[^;,\s]*))*)')
_NEXT = re.compile(r';\s*rel\s*=\s*"?(?:[^"]*\s)?next\b', re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z_]{1,40}")


class Page(msgspec.Struct, frozen=True):
    """`total`: how many the server says there are; `next_offset`: where its Link header goes on, -1: nowhere, None:
    it has no such header. `at`: the server's own time as ISO 8601, "" where it does not say.
    """

    records: list[Any]
    total: int | None = None
    next_offset: int | None = None
    at: str = ""
    wrapped: bool = True


class Client:
    """`open` first. One thread."""

    def __init__(self, url: str, web: Web, tokens: Tokens) -> None:
        self._web, self._tokens = web, tokens
        self._url = url.split("?", 1)[0].split("#", 1)[0].rstrip("/")
        self.base, self.version = self._url, "1.2"
        self._sorted = True

    def open(self) -> None:
        """Finds the paths this server has. Raises Trouble."""
        named = _VERSION.match(self._url)
        if named is not None:
            self.base, self.version = named[1], f"1.{named[2]}"
            return
        root, perhaps = _PART_OF_PATH.sub("", self._url), list[tuple[str, str]]()
        for version, path in PATHS:
            self.base, self.version = root + path, version
            answer = self._asked(f"{self.base}/orgs?limit=1&offset=0")
            if answer.status == _OK and _page(answer, "orgs") is not None:
                return
            if answer.status not in _NOT_THERE and answer.status != _OK:
                perhaps.append((self.base, self.version))  # it is there, but will not say this
            self._tokens.forget()  # the next version has another scope
        if not perhaps:
            raise _no_oneroster(self._url, answer)
        self.base, self.version = perhaps[0]

    def page(self, collection: str, offset: int, limit: int, newer_than: str = "") -> Page:
        """Raises Trouble; its `status` says what the server answered. Rubbish is asked for again: it may be a cut."""
        tries = 0
        while True:
            query = {"limit": str(limit), "offset": str(offset)}
            if self._sorted:
                query |= {"sort": "sourcedId", "orderBy": "asc"}
            if newer_than:
                query["filter"] = f"dateLastModified>'{newer_than}'"
            answer = self._asked(f"{self.base}/{collection}?{urlencode(query, quote_via=quote)}")
            if answer.status == _BAD_REQUEST and self._sorted:
                self._sorted = False  # sorting is optional: without it pages come in the server's own order
                continue
            if answer.status != _OK:
                raise _unfit(answer)
            tries += 1
            page = _page(answer, collection)
            if page is not None:
                return page
            if tries >= _RUBBISH_TRIES:
                raise _no_json(answer)

    def _asked(self, url: str) -> Answer:
        """With a token; one that was refused is renewed once."""
        answer = self._web.get(url, self._headers(anew=False))
        if answer.status == _UNAUTHORISED and self._tokens.renewable:
            answer = self._web.get(url, self._headers(anew=True))
        return answer

    def _headers(self, *, anew: bool) -> dict[str, str]:
        return {"Accept": "application/json"} | self._tokens.header(self.version, anew=anew)


def _page(answer: Answer, collection: str) -> Page | None:
    try:
        body = msgspec.json.decode(answer.body.removeprefix(_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    records, wrapped = body, False
    if isinstance(body, dict):
        lists = [value for value in body.values() if isinstance(value, list)]
        wrapped = isinstance(body.get(collection), list)
        records = body[collection] if wrapped else lists[0] if len(lists) == 1 else None
    if not isinstance(records, list):
        return None
    when = http_date(answer.headers.get("date", ""))
    return Page(
        records=records,
        total=_total(answer.headers.get("x-total-count", "")),
        next_offset=_next_offset(answer),
        at="" if when is None else f"{when:%Y-%m-%dT%H:%M:%S}Z",
        wrapped=wrapped,
    )


def _total(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004


def _next_offset(answer: Answer) -> int | None:
    """Only the number is taken from a Link: where to ask is for us to say."""
    header = answer.headers.get("link", "")
    if not header.strip():
        return None
    for target, parameters in _LINK.findall(header):
        if _NEXT.search(parameters):
            try:
                offset = parse_qs(urlsplit(urljoin(answer.url, target)).query).get("offset", [""])[0]
            except ValueError:
                return None
            return int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 10 else None  # noqa: PLR2004
    return -1


def _unfit(answer: Answer) -> Trouble:
    where, said = place(answer.url), _code_of(answer.body)
    if answer.status in {_UNAUTHORISED, _FORBIDDEN}:
        text = Text(
            f"{where}: không được phép ({answer.status}{said}); kiểm tra quyền của client_id và mã truy cập",
            f"{where}: not allowed ({answer.status}{said}); look at what the client_id and its token may do",
        )
    else:
        text = Text(f"{where} trả lời {answer.status}{said}", f"{where} answered {answer.status}{said}")
    return Trouble(text, status=answer.status, lasting=True, everywhere=answer.status == _UNAUTHORISED)


def _code_of(body: bytes) -> str:
    """The code of a OneRoster status answer; its description may name people and stays behind."""
    try:
        found = msgspec.json.decode(body[:4_096])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    code = found.get("imsx_codeMajor") if isinstance(found, dict) else None
    return f", {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _no_json(answer: Answer) -> Trouble:
    where = place(answer.url)
    if _is_web_page(answer):
        text = Text(
            f"{where}: trả về trang web, không phải JSON; kiểm tra địa chỉ (trang đăng nhập? trang báo lỗi?)",
            f"{where}: a web page came, no JSON; look at the address (a page to sign in? an error page?)",
        )
    else:
        said = _code_of(answer.body)
        text = Text(
            f"{where}: câu trả lời không phải JSON của OneRoster{said}",
            f"{where}: the answer is no OneRoster JSON{said}",
        )
    return Trouble(text, status=answer.status)


def _is_web_page(answer: Answer) -> bool:
    start = answer.body[:200].removeprefix(_MARK).lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html")) or "text/html" in answer.headers.get("content-type", "")


def _no_oneroster(url: str, last: Answer) -> Trouble:
    if last.status == _OK:
        no_json = _no_json(last)
        return Trouble(no_json.text, status=_OK, lasting=True, everywhere=True)
    where, tried = place(url), [path for _, path in PATHS]
    text = Text(
        f"{where} không có OneRoster (thử {', '.join(tried)})", f"{where} has no OneRoster (tried {', '.join(tried)})"
    )
    return Trouble(text, status=_NOT_FOUND, lasting=True, everywhere=True)
