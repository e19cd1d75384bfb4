"""Whether a file is a roster or a timetable, by its content.

Errors: OSError; Unreadable where only a person can say.
"""

from pathlib import Path

from hub.school.importers.formats import ROSTER_FORMATS, TIMETABLE_FORMATS
from hub.school.importers.source import look_at
from hub.school.kind import Kind
from hub.school.problems import refuse
from wire.text import Text

_ROSTER_STEMS = frozenset({"manifest", "orgs", "users", "classes", "enrollments", "academicsessions"})


def kind_of(path: Path) -> Kind:
    """What nobody recognises is called a roster: its reader says what is wrong with it. Raises OSError."""
    source = look_at(path)
    if source.stems & _ROSTER_STEMS or any(one.recognises(source) for one in ROSTER_FORMATS[:-1]):
        return Kind.ROSTER
    return Kind.TIMETABLE if any(one.recognises(source) for one in TIMETABLE_FORMATS) else Kind.ROSTER


def sure_kind_of(path: Path) -> Kind:
    """The same where nobody looks on: what may be either is refused. Raises Unreadable and OSError."""
    source = look_at(path)
    timetable = any(one.recognises(source) for one in TIMETABLE_FORMATS)
    if timetable and any(one.recognises(source) for one in ROSTER_FORMATS[:-1]):
        text = Text(
            'có thể là danh sách hoặc thời khóa biểu: hãy ghi holds = "roster" hoặc "timetable"',
            'may be a roster or a timetable: say holds = "roster" or "timetable"',
        )
        raise refuse(path.name, text)
    return Kind.TIMETABLE if timetable else Kind.ROSTER
