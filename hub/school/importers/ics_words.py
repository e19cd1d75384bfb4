"""Words of a calendar event: rooms out of LOCATION, class and teacher where the summary names them plainly. Pure.

A comma parts rooms only where both sides look like rooms: "MW 1801, Ernst-Schmidt-Hörsaal" is one hall.
"""

import re
import unicodedata
from collections import Counter
from html import unescape

import msgspec

from hub.school.importers.ics_lines import Component

MAX_WORDS = 200
MAX_PLACE = 4_000
_BLANKS = re.compile(r"[^\S\n]+|(?<=\n)\n+")  # runs of them would be looked at again and again
_ROOM = re.compile(r"(?:phòng(?: học)?|p|room|rm|raum|r|hs)?[\s.:]*[A-Z]{0,3}[\s.\-]?\d{1,4}[A-Z]?", re.IGNORECASE)
_NUMBERED = re.compile(r"\d")
_CODE = re.compile(r"\(([\w.\-]*\d[\w.\-]*)\)\s*$")
_LINK = re.compile(r"[a-z][a-z0-9+.\-]*://", re.IGNORECASE)
_CLASS = re.compile(r"(?:(?:lớp|class|klasse)\s+)?(\d{1,2}[A-Za-zĐđ](?:\d{1,2}|[a-z])?)", re.IGNORECASE)
_TEACHER = re.compile(
    r"(?:gv|giáo viên|thầy|cô|teacher|lehrer|lecturer|instructor|dozent(?:in)?|prof)\.?\s*:?\s+(\S.*)", re.IGNORECASE
)
_LABEL = re.compile(
    r"(?:(?P<teacher>gv|giáo viên|teacher|lecturer|instructor|lehrer|dozent|professeur|enseignant|docente"
    r"|staff|教师|преподаватель)"
    r"|(?P<school_class>lớp|class|klasse|classe)|(?P<room>phòng(?: học)?|room|raum|salle|aula|sala))"
    r"(?:\(\w+\)|s)?\s*[:：]\s*(?P<value>\S.*)",
    re.IGNORECASE,
)
_FIELD = re.compile(r"\s*(?P<label>[^\W\d][\w ]{2,30}):\s*(?P<value>[^:]*?)\.?(?=(?:\s+[^\W\d][\w ]{2,30}:)|\s*$)")
_OFF = re.compile(
    r"\W*(?:cancell?ed|đã hủy|đã huỷ|hủy|huỷ|nghỉ dạy|annulé|cours annulé|prof\w*\.? absent|abgesagt|entfällt|fällt aus"
    r"|inställd|cancelado|annullato)\s*(?:[:\-–—\])|!.,*]|$)",
    re.IGNORECASE,
)
_HOLIDAY = re.compile(
    r"\b(?:nghỉ|lễ|tết|quốc khánh|giỗ tổ|holidays?|vacation|recess|no school|school closed|break|ferien|feiertag"
    r"|schulfrei|férias|feriado|vacances|congés?|fériés?|vacaciones|festivos?|vakantie|(?:höst|jul|sport|påsk)lov)\b",
    re.IGNORECASE,
)
# Words of holidays where lessons go on, or are made up for: ceremonies, the children's Mid-Autumn festival.
_NO_HOLIDAY = re.compile(
    r"^(?!\W*nghỉ\b).*\b(?:(?:học|dạy|làm) bù|make-?up|lễ (?:khai giảng|bế giảng|tổng kết|sơ kết|chào cờ|kỷ niệm"
    r"|kỉ niệm|phát|trao|tri ân|trưởng thành|mít tinh|ra quân|tuyên dương)|trung thu|(?:trước|sau) (?:kỳ )?nghỉ)\b",
    re.IGNORECASE,
)
_OBSERVANCE = re.compile(r"^\s*(?:observance|ngày kỷ niệm)", re.IGNORECASE)


class Words(msgspec.Struct, frozen=True):
    subject: str
    classes: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()


def tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())[:MAX_WORDS].strip()


def words(event: Component) -> Words:
    """What the event is about; its attendees are nobody's business, its organiser and chair are teachers."""
    summary = tidy(unescape(event.text("SUMMARY")))
    subject, classes, teachers = _summary(summary)
    rooms = _rooms(event)
    named: tuple[str, ...] = ()
    for line in event.text("DESCRIPTION").splitlines()[:50]:
        label = _LABEL.fullmatch(tidy(unescape(line)))
        if label and label["school_class"]:
            classes += _classes(label["value"])
        elif label and label["room"]:
            named += tuple(_parted(label["value"]))
        elif label:
            teachers += (label["value"],)
    for one in event.all("CATEGORIES"):
        for part in one.value.split(","):
            classes += _classes(tidy(part))
    teachers += _people(event)
    return Words(subject, _once(classes), _once(teachers), rooms or _once(named))


def says_off(event: Component) -> bool:
    """Whether its title begins with a word for cancelled: many programs have no other way to say it."""
    return _OFF.match(unicodedata.normalize("NFC", event.text("SUMMARY"))[:MAX_WORDS]) is not None


def is_holiday(event: Component, calendar: str) -> bool:
    """Whether a whole day is one without lessons: its own words, or a calendar of holidays."""
    title = unicodedata.normalize("NFC", event.text("SUMMARY"))
    if _OBSERVANCE.match(event.text("DESCRIPTION")) or _NO_HOLIDAY.search(title):
        return False
    said = " ".join((event.text("SUMMARY"), event.text("CATEGORIES"), calendar))
    return _HOLIDAY.search(unicodedata.normalize("NFC", said)) is not None


def short_of(room: str) -> str:
    """The code in parentheses at the end: 5508.02.801 of "MW 1801 (5508.02.801)"."""
    code = _CODE.search(room)
    return code[1] if code and code.start() else ""


def _summary(summary: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Parts between dashes or bars: a class and a teacher are told by their form, the rest is the subject."""
    parts = [part for part in re.split(r"\s+[-–—]\s+|\s*\|\s*", summary) if part]
    rest, classes, teachers = [], (), ()  # type: list[str], tuple[str, ...], tuple[str, ...]
    for part in parts:
        last = re.fullmatch(r"(.*\S)\s*\(([^()]*)\)", part)
        inner = _classes(last[2]) if last else ()
        teacher = _TEACHER.fullmatch(part)
        if len(parts) > 1 and _classes(part):
            classes += _classes(part)
        elif len(parts) > 1 and teacher:
            teachers += (teacher[1],)
        elif last and inner:
            classes += inner
            rest.append(last[1])
        else:
            rest.append(part)
    return (" - ".join(rest) or summary), classes, teachers


def _classes(text: str) -> tuple[str, ...]:
    """Classes if there is nothing else: "10A1", "10A1, 10A2", "lớp 6B"."""
    parts = [part for part in re.split(r"\s*[,;+&/]\s*", text.strip()) if part]
    matches = [_CLASS.fullmatch(part) for part in parts]
    return tuple(match[1] for match in matches if match) if parts and all(matches) else ()


def _people(event: Component) -> tuple[str, ...]:
    named = list(event.all("ORGANIZER"))
    named += [one for one in event.all("ATTENDEE") if one.parameters.get("ROLE", "").upper() == "CHAIR"]
    named = [one for one in named if one.parameters.get("CUTYPE", "").upper() not in {"ROOM", "RESOURCE", "GROUP"}]
    return tuple(name for one in named if (name := tidy(one.parameters.get("CN", "").strip('"'))) and "@" not in name)


def _rooms(event: Component) -> tuple[str, ...]:
    found: list[str] = []
    for one in event.all("LOCATION"):
        for part in re.split(r"[;|]", unescape(one.value[:MAX_PLACE])):
            found += _parted(_BLANKS.sub(" ", part))
    if not found:
        found = [
            tidy(one.parameters.get("CN", "").strip('"'))
            for one in event.all("ATTENDEE")
            if one.parameters.get("CUTYPE", "").upper() == "ROOM"
        ]
    return _once(tuple(name for name in found if name and not _LINK.match(name) and "@" not in name))


def _parted(text: str) -> list[str]:
    fields = [_labelled(line) for line in text.split("\n") if line.strip()]
    if fields and all(fields):
        return fields
    parts = [tidy(part) for part in re.split(r"\s*[,\n+&]\s*|\s+/\s+", text) if part.strip()]
    letters = Counter(_letters(part) for part in parts)
    rooms = sum(
        _ROOM.fullmatch(part) is not None or (_NUMBERED.search(part) is not None and letters[_letters(part)] > 1)
        for part in parts
    )
    if rooms == len(parts) > 1 or (rooms > 1 and rooms * 2 > len(parts)):
        return parts
    return [tidy(text.replace("\n", ", "))]


def _letters(part: str) -> str:
    """PCUR of "PCUR 06": what rooms of one building have in common."""
    return "".join(one for one in part.casefold() if one.isalpha())


def _labelled(line: str) -> str:
    """KD1 of "Lokalnamn: KD1. Antal datorer: 24": of several fields in a line the first is the room's name."""
    fields = [found for found in _FIELD.finditer(line[:MAX_WORDS]) if found["value"].strip()]
    return tidy(fields[0]["value"]) if len(fields) > 1 and fields[0].start() == 0 else ""


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
