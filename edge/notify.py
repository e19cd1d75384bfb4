"""A word to systemd, where it started us: ready, alive, stopping (sd_notify(3), Type=notify, WatchdogSec)."""

import os
import socket


def notify(state: str) -> None:
    """Send `state`, for instance "READY=1"; does nothing where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            return  # the supervisor is gone: work goes on


def watchdog_interval_s() -> float | None:
    """How often "WATCHDOG=1" is due (half of what systemd allows); None without a watchdog."""
    allowed_us = os.environ.get("WATCHDOG_USEC", "")
    return int(allowed_us) / 2_000_000 if allowed_us.isdigit() and int(allowed_us) > 0 else None
