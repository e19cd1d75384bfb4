"""The disk under the hub: says so before it is full, and what to do when it is."""

import os
from pathlib import Path

from hub.notice import Notice
from wire.text import Text

MB = 1_000_000
LEAST_MB = 8  # what SQLite and the broker need, whatever store.min_free_mb says
EARLY = 2  # the warning comes at this many times the limit


def free_bytes(folder: Path) -> int | None:
    """None where nobody can say."""
    try:
        figures = os.statvfs(folder)
    except OSError:
        return None
    return figures.f_bavail * figures.f_frsize


def disk_problems(folder: Path, min_free_mb: int) -> list[Notice]:
    """What a person should know of the disk that holds `folder`. Cheap: one system call."""
    free, least = free_bytes(folder), max(min_free_mb, LEAST_MB)
    if free is None or free >= least * EARLY * MB:
        return []
    left = f"{free / MB:.0f} MB"
    if free < least * MB:
        text = Text(
            f"Ổ đĩa của {folder} đầy (còn {left}, cần {least} MB): trung tâm không ghi được, các cổng giữ số liệu. "
            "Hãy xóa bớt tệp hoặc dùng ổ lớn hơn; sau đó mọi thứ tự chạy tiếp",
            f"The disk of {folder} is full ({left} left, {least} MB are needed): the hub stores nothing, gateways "
            "keep their data. Delete files or use a larger disk; everything then goes on by itself",
        )
        return [Notice("disk.full", text, "critical")]
    text = Text(
        f"Ổ đĩa của {folder} sắp đầy (còn {left}); dưới {least} MB trung tâm ngừng ghi. Hãy xóa bớt tệp",
        f"The disk of {folder} is nearly full ({left} left); below {least} MB the hub stores nothing. Delete files",
    )
    return [Notice("disk.nearly_full", text)]
