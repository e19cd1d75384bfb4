"""The long jobs a running hub does for the command line, and what their errors mean to people."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.backup.backup import back_up
from hub.backup.contents import ArchiveBroken
from hub.backup.place import Tell, now_ms
from hub.backup.state import RestoreRefused
from hub.config import HubConfig
from hub.control import Control, JobFailed
from hub.db.engine import DatabaseUnusable, unwritable
from hub.stores.series import SeriesStore, StoreDown
from wire.text import Text

LOCK = "hub.lock"


def control(config: HubConfig, engine: Engine, store: SeriesStore) -> Control:
    """The socket of a hub that has this database and this store open."""

    def backup(_arguments: dict[str, str], file: BinaryIO | None, tell: Tell) -> object:
        if file is None:
            raise JobFailed(Text("thiếu tệp", "the request came without a file to write to"))
        return back_up(config, engine, store, file, tell, now_ms())

    return Control(config.hub.data_dir, {"backup": backup}, explained)


def explained(failed: BaseException) -> Text | None:
    """None: nothing that is to be expected."""
    if isinstance(failed, (StoreDown, RestoreRefused, ArchiveBroken, JobFailed, DatabaseUnusable)):
        return failed.text
    if isinstance(failed, SQLAlchemyError):
        return unwritable(failed)
    if isinstance(failed, OSError):
        where = f"{failed.filename}: " if failed.filename else ""
        why = failed.strerror or str(failed)
        return Text(f"{where}không đọc hoặc ghi được ({why})", f"{where}cannot be read or written ({why})")
    return None


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether no hub runs on this data folder; while it is so and we are here, none starts. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
