"""What touches the machine: the word to systemd, and the account of bytes written."""

import os
import socket
import tempfile
from pathlib import Path

import pytest

from edge.flash import FlashMeter, written_bytes
from edge.notify import notify, watchdog_interval_s


def test_systemd_hears_of_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notify("READY=1")  # nobody listens: nothing happens
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        address = str(tmp_path / "notify")
        systemd.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("WATCHDOG=1")
        assert systemd.recv(100) == b"WATCHDOG=1"
    notify("STOPPING=1")  # the listener is gone: nothing happens


@pytest.mark.parametrize(("text", "seconds"), [("30000000", 15.0), ("", None), ("x", None), ("0", None)])
def test_the_watchdog_is_fed_twice_an_interval(
    monkeypatch: pytest.MonkeyPatch, text: str, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", text)
    assert watchdog_interval_s() == seconds


def test_bytes_written_are_the_kernel_s_account() -> None:
    before = written_bytes()
    with tempfile.TemporaryFile(dir="/var/tmp") as file:  # of a disk: the kernel counts no memory
        file.write(os.urandom(1_000_000))
        file.flush()
        os.fsync(file.fileno())
    if written_bytes() == before:
        pytest.skip("this file system keeps no account (tmpfs)")
    assert 1_000_000 <= written_bytes() - before < 3_000_000
    meter = FlashMeter(5_000, 0.0)
    assert meter.total() >= 5_000
    assert meter.per_day(300.0) == 0  # no forecast from a burst
    assert meter.per_day(3_600.0) >= 0
