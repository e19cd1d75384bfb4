"""What the formats of school data are called by people; files and rows of the history keep their short keys. Pure."""

from wire.text import Text

FORMAT_NAMES: dict[str, Text] = {
    "asc": Text("aSc Timetables", "aSc Timetables"),
    "edfi": Text("Ed-Fi", "Ed-Fi"),
    "ics": Text("lịch iCalendar", "iCalendar"),
    "oneroster": Text("OneRoster", "OneRoster"),
    "oneroster-rest": Text("OneRoster REST", "OneRoster REST"),
    "sds": Text("Microsoft School Data Sync", "Microsoft School Data Sync"),
    "spreadsheet": Text("bảng tính", "spreadsheet"),
    "unitime": Text("UniTime", "UniTime"),
    "untis": Text("Untis", "Untis"),
}


def format_name(key: str) -> Text:
    """Of a format nobody named the key itself."""
    return FORMAT_NAMES.get(key, Text(key, key))


def both_names(key: str) -> str:
    """For the command line: one word where both languages have the same."""
    name = format_name(key)
    return name.vi if name.vi == name.en else name.both()
