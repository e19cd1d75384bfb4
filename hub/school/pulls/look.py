"""One look at one place: what is there now, read and checked, or that nothing changed. Writes nothing; blocks.

Errors: Trouble where the place cannot be had; Unreadable for a file that is no good as a whole.
"""

from pathlib import Path

import msgspec

from hub.school.importers.column_map import load_map
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.importers.rest.oauth import Credentials
from hub.school.importers.rest.roster import DeltaRefused, Pulled, Server
from hub.school.importers.rest.trouble import Trouble
from hub.school.kind import Kind
from hub.school.problems import Unreadable
from hub.school.pulls.settings import PullSection
from hub.school.pulls.state import Memory
from hub.school.reading import Reader, Wanted
from hub.school.reading_server import Asked, ServerReader
from wire.text import Text

DAY_MS = 86_400_000


class Looked(msgspec.Struct, frozen=True):
    """`found` None: nothing new. `memory` holds once what was found is taken in (or was nothing). `failed`: what could
    not be read although the rest could.
    """

    memory: Memory
    found: RosterImport | TimetableImport | Unreadable | None = None
    kind: Kind = Kind.ROSTER
    name: str = ""
    failed: tuple[str, ...] = ()
    more: bool = False


def look_at_server(pull: PullSection, memory: Memory, now_ms: int, reader: ServerReader) -> Looked:
    """A delta where one can be had, all of it now and then. Raises Trouble, and OSError of the reader."""
    server = Server(pull.url or "", credentials_of(pull), pull.ca_file, pull.allow_http)
    full = not memory.newer_than or now_ms - memory.full_ms >= pull.full_days * DAY_MS or now_ms < memory.full_ms
    try:
        pulled = _asked(reader, Asked(server, "" if full else memory.newer_than))
    except DeltaRefused:
        full, pulled = True, _asked(reader, Asked(server))
    after = Memory(
        digest=pulled.digest,
        newer_than=pulled.since,
        full_ms=now_ms if full and pulled.since else memory.full_ms,
    )
    nothing = not full and pulled.records == 0
    return Looked(after, None if nothing else pulled.found, Kind.ROSTER, f"{pull.name}.oneroster", pulled.failed)


def _asked(reader: ServerReader, asked: Asked) -> Pulled:
    try:
        return reader(asked)
    except Unreadable as refused:  # nothing came at all: that is trouble on the way, no bad import
        raise Trouble(refused.problem.text) from refused


def credentials_of(pull: PullSection) -> Credentials:
    """Raises Trouble where the secret cannot be read."""
    secret = ""
    if pull.secret_file is not None:
        try:
            secret = Path(pull.secret_file).read_text("utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as broken:
            said = getattr(broken, "strerror", None) or "UTF-8"
            text = Text(f"không đọc được secret_file ({said})", f"cannot read secret_file ({said})")
            raise Trouble(text) from broken
    return Credentials(pull.token_url or "", pull.client_id or "", secret, pull.scope or "")


def read_file(
    path: Path, pull: PullSection, zone: str, reader: Reader
) -> tuple[Kind, RosterImport | TimetableImport | Unreadable]:
    """A roster or a timetable, by content. Raises OSError."""
    kind = None if pull.holds == "auto" else Kind(pull.holds)
    try:
        columns = None if pull.map_file is None else load_map(Path(pull.map_file))
    except Unreadable as refused:
        return kind or Kind.ROSTER, refused
    read = reader(Wanted.of(path, kind, zone, columns, sure=True))
    return read.kind, read.found
