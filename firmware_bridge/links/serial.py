"""A serial port as bytes in and out, without blocking the event loop; the only place that imports pyserial.

A port is named by its path, or by what hangs on it: `usb:VID:PID` or `usb:VID:PID:SERIAL` (hexadecimal numbers), so
that a plug moved to another socket stays the same device.
"""

import asyncio
import contextlib
import errno
import grp
import os
import termios
from pathlib import Path

import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from firmware_bridge.links.line import LinkError, LinkLost, PortBusy, PortForbidden, PortMissing, Supply
from wire.text import Text

_READ_BYTES = 4096
_MAX_PENDING = 64 * 1024


def find_port(port: str) -> str:
    """The path of a port named by path or by USB numbers. Raises PortMissing."""
    if not port.startswith("usb:"):
        return port
    for found in list_ports.comports():
        if is_named(found, port):
            return str(found.device)
    raise PortMissing(
        Text(
            f"không thấy thiết bị {port}; cắm lại, xem danh sách bằng: classhub doctor",
            f"no device {port} is plugged in; plug it in, list them with: classhub doctor",
        )
    )


def is_named(found: ListPortInfo, port: str) -> bool:
    """Whether `usb:VID:PID[:SERIAL]` means this port."""
    if found.vid is None or found.pid is None:
        return False
    names = (f"{found.vid:04x}", f"{found.pid:04x}", (found.serial_number or "").lower())
    wanted = port.removeprefix("usb:").lower().split(":")
    return len(wanted) > 1 and all(one == name for one, name in zip(wanted, names, strict=False))


def supply_of(path: str) -> Supply:
    """Judged by the kernel's name of the port that `path` leads to."""
    name = Path(os.path.realpath(path)).name
    if name.startswith(("ttyUSB", "ttyACM")):
        return Supply.PORT
    return Supply.MACHINE if name.startswith(("ttyAMA", "ttyS")) else Supply.UNKNOWN


class SerialLink:
    """One open port. Made by `open_serial`; used by one task."""

    def __init__(self, port: serial.Serial, path: str) -> None:
        self.path = path
        self._port = port
        self._descriptor = port.fileno()
        self._pending = bytearray()
        self._lost = False
        self._something = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._readable)

    async def read(self, timeout_s: float) -> bytes:
        """What has come, at once or as soon as something comes; empty after `timeout_s`. Raises LinkLost."""
        if not self._something.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._something.wait()
        data = bytes(self._pending)
        self._pending.clear()
        if not self._lost:
            self._something.clear()
        elif not data:
            raise self._gone()
        return data

    def write(self, data: bytes) -> None:
        """Send a short command. Raises LinkLost, also where the port takes no more bytes."""
        try:
            sent = os.write(self._descriptor, data)
        except BlockingIOError:
            sent = 0
        except OSError as broken:
            raise self._gone() from broken
        if sent != len(data):
            raise LinkLost(
                Text(f"cổng {self.path} không nhận dữ liệu", f"port {self.path} takes no data: is the adapter stuck?")
            )

    def close(self) -> None:
        """May be called twice. What was not sent yet is thrown away, so that closing never waits."""
        if not self._port.is_open:
            return
        self._loop.remove_reader(self._descriptor)
        with contextlib.suppress(OSError, termios.error):  # gone already: pyserial lets termios' own error through
            self._port.reset_output_buffer()
        with contextlib.suppress(OSError):
            self._port.close()

    def _readable(self) -> None:
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            # Whoever reads too slowly loses the oldest: framing finds its way, memory stays bounded.
            self._pending += data
            del self._pending[:-_MAX_PENDING]
        else:
            self._lost = True
            self._loop.remove_reader(self._descriptor)
        self._something.set()

    def _gone(self) -> LinkLost:
        return LinkLost(Text(f"mất cổng {self.path}: đã rút dây?", f"port {self.path} is gone: unplugged?"))


def open_serial(port: str, baud: int, parity: str = "N", stop_bits: int = 1) -> SerialLink:
    """Open a port, 8 data bits, for this program alone. Must be called in a running event loop. Raises LinkError."""
    path = find_port(port)
    try:
        opened = serial.Serial(path, baud, parity=parity, stopbits=stop_bits, timeout=0, exclusive=True)
    except serial.SerialException as broken:
        raise _reason(path, broken) from broken
    except (OSError, ValueError, termios.error) as broken:  # termios: torn out while it was being set up
        raise _unusable(path, str(broken)) from broken
    try:
        return SerialLink(opened, path)
    except (OSError, NotImplementedError) as broken:  # a file that cannot be waited for
        opened.close()
        raise _unusable(path, str(broken)) from broken


def _reason(path: str, broken: serial.SerialException) -> LinkError:
    if broken.errno in {errno.ENOENT, errno.ENXIO, errno.ENODEV}:
        return PortMissing(Text(f"không có cổng {path}: chưa cắm?", f"there is no port {path}: not plugged in?"))
    if broken.errno in {errno.EAGAIN, errno.EBUSY}:
        return PortBusy(
            Text(
                f"cổng {path} đang được chương trình khác dùng; tìm bằng: fuser -v {path}",
                f"port {path} is in use by another program; find it with: fuser -v {path}",
            )
        )
    if broken.errno in {errno.EACCES, errno.EPERM}:
        group = _group(path)
        return PortForbidden(
            Text(
                f"không có quyền mở {path}; chạy: sudo usermod -aG {group} $USER rồi đăng nhập lại",
                f"not allowed to open {path}; run: sudo usermod -aG {group} $USER, then log in again",
            )
        )
    return _unusable(path, str(broken))


def _unusable(path: str, why: str) -> LinkError:
    return LinkError(Text(f"{path} không dùng được làm cổng: {why}", f"{path} cannot be used as a port: {why}"))


def _group(path: str) -> str:
    """The group that may open the port: dialout on Debian, uucp elsewhere."""
    try:
        name = grp.getgrgid(Path(path).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"
    return "dialout" if name == "root" else name
