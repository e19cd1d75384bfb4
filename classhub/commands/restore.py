"""`classhub restore FILE --config hub.toml [--only …]`: an archive into an empty stack, whichever databases it has.

Exit 0: everything is there, counted. 1: it cannot be done so, or a count differs. 2: wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub import audit
from hub.backup.archive import ArchiveReader
from hub.backup.configuration import read_configuration
from hub.backup.contents import SCOPES, ArchiveBroken
from hub.backup.jobs import alone, explained
from hub.backup.place import now_ms
from hub.backup.restore import MARKER, Outcome, restore
from hub.backup.state import RestoreRefused
from hub.config import HubConfig, load_config
from hub.db.engine import open_database
from hub.stores.series import StoreDown
from wire.settings import SettingsError
from wire.text import Text

EXPECTED = (StoreDown, ArchiveBroken, RestoreRefused, SQLAlchemyError, OSError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="tệp sao lưu / the archive")
    parser.add_argument("--config", type=Path, required=True, help="hub.toml; chưa có thì lấy trong bản sao lưu")
    parser.add_argument("--only", choices=SCOPES, help="chỉ một phần / one part only")
    parser.add_argument("--json", action="store_true", help="cho máy đọc / for machines")


def run(arguments: argparse.Namespace) -> int:
    scopes = frozenset([arguments.only] if arguments.only else SCOPES)
    try:
        with ArchiveReader(arguments.file) as reader:
            if "configuration" in scopes:
                _configure(arguments.config, reader)
            outcome = _restore(load_config(arguments.config), reader, scopes - {"configuration"})
    except SettingsError as wrong:
        return _fail(str(wrong))
    except EXPECTED as failed:
        said = explained(failed)
        return _fail(said.both() if said else str(failed))
    except KeyboardInterrupt:
        return _fail(f"dừng giữa chừng: chạy lại lệnh này / stopped in the middle: run it again ({MARKER})")
    _show(arguments, outcome)
    return 1 if outcome.differences else 0


def _configure(toml: Path, reader: ArchiveReader) -> None:
    """On stderr, for the person: what was written, what is not in the archive."""
    if toml.exists():
        _note(f"{toml}: giữ nguyên / kept as it is")
        return
    for written in read_configuration(reader, toml):
        _note(f"{written.path}: đã ghi / written")
        if written.wanted is not None:
            _note(f"  hub.toml tìm nó ở / looks for it at: {written.wanted}")
    if reader.manifest.left_out:
        _note(f"không có trong bản sao lưu / not in the archive: {', '.join(reader.manifest.left_out)}")


def _restore(config: HubConfig, reader: ArchiveReader, scopes: frozenset[str]) -> Outcome:
    if not scopes:
        return Outcome(0, [], [])
    with alone(config.hub.data_dir) as ours:
        if not ours:
            folder = config.hub.data_dir
            raise RestoreRefused(
                Text(
                    f"một trung tâm đang chạy trên {folder}: hãy tắt nó trước",
                    f"a hub runs on {folder}: stop it first",
                )
            )
        engine = open_database(config.state_url)
        try:
            with _claimed(config, engine):
                outcome = restore(config, engine, reader, scopes, _progress, now_ms())
            what = f"restore {', '.join(sorted(scopes))} of {reader.digest[:16]}"
            audit.record(engine, audit.command_line_user(), what, now_ms())
        finally:
            engine.dispose()
    return outcome


@contextmanager
def _claimed(config: HubConfig, engine: Engine) -> Iterator[None]:
    """In PostgreSQL, a hub on another machine may have the database."""
    if config.state.kind == "sqlite":
        yield
        return
    from hub.db.claim import Claim

    claim = Claim(engine, config.hub.id)
    try:
        if not claim.take():
            raise RestoreRefused(claim.refusal)
        yield
    finally:
        claim.release()


def _progress(said: Text) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{said.both()}", end="", file=sys.stderr, flush=True)


def _show(arguments: argparse.Namespace, outcome: Outcome) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    if arguments.json:
        print(json.dumps(msgspec.to_builtins(outcome), ensure_ascii=False))
        return
    for note in outcome.notes:
        print(note.both())
    for each in outcome.differences:
        print(f"KHÁC / DIFFERS  {each.where}: {each.wanted:,} -> {each.found:,}")
    if not outcome.differences:
        print(f"{arguments.file}: {outcome.compared} số đếm đều khớp / counts compared, all equal")


def _note(said: str) -> None:
    print(said, file=sys.stderr)


def _fail(said: str) -> int:
    print(f"classhub restore: {said}", file=sys.stderr)
    return 1
