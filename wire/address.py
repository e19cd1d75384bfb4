"""`host:port` as text, both ways: an IPv6 address stands in brackets: its colons are not the port's."""

from ipaddress import ip_address

LARGEST_PORT = 65_535


def host_port(host: str, port: int) -> str:
    """`[::1]:1883`, `192.0.2.10:1883`, `hub.local:1883`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split_host_port(text: str) -> tuple[str, int] | None:
    """What `host_port` joins, without the brackets; None where it is no such text, or an IPv6 address without them."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        return None
    if not colon or not host or not (port.isascii() and port.isdecimal()):
        return None
    return (host, int(port)) if 0 < int(port) <= LARGEST_PORT else None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`. Names other than localhost count as reachable from outside."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
