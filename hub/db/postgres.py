"""What PostgreSQL needs to behave as the hub expects: time limits, one writer at a time, sound connections only."""

import os
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from wire.address import host_port
from wire.text import Text

DEFAULT_PORT = 5432
CONNECT_S = 5
STATEMENT_S = 30
LOCK_S = 10
IDLE_S = 60  # a transaction that we forgot must not hold up the others for ever
GONE_S = 15  # nothing acknowledged for so long: the server's machine or the network is gone
WRITERS = 0x0C1A55  # the lock that transactions take before they write; a number of our own

SESSION = {
    "statement_timeout": f"{STATEMENT_S}s",
    "lock_timeout": f"{LOCK_S}s",
    "idle_in_transaction_session_timeout": f"{IDLE_S}s",
    "timezone": "UTC",
    # The server notices a dead hub as soon as the hub a dead server: its locks must not stay for hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


def arguments() -> dict[str, Any]:
    """Of create_engine, beside the address."""
    return {
        "connect_args": connect_arguments(),
        "hide_parameters": True,  # an error in a log names no person
        "pool_pre_ping": True,  # a server that was restarted costs nobody an error
        "pool_size": 5,
        "max_overflow": 10,
        "pool_timeout": LOCK_S,
    }


def connect_arguments() -> dict[str, Any]:
    return {
        "connect_timeout": CONNECT_S,
        "application_name": f"classhub {os.getpid()}",
        "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": GONE_S * 1_000,
        "client_encoding": "utf8",
    }


def begin_writing(connection: Connection) -> None:
    """Writers wait for each other, as on SQLite: what reads and then writes meets no half-done change of another."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def shown(where: URL) -> str:
    """Which database, for people: never with the password."""
    return f"PostgreSQL {where.database} @ {host_port(where.host or '', where.port or DEFAULT_PORT)}"


def mend(cause: str) -> Text:
    """What to do about it, from what the server or the driver said."""
    if "password authentication failed" in cause or "no password supplied" in cause:
        return Text(
            "hãy kiểm tra state.username và tệp state.password_file trong hub.toml",
            "check state.username and the file state.password_file in hub.toml",
        )
    if "does not exist" in cause:
        return Text("hãy tạo nó: createdb -O classhub TÊN", "make it: createdb -O classhub NAME")
    if "permission denied" in cause:
        return Text(
            "tài khoản phải là chủ của cơ sở dữ liệu: ALTER DATABASE TÊN OWNER TO classhub",
            "the account has to own the database: ALTER DATABASE NAME OWNER TO classhub",
        )
    return Text(
        "hãy kiểm tra máy chủ PostgreSQL có chạy không và mục [state] trong hub.toml; trung tâm tự thử lại",
        "check that the PostgreSQL server runs, and [state] in hub.toml; the hub tries again by itself",
    )
