"""Whether a file is a roster or a timetable, by its content."""

from pathlib import Path

from hub.school.importers.formats import ROSTER_FORMATS, TIMETABLE_FORMATS
from hub.school.importers.source import look_at
from hub.school.journal import Kind

_ROSTER_STEMS = frozenset({"manifest", "orgs", "users", "classes", "enrollments", "academicsessions"})


def kind_of(path: Path) -> Kind:
    """What nobody recognises is called a roster: its reader says what is wrong with it. Raises OSError."""
    source = look_at(path)
    if source.stems & _ROSTER_STEMS or any(one.recognises(source) for one in ROSTER_FORMATS[:-1]):
        return Kind.ROSTER
    return Kind.TIMETABLE if any(one.recognises(source) for one in TIMETABLE_FORMATS) else Kind.ROSTER
