"""Small things kept in the outbox file beside the rows: commands done, the hub's configuration, memories of sources."""

from typing import Any

import msgspec

from edge.outbox.file import OutboxFile

_COMMANDS_KEPT = 1_000
_MEMORIES_KEPT = 20_000  # of one source; several times what any keeps in its own memory


class Keepsakes:
    """Belongs to the thread of the outbox."""

    def __init__(self, file: OutboxFile) -> None:
        self._file = file

    def first_time(self, command: str, at_ms: int) -> bool:
        """Whether this command id is new; from now on it is not.

        The newest stay. A clock that was put back does not make the newest the oldest: each is later than all before.
        """
        with self._file.transaction() as link:
            new = (
                link.execute(
                    "INSERT OR IGNORE INTO command SELECT ?, max(?, coalesce(max(at_ms), 0) + 1) FROM command",
                    (command, at_ms),
                ).rowcount
                == 1
            )
            link.execute(
                "DELETE FROM command WHERE at_ms < (SELECT at_ms FROM command ORDER BY at_ms DESC LIMIT 1 OFFSET ?)",
                (_COMMANDS_KEPT,),
            )
        return new

    def configuration(self) -> tuple[int, dict[str, Any]]:
        """The hub's configuration in force: version (0: none) and settings."""
        kept = self._file.get("configuration")
        return msgspec.json.decode(kept, type=tuple[int, dict[str, Any]]) if kept else (0, {})

    def keep_configuration(self, version: int, settings: dict[str, Any]) -> None:
        with self._file.transaction():
            self._file.put("configuration", msgspec.json.encode((version, settings)))

    def recall(self, source: str) -> dict[str, str]:
        """What a source asked to be remembered over restarts."""
        return dict(self._file.link.execute("SELECT key, value FROM memory WHERE source=?", (source,)).fetchall())

    def remember(self, source: str, entries: dict[str, str]) -> None:
        """In place of what it said of the same keys; a source that never stops naming new ones keeps only the last."""
        rows = [(source, key, value) for key, value in entries.items()]
        with self._file.transaction() as link:
            link.executemany("INSERT OR REPLACE INTO memory VALUES (?,?,?)", rows)
            (count,) = link.execute("SELECT count(*) FROM memory WHERE source=?", (source,)).fetchone()
            if count > _MEMORIES_KEPT:
                link.execute("DELETE FROM memory WHERE source=?", (source,))
                link.executemany("INSERT OR REPLACE INTO memory VALUES (?,?,?)", rows)
