"""What a hub stands on: its data folder and databases, claimed and opened before anything runs, or refused in words."""

import asyncio
import fcntl
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import Engine

from hub.backup.restore import MARKER
from hub.config import HubConfig
from hub.db.engine import DatabaseUnusable, open_database
from hub.server_clock import ServerClock
from hub.stores.duckdb import DuckDbSeries
from hub.stores.series import SeriesStore, StoreDown
from wire.text import Text

if TYPE_CHECKING:
    from hub.db.claim import Claim

MB = 1_000_000
CLAIM_WAIT_S = 2.0  # what a hub that was killed just now needs to be gone


class ServiceError(Exception):
    """The hub cannot start or go on; `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


async def claim_folder(folder: Path, stack: AsyncExitStack) -> None:
    """One hub a data folder: two would share a broker's store and a database. The kernel lets go when we end."""
    claim = stack.enter_context(_lock_file(folder))
    until = time.monotonic() + CLAIM_WAIT_S
    while True:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            if time.monotonic() >= until:
                raise ServiceError(
                    Text(
                        f"thư mục {folder} đang do một trung tâm khác dùng: hãy tắt nó, hoặc đổi hub.data_dir",
                        f"another hub is using the folder {folder}: stop it, or change hub.data_dir",
                    )
                ) from held
            await asyncio.sleep(0.1)
        else:
            return


def _lock_file(folder: Path) -> BinaryIO:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (folder / "hub.lock").open("ab")
    except OSError as refused:
        raise unusable(folder, refused) from refused


def refuse_half_restored(folder: Path) -> None:
    """What is there is neither the old hub nor a new one."""
    if (folder / MARKER).exists():
        raise ServiceError(
            Text(
                f"lần khôi phục vào {folder} chưa xong: hãy chạy lại classhub restore với cùng tệp sao lưu "
                f"(hoặc làm lại từ đầu: xóa cơ sở dữ liệu, kho số liệu và {MARKER})",
                f"the restore into {folder} is not finished: run classhub restore with the same archive again "
                f"(or begin anew: clear the databases and {MARKER})",
            )
        )


def open_state(config: HubConfig) -> Engine:
    try:
        return open_database(config.state_url)
    except DatabaseUnusable as refused:
        raise ServiceError(refused.text) from refused


async def claim_state(config: HubConfig, engine: Engine, stack: AsyncExitStack) -> "Claim | None":
    """One hub of a name in a PostgreSQL database; with SQLite the folder says so already."""
    if config.state.kind == "sqlite":
        return None
    from hub.db.claim import Claim  # with the driver, which the embedded stack does not need

    claim = Claim(engine, config.hub.id)
    stack.callback(claim.release)
    until = time.monotonic() + CLAIM_WAIT_S
    while not claim.take():
        if time.monotonic() >= until:
            raise ServiceError(claim.refusal)
        await asyncio.sleep(0.2)
    return claim


def open_series(config: HubConfig, engine: Engine, clock: ServerClock) -> SeriesStore:
    """Neither is asked for anything yet: a store that is away keeps no hub from starting."""
    if config.store.kind == "duckdb":
        return DuckDbSeries(config.series_path, config.store.min_free_mb * MB)
    from hub.stores.influx.setup import token_of
    from hub.stores.influxdb import InfluxSeries  # with its client, which the embedded stack does not need

    try:
        return InfluxSeries(config.influxdb, token_of(config.influxdb), engine, clock.now_ms)
    except StoreDown as missing:
        raise ServiceError(missing.text) from missing


def unusable(folder: Path, refused: OSError) -> ServiceError:
    return ServiceError(
        Text(
            f"không dùng được thư mục hub.data_dir {folder}: {refused.strerror}; sửa quyền hoặc chọn thư mục khác",
            f"cannot use the folder hub.data_dir {folder}: {refused.strerror}; mend its rights or choose another",
        )
    )
