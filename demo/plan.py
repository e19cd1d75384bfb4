"""What all processes of one demo have to agree on: ports, folder and the moment it began; kept as one JSON file."""

import os
import socket
from itertools import islice
from pathlib import Path

import msgspec

from demo.life import Past

HOST = "127.0.0.1"
LOOPBACK_PORTS = range(20_000, 32_000)
FILE = "plan.json"
PORTS = "ports"  # where the simulated serial lines are found
PAST_FILE, DIARY_FILE = "past.json", "diary.json"
# The uplink of one gateway is cut after two minutes for a minute and a half, and again every ten minutes.
FIRST_OUTAGE_S, OUTAGE_S, EVERY_S = 120.0, 90.0, 600.0
CUT_GATEWAY = "cong-a2"


class Plan(msgspec.Struct, frozen=True):
    """One demo. Ports are on loopback: web pages, the hub's broker, the cut cable, the schools' local broker,
    and those of two displays.
    """

    place: str  # the folder, as JSON can say it
    started_ms: int
    web_port: int
    broker_port: int
    relay_port: int
    local_port: int
    board_port: int
    projector_port: int

    @property
    def folder(self) -> Path:
        return Path(self.place)

    def uplink_port(self, gateway: str) -> int:
        """Where a gateway finds its hub's broker; one goes through a cable that is cut now and then."""
        return self.relay_port if gateway == CUT_GATEWAY else self.broker_port

    def hub_toml(self) -> Path:
        return self.folder / "hub" / "hub.toml"

    def edge_toml(self, gateway: str) -> Path:
        return self.folder / gateway / "edge.toml"

    def serial_port(self, device: str) -> Path:
        return self.folder / PORTS / device


def save(plan: Plan, past: Past) -> None:
    (plan.folder / FILE).write_bytes(msgspec.json.encode(plan))
    (plan.folder / PAST_FILE).write_bytes(msgspec.json.encode(past))


def load(folder: Path) -> tuple[Plan, Past]:
    plan = msgspec.json.decode((folder / FILE).read_bytes(), type=Plan)
    return plan, msgspec.json.decode((folder / PAST_FILE).read_bytes(), type=Past)


def free_ports(count: int) -> list[int]:
    """Loopback ports nobody listens on at this moment, of those the kernel gives to nobody while a part restarts."""
    begin = os.getpid() * 1_009  # two demos side by side begin far from each other
    many = len(LOOPBACK_PORTS)
    found = (LOOPBACK_PORTS[(begin + at) % many] for at in range(many))
    free = list(islice((port for port in found if not port_taken(port)), count))
    if len(free) < count:
        raise OSError(f"no {count} free ports from {LOOPBACK_PORTS[0]} to {LOOPBACK_PORTS[-1]}")
    return free


def port_taken(port: int) -> bool:
    """Whether somebody listens there now (a port just freed does not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def outage(elapsed_s: float) -> tuple[bool, float]:
    """Whether the cable is cut now, and in how many seconds that changes."""
    since = elapsed_s - FIRST_OUTAGE_S
    if since < 0:
        return False, -since
    phase = since % EVERY_S
    return (True, OUTAGE_S - phase) if phase < OUTAGE_S else (False, EVERY_S - phase)
