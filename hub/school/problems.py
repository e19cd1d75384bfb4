"""What is wrong with an import, row by row, in words a school secretary can act on."""

from collections import Counter
from enum import StrEnum

import msgspec

from wire.text import Text

NO_NEWLINE = Text("không có xuống dòng ở cuối tệp", "no newline at the end of the file")
_OF_WHOLE = frozenset({None, 1})  # a note about a file as such stands nowhere in it, or at its header
_MOST_NAMED = 30
MAX_PROBLEMS = 20_000  # a file of rubbish must not fill the memory: the rest is only counted


class Severity(StrEnum):
    """How bad it is. FATAL: nothing can be imported. ERROR: this row is left out. The other two: taken as it is."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Problem(msgspec.Struct, frozen=True):
    """One defect: `row` is the line in the file (the header is line 1), `column` the header or attribute."""

    file: str
    row: int | None
    column: str | None
    severity: Severity
    text: Text


class Unreadable(Exception):
    """The whole file cannot be taken; carries the one problem that says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.text.both())


class Findings:
    """Collects problems up to a bound, and counts all of them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.counts: Counter[Severity] = Counter()

    def add(self, severity: Severity, file: str, text: Text, row: int | None = None, column: str | None = None) -> None:
        self.counts[severity] += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(file, row, column, severity, text))

    def error(self, file: str, text: Text, row: int | None = None, column: str | None = None) -> None:
        self.add(Severity.ERROR, file, text, row, column)

    def warning(self, file: str, text: Text, row: int | None = None, column: str | None = None) -> None:
        self.add(Severity.WARNING, file, text, row, column)

    def note(self, file: str, text: Text, row: int | None = None, column: str | None = None) -> None:
        self.add(Severity.NOTE, file, text, row, column)

    def gather_notes(self) -> None:
        """Of notes that say the same of several whole files one stays, and names them all."""
        alike: dict[tuple[Text, str | None], list[Problem]] = {}
        for one in self.problems:
            if one.severity is Severity.NOTE and (one.row in _OF_WHOLE or one.text == NO_NEWLINE):
                alike.setdefault((one.text, one.column), []).append(one)
        gathered = {id(notes[0]): notes for notes in alike.values() if len(notes) > 1}
        passed = {id(note) for notes in gathered.values() for note in notes[1:]}
        self.problems = [
            msgspec.structs.replace(one, file=_named(gathered[id(one)]), row=None) if id(one) in gathered else one
            for one in self.problems
            if id(one) not in passed
        ]
        self.counts[Severity.NOTE] -= len(passed)

    @property
    def bad(self) -> int:
        """Problems that leave something out: the input "has problems"."""
        return self.counts[Severity.FATAL] + self.counts[Severity.ERROR]


def refuse(file: str, text: Text, row: int | None = None) -> Unreadable:
    return Unreadable(Problem(file, row, None, Severity.FATAL, text))


def _named(notes: list[Problem]) -> str:
    files = list(dict.fromkeys(note.file for note in notes))
    rest = len(files) - _MOST_NAMED
    return ", ".join(files[:_MOST_NAMED]) + (f" … +{rest}" if rest > 0 else "")
