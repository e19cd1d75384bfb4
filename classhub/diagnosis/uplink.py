"""Whether a broker takes us: reachable, willing, and with which answer it refuses."""

import ssl
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from classhub.diagnosis.finding import Finding, bad, ok, warning
from edge.link import Encryption
from wire.address import host_port
from wire.tls_fault import tls_fault

_PATIENCE_S = 5.0
_SOON_DAYS = 30


def check_login(
    host: str,
    port: int,
    client_id: str,
    login: tuple[str | None, str | None],
    ca_file: Path | str | None,
    starts: str = "classhub hub run --config hub.toml",
) -> Finding:
    """One MQTT session, opened and closed, under a client id of its own: a running gateway keeps its session.

    `starts` is the command that starts the broker where the machine is there and the program is not.
    """
    where = host_port(host, port)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    if login[0]:
        client.username_pw_set(*login)
    answered = threading.Event()
    verdict: list[str] = []
    ends: list[float] = []

    def connected(_client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        verdict.append("" if not reason.is_failure else str(reason))
        spoken = _client.socket()
        if isinstance(spoken, ssl.SSLSocket):
            ends.append(ssl.cert_time_to_seconds(str((spoken.getpeercert() or {})["notAfter"])))
        answered.set()

    client.on_connect = connected
    encryption: Encryption | None = None
    try:
        if ca_file:
            encryption = Encryption.of(Path(ca_file))
            client.tls_set_context(encryption)
        client.connect(host, port, 10)
        client.loop_start()
        answered.wait(_PATIENCE_S)
    except (OSError, ValueError) as failed:
        return _unreachable(host, where, failed, starts, encrypted=encryption is not None)
    finally:
        client.disconnect()
        client.loop_stop()
        if encryption is not None:
            encryption.close_last()
    return _judged(where, verdict, ends)


def _unreachable(host: str, where: str, failed: Exception, starts: str, *, encrypted: bool) -> Finding:
    fault = tls_fault(failed, host) if encrypted else None
    if fault is not None:
        vi, en = f"broker {where}: {fault.vi}", f"broker {where}: {fault.en}"
        return bad("broker", vi, en, "classhub tls renew --help")
    vi, en = f"không nối được broker {where}: {failed}", f"broker {where} cannot be reached: {failed}"
    refused = isinstance(failed, ConnectionRefusedError)
    return bad("broker", vi, en, starts if refused else f"ping -c 3 {host}")


def _judged(where: str, verdict: list[str], ends: list[float]) -> Finding:
    if not verdict:
        vi, en = f"{where} nhận kết nối nhưng không nói MQTT", f"{where} accepts connections but does not speak MQTT"
        return bad("broker", vi, en)
    if verdict[0]:
        vi, en = f"broker {where} từ chối: {verdict[0]}", f"broker {where} refuses: {verdict[0]}"
        return bad("broker", vi, en, "classhub gateway add SCHOOL GATEWAY --config hub.toml")
    days = int((ends[0] - time.time()) // 86_400) if ends else _SOON_DAYS
    if days < _SOON_DAYS:
        vi = f"broker {where} nhận kết nối, nhưng chứng chỉ của nó chỉ còn {days} ngày"
        en = f"broker {where} takes the connection, but its certificate ends in {days} days"
        return warning("broker", vi, en, "classhub tls renew --help")
    return ok("broker", f"broker {where} nhận kết nối", f"broker {where} takes the connection")
