"""`classhub backup FILE --config hub.toml`, and `--check FILE`: one archive of a whole hub, also while it runs.

Exit 0: written, or whole. 1: it cannot be done so, or the archive is damaged. 2: wrong usage.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from hub.backup.archive import ArchiveReader
from hub.backup.backup import Summary, back_up, summary
from hub.backup.contents import ArchiveBroken
from hub.backup.jobs import alone, explained
from hub.backup.place import now_ms, opened_series
from hub.config import HubConfig, load_config
from hub.control import JobFailed, NoHub, Request, ask
from hub.db.engine import open_database
from hub.stores.series import StoreDown
from wire.settings import SettingsError
from wire.text import Text

ARCHIVE_MODE = 0o600
EXPECTED = (StoreDown, ArchiveBroken, JobFailed, SQLAlchemyError, OSError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="tệp sao lưu / the archive")
    parser.add_argument("--config", type=Path, help="hub.toml")
    parser.add_argument("--check", action="store_true", help="chỉ kiểm tra tệp / only look whether it is whole")
    parser.add_argument("--json", action="store_true", help="cho máy đọc / for machines")


def run(arguments: argparse.Namespace) -> int:
    if not arguments.check and arguments.config is None:
        print("classhub backup: thiếu / needs --config hub.toml", file=sys.stderr)
        return 2
    try:
        done = _check(arguments.file) if arguments.check else _write(load_config(arguments.config), arguments.file)
    except SettingsError as wrong:
        return _fail(str(wrong))
    except EXPECTED as failed:
        said = explained(failed)
        return _fail(said.both() if said else str(failed))
    _show(arguments, done)
    return 0


def _check(path: Path) -> Summary:
    """Every part against its SHA-256."""
    with ArchiveReader(path) as reader:
        return summary(reader.manifest, reader.digest)


def _write(config: HubConfig, path: Path) -> Summary:
    """The embedded store has one owner: where a hub runs, it does the work and we only hold the file."""
    with _part(path) as file, alone(config.hub.data_dir) as ours:
        if ours or config.store.kind != "duckdb":
            return _directly(config, file)
        try:
            said = ask(config.hub.data_dir, Request("backup"), _progress, file)
        except NoHub as missing:
            raise JobFailed(_no_socket(config, missing)) from missing
        return msgspec.convert(said, Summary)


def _directly(config: HubConfig, file: BinaryIO) -> Summary:
    engine = open_database(config.state_url)
    try:
        with opened_series(config, config.store.kind, engine) as store:
            return back_up(config, engine, store, file, _progress, now_ms())
    finally:
        engine.dispose()


@contextmanager
def _part(path: Path) -> Iterator[BinaryIO]:
    """FILE.part, which becomes FILE when everything is on the disk; an archive that is there is never lost half way."""
    if path.is_dir():
        raise IsADirectoryError(21, "là thư mục / is a folder", str(path))
    unfinished = path.with_name(path.name + ".part")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, ARCHIVE_MODE)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), ARCHIVE_MODE)  # also where an older one lay there
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    unfinished.replace(path)
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _no_socket(config: HubConfig, missing: NoHub) -> Text:
    folder = config.hub.data_dir
    return Text(
        f"một trung tâm đang dùng {folder} nhưng không nghe ở hub.sock ({missing}): hãy tắt nó rồi chạy lại",
        f"a hub uses {folder} but does not listen on hub.sock ({missing}): stop it and run this again",
    )


def _progress(said: Text) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{said.both()}", end="", file=sys.stderr, flush=True)


def _show(arguments: argparse.Namespace, done: Summary) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    size_bytes = arguments.file.stat().st_size
    if arguments.json:
        print(json.dumps({"file": str(arguments.file), "size_bytes": size_bytes} | msgspec.to_builtins(done)))
        return
    verdict = "nguyên vẹn / whole" if arguments.check else "đã ghi / written"
    print(f"{arguments.file}: {verdict}, {size_bytes / 1e6:.1f} MB")
    for words, figure in (
        ("dòng trạng thái / rows of state", done.rows),
        ("giá trị / values", done.values),
        ("khoảng tổng hợp / windows summed up", done.windows),
        ("phút của phòng / minutes of rooms", done.minutes),
    ):
        print(f"  {figure:>12,}  {words}")
    print(f"  sha256 {done.digest}")
    if done.left_out:
        print(f"  không kèm (bí mật) / left out (secrets): {', '.join(done.left_out)}")


def _fail(said: str) -> int:
    print(f"classhub backup: {said}", file=sys.stderr)
    return 1
