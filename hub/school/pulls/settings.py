"""`[[pull]]` of hub.toml: one place a school's roster or timetable is fetched from again and again. Pure."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from wire.address import is_loopback
from wire.messages import Id
from wire.text import Text

RESERVED = frozenset({"hand"})  # edits on the page are a source too


class PullSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`kind` oneroster: a server (`url`). file: a file by `url`, or a file or folder by `path`; of a folder that is no
    bundle of CSV files every new file is taken. `holds` says what is in it where the content does not.
    """

    school: Id
    name: Id
    kind: Literal["oneroster", "file"]
    url: str | None = None
    path: str | None = None
    holds: Literal["auto", "roster", "timetable"] = "auto"
    map_file: str | None = None
    first_week: Literal["odd", "even"] | None = None
    token_url: str | None = None
    client_id: str | None = None
    scope: str | None = None
    secret_file: str | None = None
    ca_file: str | None = None
    allow_http: bool = False
    every_minutes: Annotated[int, Meta(ge=5, le=44_640)] = 60
    jitter: Annotated[float, Meta(ge=0, le=0.5)] = 0.1
    full_days: Annotated[int, Meta(ge=1, le=366)] = 7


def complaint(pull: PullSection) -> tuple[str, Text] | None:
    """The key that is wrong and why; None where all is well."""
    if pull.name in RESERVED:
        return "name", Text(f"{pull.name} là tên dành riêng", f"{pull.name} is a reserved name")
    if (pull.url is None) == (pull.path is None):
        return "url", Text("cần url hoặc path, không phải cả hai", "needs url or path, not both")
    if pull.kind == "oneroster" and pull.url is None:
        return "url", Text("kind oneroster cần url", "kind oneroster needs a url")
    if pull.token_url is not None and (pull.client_id is None or pull.secret_file is None):
        return "token_url", Text("cần client_id và secret_file", "needs client_id and secret_file")
    for key in ("url", "token_url"):
        address: str | None = getattr(pull, key)
        wrong = None if address is None else _wrong_address(address, plain_is_fine=pull.allow_http)
        if wrong is not None:
            return key, wrong
    return None


def in_clear(pull: PullSection) -> bool:
    """Whether what it fetches, or its secret, crosses a network unencrypted."""
    addresses = [urlsplit(one) for one in (pull.url, pull.token_url) if one is not None]
    return any(one.scheme == "http" and not is_loopback(one.hostname or "") for one in addresses)


def _wrong_address(address: str, *, plain_is_fine: bool) -> Text | None:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        return Text("không phải địa chỉ http(s)", "is no http(s) address")
    if parts.username or parts.password:
        return Text("không đặt mật khẩu trong địa chỉ; dùng secret_file", "no password in addresses: use secret_file")
    if parts.scheme == "http" and not is_loopback(host) and not plain_is_fine:
        return Text("không mã hóa: dùng https, hoặc allow_http = true", "unencrypted: use https, or allow_http = true")
    return None
