"""Runs a program under a unit's own system call filter and memory rule: `python sandbox.py UNIT PROGRAM WORDS…`.

What the filter forbids kills the program here instead of answering EPERM, so that nothing passes unnoticed. Stands in
for a running systemd, which no test machine has; built with libseccomp, which systemd itself uses.
"""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE = 38, 65


def settings(unit: Path, key: str) -> list[str]:
    lines = [line.strip() for line in unit.read_text(encoding="utf-8").splitlines()]
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def members(name: str) -> set[str]:
    """The system calls of a group, as systemd resolves it; a plain call is itself."""
    if not name.startswith("@"):
        return {name}
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True
    ).stdout
    inner = [line.strip() for line in told.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return {call for one in inner for call in members(one)}


def allowed(unit: Path) -> set[str]:
    """What a list of SystemCallFilter= lines leaves; systemd always adds @default."""
    found = members("@default") | {"execve"}
    for line in settings(unit, "SystemCallFilter"):
        calls = {call for name in line.removeprefix("~").split() for call in members(name)}
        found = found - calls if line.startswith("~") else found | calls
    return found


def confine(unit: Path) -> None:
    """From now on, and for every child."""
    calls = allowed(unit) | (
        {"fchown"} if os.geteuid() == 0 else set()
    )  # SQLite's, for root only; a unit runs as a user
    library, libc = ctypes.CDLL("libseccomp.so.2"), ctypes.CDLL(None)
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(KILL_PROCESS)))
    for call in calls:
        number = library.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:
            library.seccomp_rule_add(rules, ctypes.c_uint32(ALLOW), number, 0)
    if settings(unit, "MemoryDenyWriteExecute") == ["yes"] and libc.prctl(PR_SET_MDWE, 1, 0, 0, 0):
        sys.stderr.write("this kernel (before 6.3) knows no PR_SET_MDWE: memory rule not tried\n")
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or library.seccomp_load(rules):
        raise SystemExit("the kernel takes no filter")


if __name__ == "__main__":
    confine(Path(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  # the test names the program
