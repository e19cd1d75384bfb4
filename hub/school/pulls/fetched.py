"""Where a file that was fetched lies while it is read: a folder of the hub's own that nobody else may look into.

Errors: OSError.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_OURS, _MINE = 0o700, 0o600
_log = logging.getLogger(__name__)


def pulled_folder(data_dir: Path) -> Path:
    """A hub's; no other hub has the data folder, so at its start nothing in there is needed."""
    return data_dir / "pulled"


def clear(folder: Path) -> None:
    """Takes away what a hub that was killed left: it may name pupils."""
    try:
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    except FileNotFoundError:
        return
    except OSError as kept:
        _log.warning("what was fetched before cannot be taken away: %s", kept.strerror)


@contextmanager
def private_folder(within: Path | None) -> Iterator[Path]:
    """Gone afterwards with all that is in it. `within` None: where the system has its own."""
    if within is not None:
        within.mkdir(_OURS, parents=True, exist_ok=True)
        within.chmod(_OURS)
    with tempfile.TemporaryDirectory(prefix="pull-", dir=within) as own:
        yield Path(own)


def private_file(path: Path) -> BinaryIO:
    """A new one."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MINE), "w+b")
