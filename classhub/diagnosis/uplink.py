"""Whether a broker takes us: reachable, willing, and with which answer it refuses."""

import threading
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from classhub.diagnosis.finding import Finding, bad, ok

_PATIENCE_S = 5.0


def check_login(
    host: str, port: int, client_id: str, login: tuple[str | None, str | None], ca_file: Path | str | None
) -> Finding:
    """One MQTT session, opened and closed, under a client id of its own: a running gateway keeps its session."""
    where = f"{host}:{port}"
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    if login[0]:
        client.username_pw_set(*login)
    answered = threading.Event()
    verdict: list[str] = []

    def connected(_client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        verdict.append("" if not reason.is_failure else str(reason))
        answered.set()

    client.on_connect = connected
    try:
        if ca_file:
            client.tls_set(str(ca_file))
        client.connect(host, port, 10)
        client.loop_start()
        answered.wait(_PATIENCE_S)
    except (OSError, ValueError) as failed:
        vi, en = f"không nối được broker {where}: {failed}", f"broker {where} cannot be reached: {failed}"
        refused = isinstance(failed, ConnectionRefusedError)
        # Refused: the machine is there, the program is not.
        return bad("broker", vi, en, "classhub hub run --config hub.toml" if refused else f"ping -c 3 {host}")
    finally:
        client.disconnect()
        client.loop_stop()
    if not verdict:
        vi, en = f"{where} nhận kết nối nhưng không nói MQTT", f"{where} accepts connections but does not speak MQTT"
        return bad("broker", vi, en)
    if verdict[0]:
        vi, en = f"broker {where} từ chối: {verdict[0]}", f"broker {where} refuses: {verdict[0]}"
        return bad("broker", vi, en, "classhub gateway add SCHOOL GATEWAY --config hub.toml")
    return ok("broker", f"broker {where} nhận kết nối", f"broker {where} takes the connection")
