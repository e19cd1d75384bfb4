"""Secrets that a settings file names: whether anybody but their owner may read them."""

import stat
from pathlib import Path

from classhub.diagnosis.finding import Finding, bad, ok, warning

_CREDENTIALS = Path("/run/credentials")  # systemd's: nobody but the service sees the folder


def check_secrets(named: dict[str, Path | str | None]) -> list[Finding]:
    """Settings key -> file: whether anybody but its owner may read or change it."""
    files = {key: Path(file) for key, file in named.items() if file is not None}
    found = [finding for key, path in files.items() if (finding := _judge(key, path)) is not None]
    if files and not found:
        n = len(files)
        found.append(ok("secrets", f"{n} tệp bí mật, chỉ chủ đọc được", f"{n} secret file(s), for their owner only"))
    return found


def _judge(key: str, path: Path) -> Finding | None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        empty = not path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as broken:
        return bad("secrets", f"{key} {path}: {broken}", f"{key} {path}: {broken}", f"ls -l {path}")
    if empty:
        return bad("secrets", f"{key} {path}: tệp rỗng", f"{key} {path}: is empty", f"ls -l {path}")
    if path.is_relative_to(_CREDENTIALS):
        return None
    mend = f"chmod 600 {path}"
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        vi, en = f"{key} {path}: người khác đọc được ({mode:03o})", f"{key} {path}: others may read it ({mode:03o})"
        return bad("secrets", vi, en, mend)
    if mode & stat.S_IRWXG:
        vi, en = f"{key} {path}: cả nhóm đọc được ({mode:03o})", f"{key} {path}: its group may read it ({mode:03o})"
        return warning("secrets", vi, en, mend)
    return None
