"""One hub of a name in a PostgreSQL database: a session lock, held as long as the hub is there, taken again when lost.

On SQLite the lock on the data folder says the same. Imported only where there is a PostgreSQL.
"""

import logging
import zlib
from typing import Any

import psycopg
from sqlalchemy import Engine

from hub.db import postgres
from hub.notice import Notice
from wire.text import Text

_log = logging.getLogger(__name__)
CLAIMS = 0x0C1A56  # first half of the lock's number; the second is made of the hub's id


class Claim:
    """`take` at the start, `renew` now and then, `release` at the end; each blocks."""

    def __init__(self, engine: Engine, hub: str) -> None:
        self._url, self._hub = engine.url, hub
        self._numbers = (CLAIMS, zlib.crc32(hub.encode()) - 2**31)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._held = False
        self._lost = False

    def take(self) -> bool:
        """False where another hub of this id holds the database. Raises psycopg.Error where nobody can say."""
        try:
            self._held = self._try()
        except psycopg.OperationalError:  # the connection of an earlier try may be of a server that was restarted since
            self.release()
            self._held = self._try()
        return self._held

    def renew(self) -> None:
        """A server that was restarted has forgotten who held what: take it again. Raises nothing."""
        try:
            if self._held and self._connection is not None:
                self._connection.execute("SELECT 1")
                return
            before, self._lost = self._lost, not self.take()
        except psycopg.Error as away:
            if self._held:
                _log.warning("the claim on the state database is lost for now: %s", str(away).splitlines()[0])
            self.release()
        else:
            if self._lost and not before:
                _log.error("another hub named %r holds the state database now", self._hub)

    def _try(self) -> bool:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection.execute("SELECT pg_try_advisory_lock(%s, %s)", self._numbers).fetchone() == (True,)

    def release(self) -> None:
        self._held = False
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def problems(self) -> list[Notice]:
        return [Notice("state.claimed", self.refusal, "critical")] if self._lost else []

    @property
    def refusal(self) -> Text:
        where = postgres.shown(self._url)
        return Text(
            f"một trung tâm khác tên {self._hub!r} đang dùng cơ sở dữ liệu {where}: hãy tắt nó, hoặc đổi hub.id",
            f"another hub named {self._hub!r} uses the database {where}: stop it, or change hub.id",
        )

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        url = self._url
        given: dict[str, Any] = {"host": url.host, "port": url.port, "dbname": url.database, "user": url.username}
        given |= {"password": url.password} | dict(url.query) | postgres.connect_arguments()
        return psycopg.connect(autocommit=True, **given)
