"""The API's structures of an import's rows: what changed one by one, by table and state, and which rooms it met."""

import msgspec

from hub.school.difference import FieldChange
from hub.web.api.model import Words


class ImportRowOut(msgspec.Struct, frozen=True):
    """One row. `state`: added, changed, ended. `why` says what makes it look wrong, null where nothing does."""

    table: str
    state: str
    key: str
    name: str
    fields: tuple[FieldChange, ...]
    why: Words | None


class ImportTableOut(msgspec.Struct, frozen=True):
    """One table an import touches; pupils' enrolments are counted and never listed."""

    table: str
    name: Words
    added: int
    changed: int
    ended: int
    unchanged: int


class ImportRoomsOut(msgspec.Struct, frozen=True):
    """Rooms the import names, how many of them the school has now, and the first names it has not."""

    total: int
    known: int
    unknown: tuple[str, ...]


class ImportRowsOut(msgspec.Struct, frozen=True):
    """A page of rows. `states` counts the rows of the chosen table by state, `suspicious` among them; `total` those
    that fit what was asked. `other_source`: it looks like a source beside the usual one, which a name of its own keeps.
    """

    total: int
    offset: int
    states: dict[str, int]
    tables: tuple[ImportTableOut, ...] = ()
    rows: tuple[ImportRowOut, ...] = ()
    pupils: tuple[Words, ...] = ()
    rooms: ImportRoomsOut | None = None
    other_source: Words | None = None
