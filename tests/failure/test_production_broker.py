"""The hub's mosquitto with TLS and accounts: a certificate that ended, and a second machine under a gateway's name."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import IO

from hub.tls.authority import KeyPair, make_server, names
from tests.failure.outages import online, settle, start_flowing
from tests.failure.production import ProductionStand
from tests.failure.stand import GATEWAY, SCHOOL, Count, length, wait_until
from tests.patience import PATIENCE_S

THIEF = f"""
import sys
from tests.protocol.gateway import Gateway
gateway = Gateway(int(sys.argv[1]), "{SCHOOL}", "{GATEWAY}", password=sys.stdin.readline().strip())
print("up", flush=True)
sys.stdin.read()
gateway.stop()
"""


def test_the_brokers_certificate_ended(production: ProductionStand, report: list[Count]) -> None:
    """Both sides say so and what mends it; `classhub tls renew` and a reload are all it takes."""
    start_flowing(production)
    before = production.alerts_before("certificate.broker")
    said = len(production.edge.text())
    _put_ended(production)
    production.broker.stop()
    production.broker.start()
    wait_until(lambda: "has expired" in production.edge.text()[said:], 30, "the gateway names the certificate")
    production.wait_told("certificate.broker", "has expired", "classhub tls renew")
    time.sleep(length(30))
    words = ["tls", "renew", "--dir", str(production.secure.ca_file.parent)]
    subprocess.run([sys.executable, "-m", "classhub", *words], check=True, capture_output=True, timeout=60)
    os.kill(production.secure.pid, signal.SIGHUP)
    wait_until(lambda: online(production) == [GATEWAY], 40, "the new certificate is taken up")
    settle(production, report)
    production.wait_one_alert("certificate.broker", before)


def _put_ended(stand: ProductionStand) -> None:
    folder = stand.secure.ca_file.parent
    authority = KeyPair((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes())
    ended = make_server(authority, names(["localhost"], ["127.0.0.1", "::1"]), datetime.now(UTC) - timedelta(2), days=1)
    (folder / "server.key").write_bytes(ended.key)
    (folder / "server.crt").write_bytes(ended.certificate)


def test_a_second_machine_with_a_stolen_name(production: ProductionStand, report: list[Count]) -> None:
    """They throw each other out; people see whose name it is, and the rightful one loses nothing."""
    start_flowing(production)
    before = production.alerts_before("gateway.two_machines")
    taken_over = production.figure("broker_refused_taken_over_total")
    thief = _thief(production)
    try:
        wait_until(lambda: bool(production.gateway()["two_machines"]), 30, "two machines under one name")
        time.sleep(length(30))
        wait_until(lambda: "took its place" in str(production.gateway()["problems"]), 20, "on the gateway's own line")
        production.wait_told("broker.refused")
    finally:
        thief.communicate(timeout=PATIENCE_S)
    counted = production.figure("broker_refused_taken_over_total") - taken_over
    assert counted >= 2, "their quarrel is counted from the broker's log"
    settle(production, report)
    production.wait_one_alert("gateway.two_machines", before)


def _thief(stand: ProductionStand) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", THIEF, str(stand.secure.plain_port)]
    thief = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert thief.stdin is not None
    thief.stdin.write((stand.folder / "issued" / "edge.password").read_text().strip() + "\n")
    thief.stdin.flush()
    said: IO[str] | None = thief.stdout
    assert said is not None
    assert said.readline() == "up\n"
    return thief
