"""What is known of each pull: kept in SQL, so that a restart neither forgets nor hurries. Blocks: state thread."""

import hashlib
from collections.abc import Collection
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Engine, func, insert, select, update

from hub.db.engine import reading
from hub.db.pull_models import PullRow
from hub.school.journal import IMPORTS, Status
from hub.school.pulls.notices import Waiting
from hub.school.pulls.settings import PullSection

PULLS = PullRow.metadata.tables["school_pull"]


class Outcome(StrEnum):
    """How the last try ended. UNCHANGED: nothing new. HELD and REFUSED wait for a person. PARTIAL: applied, but a part
    could not be read.
    """

    NEVER = "never"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    HELD = "held"
    REFUSED = "refused"
    FAILED = "failed"


class Memory(msgspec.Struct, frozen=True):
    """For the next try: a file's version marks and digest, a server's time, the files of a folder by name."""

    etag: str = ""
    modified: str = ""
    digest: str = ""
    newer_than: str = ""
    full_ms: int = 0
    seen: dict[str, str] = {}


class PullState(msgspec.Struct, frozen=True):
    """One row. `since_ms`: when the pull was first heard of."""

    name: str
    school: str
    settings: str
    since_ms: int
    next_try_ms: int
    last_try_ms: int | None = None
    last_good_ms: int | None = None
    last_change_ms: int | None = None
    failures: int = 0
    outcome: Outcome = Outcome.NEVER
    said_vi: str = ""
    said_en: str = ""
    import_id: int | None = None
    memory: Memory = Memory()


def fingerprint(pull: PullSection) -> str:
    """Of where a pull points: another place is begun anew, with nothing remembered of the old one."""
    place = [pull.school, pull.kind, pull.url, pull.path, pull.holds, pull.client_id]
    return hashlib.sha256(msgspec.json.encode(place)).hexdigest()


def read_states(engine: Engine) -> dict[str, PullState]:
    with reading(engine).connect() as connection:
        found = connection.execute(select(PULLS)).mappings()
        return {row["name"]: msgspec.convert(dict(row), PullState) for row in found}


def write_state(engine: Engine, state: PullState) -> None:
    values: dict[str, Any] = msgspec.to_builtins(state)
    with engine.begin() as connection:
        if not connection.execute(update(PULLS).where(PULLS.c.name == state.name).values(values)).rowcount:
            connection.execute(insert(PULLS).values(values))


def waiting(engine: Engine) -> dict[str, Waiting]:
    """Held imports by school: how many wait for a person, and the newest."""
    counted = select(IMPORTS.c.school, func.count(), func.max(IMPORTS.c.id)).where(IMPORTS.c.status == Status.HELD)
    with reading(engine).connect() as connection:
        return {
            row[0]: Waiting(int(row[1]), int(row[2])) for row in connection.execute(counted.group_by(IMPORTS.c.school))
        }


def statuses(engine: Engine, numbers: Collection[int]) -> dict[int, str]:
    """What became of imports since."""
    if not numbers:
        return {}
    wanted = select(IMPORTS.c.id, IMPORTS.c.status).where(IMPORTS.c.id.in_(numbers))
    with reading(engine).connect() as connection:
        return {int(number): str(status) for number, status in connection.execute(wanted)}
