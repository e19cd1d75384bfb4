"""The long jobs a running hub does for the command line, and what their errors mean to people."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.backup.backup import back_up
from hub.backup.contents import ArchiveBroken
from hub.backup.migrate import Migration, Outcome
from hub.backup.place import Kind, Tell, now_ms, oldest_raw_ms, opened_series
from hub.backup.state import RestoreRefused
from hub.config import HubConfig
from hub.control import Control, JobFailed
from hub.db.engine import DatabaseUnusable, unwritable
from hub.stores.influx.http import Refused
from hub.stores.series import SeriesStore, StoreDown
from wire.text import Text

LOCK = "hub.lock"


def control(config: HubConfig, engine: Engine, store: SeriesStore) -> Control:
    """The socket of a hub that has this database and this store open."""

    def backup(_arguments: dict[str, str], file: BinaryIO | None, tell: Tell) -> object:
        if file is None:
            raise JobFailed(Text("thiếu tệp", "the request came without a file to write to"))
        return back_up(config, engine, store, file, tell, now_ms())

    def migrate(arguments: dict[str, str], _file: BinaryIO | None, tell: Tell) -> object:
        direction_of(arguments, config.store.kind)
        return migrated(config, engine, store, arguments, tell)

    return Control(config.hub.data_dir, {"backup": backup, "migrate": migrate}, explained)


def direction_of(arguments: dict[str, str], running: Kind | None) -> tuple[Kind, Kind]:
    """Raises JobFailed where a hub writes into the very store that is to be filled."""
    direction = (arguments.get("from"), arguments.get("to"))
    if direction not in {("duckdb", "influxdb"), ("influxdb", "duckdb")}:
        raise JobFailed(Text(f"không rõ chiều {direction}", f"no such direction: {direction}"))
    if running == direction[1]:
        raise JobFailed(
            Text(
                f"trung tâm đang ghi vào kho {running}: hãy tắt nó, lệnh này chép phần còn lại vào đó",
                f"a hub runs on the {running} store: stop it, then this command fills that store with the rest",
            )
        )
    return direction


def migrated(
    config: HubConfig, engine: Engine, source: SeriesStore | None, arguments: dict[str, str], tell: Tell
) -> Outcome:
    """One pass of `classhub store migrate`; `source` is the store a running hub has open."""
    direction = direction_of(arguments, None)
    with ExitStack() as stack:
        stores = {
            kind: source
            if source is not None and kind == direction[0]
            else stack.enter_context(opened_series(config, kind, engine))
            for kind in direction
        }
        oldest_ms = oldest_raw_ms(config, direction[1], now_ms())
        migration = Migration(engine, stores, direction, config.hub.data_dir, oldest_ms)
        return migration.run(tell, dry_run=bool(arguments.get("dry_run")))


def explained(failed: BaseException) -> Text | None:
    """None: nothing that is to be expected."""
    if isinstance(failed, (StoreDown, RestoreRefused, ArchiveBroken, JobFailed, DatabaseUnusable)):
        return failed.text
    if isinstance(failed, SQLAlchemyError):
        return unwritable(failed)
    if isinstance(failed, Refused):
        return Text(f"InfluxDB từ chối: {failed}", f"InfluxDB refuses: {failed}")
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
