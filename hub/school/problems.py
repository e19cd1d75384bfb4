"""What is wrong with an import, row by row, in words a school secretary can act on."""

from collections import Counter
from enum import StrEnum

import msgspec

from wire.text import Text

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

    @property
    def bad(self) -> int:
        """Problems that leave something out: the input "has problems"."""
        return self.counts[Severity.FATAL] + self.counts[Severity.ERROR]


def refuse(file: str, text: Text, row: int | None = None) -> Unreadable:
    return Unreadable(Problem(file, row, None, Severity.FATAL, text))
