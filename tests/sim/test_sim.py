"""The broker and the relay of the tests do what they say."""

import socket
from pathlib import Path

import pytest

from tests.sim.broker import Mosquitto
from tests.sim.relay import Relay

CONNECT = bytes([0x10, 0x0D, 0, 4]) + b"MQTT" + bytes([4, 2, 0, 30, 0, 1]) + b"a"
CONNACK = bytes([0x20, 2, 0, 0])


@pytest.mark.broker
def test_relay_passes_holds_and_refuses(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, Relay(broker.port) as relay:
        with socket.create_connection(("127.0.0.1", relay.port), timeout=2) as one:
            one.sendall(CONNECT)
            assert one.recv(4) == CONNACK
        relay.black_hole()
        with socket.create_connection(("127.0.0.1", relay.port), timeout=0.3) as two:
            two.sendall(CONNECT)
            with pytest.raises(TimeoutError):
                two.recv(4)
            relay.restore()
            two.settimeout(3)
            assert two.recv(4) == CONNACK
            relay.cut()
            assert two.recv(4) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", relay.port), timeout=2)
        relay.restore()
        broker.kill()
        broker.start()
        with socket.create_connection(("127.0.0.1", relay.port), timeout=2) as three:
            three.sendall(CONNECT)
            assert three.recv(4) == CONNACK
