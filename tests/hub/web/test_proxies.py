"""Whose word counts for the client's address and the scheme: a trusted proxy's, nobody else's."""

from typing import Any

import pytest

from hub.stores.duckdb import DuckDbSeries
from hub.web.guard import COOKIE
from hub.web.proxies import TrueOrigin
from tests.hub.web.conftest import client_of, sign_in
from tests.hub.web.doubles import Clock, Stand, build

TRUSTED = ("10.0.0.0/8", "::1", "192.0.2.1")


async def origin(peer: str, **headers: str) -> tuple[str, str]:
    """(scheme, client) as the application sees them."""
    seen: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError("nobody reads or writes")

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "scheme": "http", "client": (peer, 4711), "headers": raw}
    await TrueOrigin(app, TRUSTED)(scope, nothing, nothing)
    assert scope["client"] == (peer, 4711)  # the caller's is not touched
    return seen["scheme"], seen["client"][0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.1.2.3", "203.0.113.5", "203.0.113.5"),
        ("10.1.2.3", "1.1.1.1, 203.0.113.5, 10.9.9.9", "203.0.113.5"),  # what the client itself wrote is not believed
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("::1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.1.2.3", "203.0.113.5:5555", "203.0.113.5"),
        ("::ffff:10.1.2.3", "203.0.113.5", "203.0.113.5"),  # IPv4 over a socket for both
        ("10.1.2.3", "unknown", "10.1.2.3"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "10.4.4.4", "10.4.4.4"),
        ("198.51.100.9", "203.0.113.5", "198.51.100.9"),
        ("::ffff:198.51.100.9", "203.0.113.5", "198.51.100.9"),
    ],
)
async def test_the_client_is_who_the_trusted_proxy_names(peer: str, forwarded: str, client: str) -> None:
    assert await origin(peer, x_forwarded_for=forwarded) == ("http", client)


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [
        ("10.1.2.3", "https", "https"),
        ("10.1.2.3", "http, https", "https"),
        ("10.1.2.3", "https, http", "http"),
        ("10.1.2.3", "gopher", "http"),
        ("198.51.100.9", "https", "http"),
    ],
)
async def test_the_scheme_is_the_nearest_proxys(peer: str, proto: str, scheme: str) -> None:
    assert (await origin(peer, x_forwarded_proto=proto))[0] == scheme


async def test_cookies_are_secure_and_tls_is_kept_behind_a_proxy(tmp_path: Any, clock: Clock) -> None:
    made: Stand = build(tmp_path, DuckDbSeries, clock=clock, open_reading=False, proxies=("127.0.0.1",))
    try:
        async with client_of(made, "lop-hoc.truong.edu.vn") as client:
            client.headers["x-forwarded-proto"] = "https"
            page = await client.get("/login")
            assert page.status_code == 200  # not a loopback name, but it is the proxy's
            assert page.headers["strict-transport-security"].startswith("max-age=")
            assert all("; Secure" in line for line in page.headers.get_list("set-cookie"))
            client.headers.pop("x-forwarded-proto")
            plain = await sign_in(client)
            assert "strict-transport-security" not in plain.headers
            (cookie,) = [line for line in plain.headers.get_list("set-cookie") if line.startswith(COOKIE)]
            assert "Secure" not in cookie
            assert "HttpOnly" in cookie
    finally:
        made.close()
