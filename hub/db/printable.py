"""Text on its way to PostgreSQL, which keeps no NUL where SQLite does. Imported only where there is a PostgreSQL."""

from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.string import StrDumperUnknown


class PrintableDumper(StrDumperUnknown):
    """What a gateway or a file sends must not stop the transaction it comes in: a NUL becomes U+FFFD."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def prepare(connection: "psycopg.Connection[Any]", _record: Any) -> None:
    connection.adapters.register_dumper(str, PrintableDumper)
