"""Who changed what and when: one row for every change an operator makes, on the pages or on the command line.

Ids of rooms, devices and gateways are named; notes, passwords and anything about pupils are not.
"""

import getpass
import logging

import msgspec
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from hub.db.engine import reading
from hub.db.models import AuditRow

MAX_WHO, MAX_WHAT = 120, 500
KEPT_DAYS = 730
DAY_MS = 86_400_000
_log = logging.getLogger(__name__)


class AuditEntry(msgspec.Struct, frozen=True):
    """One line of the record. `who`: an operator's name, or `cli:` and the name of the system's user."""

    who: str
    what: str
    at_ms: int


def record(engine: Engine, who: str, what: str, at_ms: int) -> None:
    """Blocks. The change is done already, so a database that takes nothing is told to the log and stops nobody."""
    try:
        with engine.begin() as connection:
            connection.execute(insert(AuditRow).values(who=who[:MAX_WHO], what=what[:MAX_WHAT], at_ms=at_ms))
    except SQLAlchemyError as refused:
        _log.error("not recorded: %s did %s: %s", who, what, refused)  # a full disk needs no traceback


def entries(engine: Engine, limit: int = 100) -> list[AuditEntry]:
    """The newest first. Blocks."""
    newest = select(AuditRow.who, AuditRow.what, AuditRow.at_ms).order_by(AuditRow.id.desc()).limit(limit)
    with reading(engine).connect() as connection:
        return [AuditEntry(row.who, row.what, row.at_ms) for row in connection.execute(newest)]


def forget_before(engine: Engine, now_ms: int) -> None:
    """Rows older than two years. Blocks."""
    with engine.begin() as connection:
        connection.execute(delete(AuditRow).where(AuditRow.at_ms < now_ms - KEPT_DAYS * DAY_MS))


def command_line_user() -> str:
    """Who sits at the command line, as far as the system knows."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container whose user has no name
        return "cli:?"
