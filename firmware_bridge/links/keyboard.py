"""A reader that types like a keyboard, as a line: its key events from /dev/input, kept from the rest of the machine.

Source: Linux include/uapi/linux/input.h: struct input_event has two longs for its time, so 24 bytes on 64-bit machines
        and 16 on 32-bit ones; EVIOCGRAB is _IOW('E', 0x90, int).
What comes out is always the 24-byte form, which firmware_bridge.devices.identity.wedge reads.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import struct
from collections import deque

from firmware_bridge.links.line import LinkError, LinkLost, PortBusy, PortForbidden, PortMissing
from wire.text import Text

PREFIX = "keyboard:"
_EVIOCGRAB = 0x40044590
_HERE = struct.Struct("@llHHi")  # as this machine's kernel writes it
_WIDE = struct.Struct("<qqHHi")
_READ_EVENTS = 64
_MOST_WAITING = 4096  # events nobody has read yet


class KeyboardLine:
    """One open event device. Made by `open_keyboard`; used by one task."""

    def __init__(self, descriptor: int, path: str) -> None:
        self.path = path
        self._descriptor = descriptor
        self._half = b""
        self._waiting: deque[bytes] = deque(maxlen=_MOST_WAITING)
        self._lost = False
        self._something = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(descriptor, self._readable)

    async def read(self, timeout_s: float) -> bytes:
        """Whole events, as many as have come; empty after `timeout_s`. Raises LinkLost."""
        if not self._something.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):  # wait_for of Python 3.11 may swallow a cancellation
                    await self._something.wait()
        data = b"".join(self._waiting)
        self._waiting.clear()
        if not self._lost:
            self._something.clear()
        elif not data:
            raise LinkLost(Text(f"mất {self.path}: đã rút dây?", f"{self.path} is gone: unplugged?"))
        return data

    def write(self, data: bytes) -> None:
        """A reader of this kind takes nothing."""

    def close(self) -> None:
        """May be called twice, and never waits; the grab ends with it."""
        if self._descriptor < 0:
            return
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1

    def _readable(self) -> None:
        try:
            data = os.read(self._descriptor, _READ_EVENTS * _HERE.size)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._lost = True
            self._loop.remove_reader(self._descriptor)
        self._half += data
        whole = len(self._half) - len(self._half) % _HERE.size
        for event in _HERE.iter_unpack(self._half[:whole]):
            self._waiting.append(_WIDE.pack(*event))
        self._half = self._half[whole:]
        self._something.set()


def open_keyboard(address: str) -> KeyboardLine:
    """Open `keyboard:PATH`. Must be called in a running event loop. Raises LinkError."""
    path = address.removeprefix(PREFIX)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as broken:
        raise _reason(path, broken) from broken
    try:
        _grab(descriptor, path)
        return KeyboardLine(descriptor, path)
    except LinkError:
        os.close(descriptor)
        raise
    except (OSError, NotImplementedError) as broken:  # a file that cannot be waited for
        os.close(descriptor)
        raise _unusable(path, str(broken)) from broken


def _grab(descriptor: int, path: str) -> None:
    """Take the device for ourselves, so that numbers are not typed into a console. What is no event device has none."""
    try:
        fcntl.ioctl(descriptor, _EVIOCGRAB, 1)
    except OSError as refused:
        if refused.errno == errno.EBUSY:
            raise PortBusy(
                Text(
                    f"{path} đang được chương trình khác giữ; tìm bằng: fuser -v {path}",
                    f"{path} is held by another program; find it with: fuser -v {path}",
                )
            ) from refused


def _reason(path: str, broken: OSError) -> LinkError:
    if broken.errno in {errno.ENOENT, errno.ENXIO, errno.ENODEV}:
        return PortMissing(
            Text(f"không có {path}: chưa cắm đầu đọc?", f"there is no {path}: is the reader plugged in?")
        )
    if broken.errno in {errno.EACCES, errno.EPERM}:
        return PortForbidden(
            Text(
                f"không có quyền mở {path}; chạy: sudo usermod -aG input $USER rồi đăng nhập lại",
                f"not allowed to open {path}; run: sudo usermod -aG input $USER, then log in again",
            )
        )
    return _unusable(path, broken.strerror or str(broken))


def _unusable(path: str, why: str) -> LinkError:
    return LinkError(Text(f"{path} không dùng được làm đầu đọc: {why}", f"{path} cannot be used as a reader: {why}"))
