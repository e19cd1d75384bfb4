"""What an importer hands over: the thing itself, what the file holds, and everything that is wrong with it."""

import msgspec

from hub.school.importers.column_map import ColumnMap
from hub.school.problems import Findings
from hub.school.roster import Roster, Session
from hub.school.timetable import Timetable
from wire.text import Text


class RosterImport(msgspec.Struct, frozen=True):
    """What a roster holds. `counts` are data rows by the stem of their OneRoster file (whatever the format), usable or
    not; `modes` says bulk, delta or absent by the same stems; `column_maps`: how a spreadsheet's columns were read.
    """

    format: str
    version: str
    modes: dict[str, str]
    roster: Roster
    counts: dict[str, int]
    findings: Findings
    column_maps: tuple[ColumnMap, ...] = ()


class TimetableImport(msgspec.Struct, frozen=True):
    """What a timetable holds. `counts` are rows of the file as they are, usable or not: periods teachers rooms classes
    groups lessons cards, and what else the format has. `spanning`: whether a card says in one row that it lasts several
    periods. `assumed`: what the file does not say and was taken for granted. `terms`: sessions of the year the file
    itself names, which its terms masks count. `timezone`: whose local times its dated lessons are, "" the school's.
    """

    format: str
    timetable: Timetable
    counts: dict[str, int]
    weeks_masks: dict[str, int]
    findings: Findings
    spanning: bool = False
    assumed: tuple[Text, ...] = ()
    terms: tuple[Session, ...] = ()
    timezone: str = ""
    column_maps: tuple[ColumnMap, ...] = ()
