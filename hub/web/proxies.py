"""Who really asks, and how: a reverse proxy that the settings trust says it in headers; from others they are air."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address
SCHEMES = frozenset({"http", "https"})


class TrueOrigin:
    """Plain ASGI middleware, the outermost: sets the scheme and the client's address that everything inside goes by."""

    def __init__(self, app: ASGIApp, trusted: Iterable[str] = ()) -> None:
        self._app = app
        self._trusted = [ip_network(each) for each in trusted]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = _address(scope["client"][0]) if scope["type"] == "http" and scope.get("client") else None
        if peer is not None:
            scope = dict(scope)
            client = peer
            if self._is_trusted(peer):
                headers = Headers(scope=scope)
                client = self._client(peer, headers.getlist("x-forwarded-for"))
                scope["scheme"] = _last_scheme(headers.getlist("x-forwarded-proto")) or scope["scheme"]
            scope["client"] = (str(client), scope["client"][1])
        await self._app(scope, receive, send)

    def _is_trusted(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._trusted)

    def _client(self, peer: Address, lines: list[str]) -> Address:
        """From the nearest hop outwards: the first that is no proxy of ours. What cannot be read ends the search."""
        client = peer
        for hop in reversed(",".join(lines).split(",")):
            address = _address(hop.strip())
            if address is None:
                return client
            client = address
            if not self._is_trusted(address):
                return client
        return client


def _address(text: str) -> Address | None:
    """Without brackets and port; an IPv4 address that came over an IPv6 socket is an IPv4 address."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _last_scheme(lines: list[str]) -> str | None:
    scheme = ",".join(lines).rpartition(",")[2].strip().lower()
    return scheme if scheme in SCHEMES else None
