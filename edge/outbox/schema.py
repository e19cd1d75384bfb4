"""The outbox file: its tables, how it is opened, how a broken one is set aside."""

import sqlite3
from pathlib import Path

# A commit a second holds about four rows: small pages, together with packed rows (edge.outbox.packing), keep small what
# is written to flash. By the kernel's account, 20 devices x 5 values every 5 s, with day-old rows being forgotten:
# 640 MB a day with pages of 1024 bytes and plain rows, 540 with packed rows, 500 with pages of 512 bytes besides.
PAGE_BYTES = 512
_CHECKPOINT_PAGES = 8192
_CHECK_ALWAYS_BYTES = 64 * 1024 * 1024
_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS anchor (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, known INTEGER NOT NULL,
    offset_ms INTEGER NOT NULL, error_ms INTEGER NOT NULL DEFAULT 0, age_base_ms INTEGER NOT NULL,
    corrected INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS tele (n INTEGER PRIMARY KEY, anchor INTEGER NOT NULL, mono_ms INTEGER NOT NULL,
    fixed INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS event (n INTEGER PRIMARY KEY, anchor INTEGER NOT NULL, mono_ms INTEGER NOT NULL,
    fixed INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS aside (id INTEGER PRIMARY KEY, stream TEXT NOT NULL, epoch TEXT NOT NULL,
    n INTEGER NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS command (id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS memory (source TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (source, key)) WITHOUT ROWID;
"""


class OutboxCorruptError(Exception):
    """The file is not a sound database; the text says what SQLite found."""


def is_corruption(broken: sqlite3.Error) -> bool:
    code = getattr(broken, "sqlite_errorcode", None)
    return code is not None and (code & 0xFF) in _CORRUPT


def connect(path: Path, *, max_pages: int | None = None) -> sqlite3.Connection:
    """Open or create the file, durable to every commit. Raises OutboxCorruptError, sqlite3.OperationalError."""
    link = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        _prepare(link, path, max_pages)
    except sqlite3.DatabaseError as broken:
        link.close()
        if is_corruption(broken):
            raise OutboxCorruptError(str(broken)) from broken
        raise
    except OutboxCorruptError:
        link.close()
        raise
    return link


def _prepare(link: sqlite3.Connection, path: Path, max_pages: int | None) -> None:
    link.execute(f"PRAGMA page_size={PAGE_BYTES}")
    link.execute("PRAGMA journal_mode=WAL")
    # FULL: the commit is on the medium before a row is sent, so a power cut never forgets a number in use.
    link.execute("PRAGMA synchronous=FULL")
    link.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
    link.execute("PRAGMA journal_size_limit=8388608")
    link.execute("PRAGMA cache_size=-1024")
    if max_pages is not None:
        link.execute(f"PRAGMA max_page_count={max_pages}")
    link.executescript(_TABLES)
    if path.stat().st_size <= _CHECK_ALWAYS_BYTES or not _ended_well(link):
        found = link.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise OutboxCorruptError(str(found)[:150])


def _ended_well(link: sqlite3.Connection) -> bool:
    row = link.execute("SELECT value FROM meta WHERE key='clean'").fetchone()
    return row is not None and row[0] == b"1"


def set_aside(path: Path, now_ms: int) -> Path:
    """Rename a corrupt file and its companions; nothing is ever deleted. Returns the new name."""
    target = path.with_name(f"{path.stem}.corrupt-{now_ms // 1000}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.stem}.corrupt-{now_ms // 1000}-{number}")
    for ending in ("", "-wal", "-shm"):
        companion = path.with_name(path.name + ending)
        if companion.exists():
            companion.rename(target.with_name(target.name + ending))
    return target
