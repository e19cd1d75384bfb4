"""What was read, as small pieces of msgpack and back: no piece is so large that making it whole again holds up others.

Frame: one msgpack object a piece, its length before it in 4 bytes (big endian); the last is not a Rows.
Errors: BadPieces where bytes are none of these.
"""

from collections.abc import Iterator, Sequence
from types import GenericAlias
from typing import Any, get_args, get_type_hints

import msgspec

from hub.school.importers.column_map import ColumnMap
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.importers.rest.roster import Pulled
from hub.school.kind import Kind
from hub.school.problems import Findings, Problem, Severity, Unreadable
from hub.school.reading import Read
from hub.school.roster import Roster, Session
from hub.school.timetable import Timetable
from wire.text import Text

PIECE_ROWS = 500
LENGTH_BYTES = 4
MAX_PIECE_BYTES = 16 * 1024 * 1024
PROBLEMS = "problems"
ROSTER_ROWS = ("orgs", "sessions", "classes", "people", "enrolments")
PLAN_ROWS = ("bells", "rooms", "subjects", "teachers", "classes", "groups", "lessons", "cards", "dated", "days",
              "changes")  # fmt: skip


class BadPieces(ValueError):
    """What a child sent is not what this module makes."""


class Rows(msgspec.Struct, frozen=True, tag="rows"):
    """Some rows of one table of the thing, or some problems."""

    table: str
    rows: msgspec.Raw


class RosterEnd(msgspec.Struct, frozen=True, tag="roster"):
    """All of a roster but its rows and problems."""

    format: str
    version: str
    modes: dict[str, str]
    counts: dict[str, int]
    problems: dict[Severity, int]
    column_maps: tuple[ColumnMap, ...]
    delta: frozenset[str]
    gone: dict[str, frozenset[str]]


class TimetableEnd(msgspec.Struct, frozen=True, tag="timetable"):
    """All of a timetable but its rows and problems."""

    format: str
    counts: dict[str, int]
    problems: dict[Severity, int]
    column_maps: tuple[ColumnMap, ...]
    weeks_masks: dict[str, int]
    spanning: bool
    assumed: tuple[Text, ...]
    terms: tuple[Session, ...]
    timezone: str


class PulledEnd(msgspec.Struct, frozen=True, tag="pulled"):
    """All of what a server gave but the rows and problems of its roster."""

    roster: RosterEnd
    digest: str
    since: str
    records: int
    failed: tuple[str, ...]


class NoDelta(msgspec.Struct, frozen=True, tag="no delta"):
    """A server that cannot say what changed."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The whole file is no good, or nothing can be had of a server."""

    kind: Kind
    problem: Problem


class NoFile(msgspec.Struct, frozen=True, tag="no file"):
    """The system said no: an OSError."""

    number: int
    said: str


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """A fault of the software: the exception's name and the place, never what the file holds."""

    name: str
    place: str


End = RosterEnd | TimetableEnd | PulledEnd | NoDelta | Refused | NoFile | Fault
Piece = Rows | End
_encoder = msgspec.msgpack.Encoder()
_decoder: "msgspec.msgpack.Decoder[Piece]" = msgspec.msgpack.Decoder(Piece)


def pieces(read: Read) -> Iterator[Piece]:
    """The rows first, then what there is to say about all of them."""
    found = read.found
    if isinstance(found, Unreadable):
        yield Refused(read.kind, found.problem)
    elif isinstance(found, RosterImport):
        yield from _tables(found.roster, ROSTER_ROWS, found.findings)
        yield _roster_end(found)
    else:
        yield from _tables(found.timetable, PLAN_ROWS, found.findings)
        yield TimetableEnd(found.format, found.counts, dict(found.findings.counts), found.column_maps,
                           found.weeks_masks, found.spanning, found.assumed, found.terms, found.timezone)  # fmt: skip


def pieces_of_server(pulled: Pulled) -> Iterator[Piece]:
    found = pulled.found
    yield from _tables(found.roster, ROSTER_ROWS, found.findings)
    yield PulledEnd(_roster_end(found), pulled.digest, pulled.since, pulled.records, pulled.failed)


def _roster_end(found: RosterImport) -> RosterEnd:
    return RosterEnd(found.format, found.version, found.modes, found.counts, dict(found.findings.counts),
                     found.column_maps, found.roster.delta, found.roster.gone)  # fmt: skip


def _tables(thing: Roster | Timetable, tables: tuple[str, ...], findings: Findings) -> Iterator[Rows]:
    for table in tables:
        yield from _rows(table, getattr(thing, table))
    yield from _rows(PROBLEMS, findings.problems)


def _rows(table: str, rows: Sequence[Any]) -> Iterator[Rows]:
    for start in range(0, len(rows), PIECE_ROWS):
        yield Rows(table, msgspec.Raw(_encoder.encode(rows[start : start + PIECE_ROWS])))


def frame(piece: Piece) -> bytes:
    body = _encoder.encode(piece)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def piece_of(body: bytes) -> Piece:
    """Raises BadPieces."""
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as broken:
        raise BadPieces("no piece") from broken


class Whole:
    """Rows as they come, until the end makes a thing of them."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Rows]] = {}

    def add(self, rows: Rows) -> None:
        self._rows.setdefault(rows.table, []).append(rows)

    def read(self, end: RosterEnd | TimetableEnd) -> Read:
        """Raises BadPieces."""
        if isinstance(end, RosterEnd):
            return Read(Kind.ROSTER, self._roster(end))
        timetable, findings = Timetable(**self._thing(_OF_PLAN)), self._findings(end)
        return Read(Kind.TIMETABLE, TimetableImport(end.format, timetable, end.counts, end.weeks_masks, findings,
                                                    end.spanning, end.assumed, end.terms, end.timezone,
                                                    end.column_maps))  # fmt: skip

    def pulled(self, end: PulledEnd) -> Pulled:
        """Raises BadPieces."""
        return Pulled(self._roster(end.roster), end.digest, end.since, end.records, end.failed)

    def _roster(self, end: RosterEnd) -> RosterImport:
        roster = Roster(**self._thing(_OF_ROSTER), delta=end.delta, gone=end.gone)
        return RosterImport(end.format, end.version, end.modes, roster, end.counts, self._findings(end),
                            end.column_maps)  # fmt: skip

    def _findings(self, end: RosterEnd | TimetableEnd) -> Findings:
        findings = Findings()
        findings.problems += self._table(_OF_PROBLEMS, PROBLEMS)
        findings.counts.update(end.problems)
        return findings

    def _thing(self, decoders: dict[str, "msgspec.msgpack.Decoder[Any]"]) -> dict[str, tuple[Any, ...]]:
        return {table: tuple(self._table(decoder, table)) for table, decoder in decoders.items()}

    def _table(self, decoder: "msgspec.msgpack.Decoder[Any]", table: str) -> Iterator[Any]:
        try:
            for part in self._rows.get(table, ()):
                yield from decoder.decode(part.rows)
        except msgspec.MsgspecError as broken:
            raise BadPieces(table) from broken


def list_of(thing: type[Roster | Timetable], table: str) -> GenericAlias:
    """The type of some rows of a table."""
    return GenericAlias(list, (get_args(get_type_hints(thing)[table])[0],))


def _decoders(thing: type[Roster | Timetable], tables: tuple[str, ...]) -> dict[str, "msgspec.msgpack.Decoder[Any]"]:
    return {table: msgspec.msgpack.Decoder(list_of(thing, table)) for table in tables}


_OF_ROSTER, _OF_PLAN = _decoders(Roster, ROSTER_ROWS), _decoders(Timetable, PLAN_ROWS)
_OF_PROBLEMS: "msgspec.msgpack.Decoder[Any]" = msgspec.msgpack.Decoder(list[Problem])
