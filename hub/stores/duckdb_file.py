"""The DuckDB file of the embedded store: opened when needed, reopened after a fault, never while the disk is full.

Two connections: one that writes and one that reads, so that a slow page does not delay a commit.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from hub.stores.series import StoreDown
from wire.text import Text

# What is our own mistake stays an error; everything else DuckDB says is about disk, memory, locks or the file.
_OURS = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConstraintException,
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.NotImplementedException,
)
_MEBIBYTE = 1024 * 1024
_NO_STORE = "not a valid DuckDB database"
_MOVE_AWAY = Text(
    "tệp đã hỏng: hãy khôi phục từ bản sao lưu, hoặc dời nó đi để bắt đầu kho mới",
    "the file is damaged: restore it from a backup, or move it away to begin a new store",
)
_LOOK_AT_DISK = Text(
    "hãy kiểm tra chỗ trống và quyền ghi của ổ đĩa", "check the disk's free space and the right to write"
)


class DuckDbFile:
    """`prepare` is called with the writing connection after each opening, inside a transaction."""

    def __init__(
        self, path: Path, min_free_bytes: int, memory_mb: int, prepare: Callable[[duckdb.DuckDBPyConnection], None]
    ) -> None:
        self.path = path
        self._min_free_bytes = min_free_bytes
        self._memory_mb = memory_mb
        self._prepare = prepare
        self._write_lock = threading.RLock()
        self._read_lock = threading.RLock()
        self._writer: duckdb.DuckDBPyConnection | None = None
        self._reader: duckdb.DuckDBPyConnection | None = None
        self._broken = False
        self._closed = False

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction: committed on leaving, rolled back on any error. Raises StoreDown."""
        with self._write_lock:
            self._check_space()
            connection = self._opened()
            with self._translated():
                connection.execute("BEGIN")
                try:
                    yield connection
                except BaseException:
                    self._roll_back(connection)
                    raise
                self._commit(connection)

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to read with. Raises StoreDown."""
        if self._reader is None or self._broken:
            self.ensure_open()  # takes the write lock, so never inside the read lock: `_drop` takes them the other way
        with self._read_lock:
            reader = self._reader
            if reader is None:
                raise _closed()
            with self._translated():
                yield reader

    @contextmanager
    def beside(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for long reading, which neither pages nor commits wait for. Raises StoreDown."""
        with self._write_lock:
            writer = self._opened()
            with self._translated():
                connection = writer.cursor()
        try:
            with self._translated():
                yield connection
        finally:
            with suppress(duckdb.Error):
                connection.close()

    def ensure_open(self) -> None:
        """Open the file where it is not. Waits for writers only, never for a page. Raises StoreDown."""
        with self._write_lock:
            self._opened()

    def interrupt_reading(self) -> None:
        """Stop the query that runs on the reading connection; it raises StoreDown there."""
        reader = self._reader
        if reader is not None:
            reader.interrupt()

    def size_bytes(self) -> int:
        files = (self.path, self.path.with_name(self.path.name + ".wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Write everything into the file and let it go; later calls raise StoreDown."""
        with self._write_lock:
            self._closed = True
            self._drop()

    # ---- inside ----

    def _opened(self) -> duckdb.DuckDBPyConnection:
        """The writing connection; the caller holds the write lock."""
        if self._closed:
            raise _closed()
        if self._broken:
            self._drop()
        if self._writer is None:
            with self._translated():
                self._writer = self._open()
        return self._writer

    def _open(self) -> duckdb.DuckDBPyConnection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        config: dict[str, Any] = {
            "memory_limit": f"{self._memory_mb}MiB",
            "temp_directory": str(self.path.with_name(self.path.name + ".tmp")),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        writer = duckdb.connect(str(self.path), config=config)
        try:
            writer.execute("BEGIN")
            self._prepare(writer)
            writer.execute("COMMIT")
            self._reader = writer.cursor()
        except BaseException:
            writer.close()
            raise
        return writer

    def _commit(self, connection: duckdb.DuckDBPyConnection) -> None:
        """After a failed COMMIT nobody knows what is in the file: open it anew."""
        try:
            connection.execute("COMMIT")
        except BaseException:
            self._broken = True
            raise

    def _roll_back(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            connection.execute("ROLLBACK")
        except duckdb.Error:
            self._broken = True

    def _drop(self) -> None:
        """Close both connections. A reader in the middle of a query is interrupted and waited for."""
        self.interrupt_reading()
        with self._read_lock:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    with suppress(duckdb.Error):
                        connection.close()
            self._reader = self._writer = None
            self._broken = False

    def _check_space(self) -> None:
        if self._min_free_bytes <= 0:
            return
        folder = self.path.parent
        try:
            figures = os.statvfs(folder if folder.exists() else folder.parent)
        except OSError as missing:
            raise StoreDown(
                Text(f"không đọc được ổ đĩa của {folder}: {missing}", f"cannot read the disk of {folder}: {missing}")
            ) from missing
        free = figures.f_bavail * figures.f_frsize
        if free < self._min_free_bytes:
            free_mb, least_mb = free // _MEBIBYTE, self._min_free_bytes // _MEBIBYTE
            raise StoreDown(
                Text(
                    f"ổ đĩa của {folder} chỉ còn {free_mb} MB, cần ít nhất {least_mb} MB: hãy dọn ổ đĩa",
                    f"the disk of {folder} has {free_mb} MB left, {least_mb} MB are needed: free some space",
                )
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _OURS:
            raise
        except (duckdb.Error, OSError) as fault:
            if isinstance(fault, (duckdb.FatalException, duckdb.InternalException)):
                self._broken = True
            mend = _MOVE_AWAY if _NO_STORE in str(fault) else _LOOK_AT_DISK
            raise StoreDown(
                Text(
                    f"kho số liệu {self.path} không dùng được lúc này ({fault}): {mend.vi}",
                    f"the store {self.path} cannot be used now ({fault}): {mend.en}",
                )
            ) from fault


def _closed() -> StoreDown:
    return StoreDown(Text("kho số liệu đã đóng", "the store is closed"))
