"""Whether the hub on this machine serves, for its container's health check: small, quick, and it sends no secret."""

import http.client
import ssl
from pathlib import Path

from hub.config import EVERYWHERE, load_config
from wire.address import host_port

PATIENCE_S = 3.0


def hub_serves(config: Path) -> str | None:
    """None where /readyz says yes, else what is wrong. Raises SettingsError."""
    web = load_config(config).web
    host = "127.0.0.1" if web.host in EVERYWHERE else web.host
    connection = _connection(host, web.port, encrypted=web.cert_file is not None)
    try:
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as broken:
        return f"{host_port(host, web.port)}: {broken}"
    finally:
        connection.close()
    return None if status == http.client.OK else f"/readyz: {status}"


def _connection(host: str, port: int, *, encrypted: bool) -> http.client.HTTPConnection:
    if not encrypted:
        return http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
    # To ourselves, and nothing is told: the certificate names the machine as others see it, not the loopback address.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=PATIENCE_S, context=context)
