import time
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.school.importers.asc import read_asc
from hub.school.importers.formats import read_timetable
from hub.school.importers.found import TimetableImport
from hub.school.problems import Problem, Severity, Unreadable
from hub.school.sessions import sessions
from tests.hub.school.conftest import FIXTURES
from tests.patience import SOAK

TRAPS = FIXTURES / "asc_traps.xml"
SOUND = FIXTURES / "asc_school.xml"


@pytest.fixture(scope="module")
def traps() -> TimetableImport:
    return read_asc(TRAPS)


@pytest.fixture(scope="module")
def brazil(shared_data: Path) -> tuple[Path, TimetableImport]:
    path = shared_data / "timetables" / "asc" / "asc_brazil_institute.xml"
    return path, read_asc(path)


def found(read: TimetableImport, row: int, column: str) -> Problem:
    return next(one for one in read.findings.problems if one.row == row and one.column == column)


def test_counts_of_a_real_export(brazil: tuple[Path, TimetableImport]) -> None:
    """Counted independently: ../shared/data/timetables/SOURCES.md."""
    assert brazil[1].counts == {
        "periods": 15, "teachers": 103, "rooms": 67, "classes": 47, "groups": 235, "subjects": 403, "students": 0,
        "lessons": 515, "cards": 1187, "cards_without_room": 268, "cards_with_several_rooms": 0,
        "lessons_without_card": 17, "lessons_without_teacher": 9, "lessons_with_several_teachers": 2,
        "lessons_with_several_classes": 0,
    }  # fmt: skip
    assert brazil[1].weeks_masks == {"1": 1187}
    assert not brazil[1].spanning
    assert brazil[1].findings.bad == 0


def test_defects_of_a_real_export(brazil: tuple[Path, TimetableImport]) -> None:
    warnings = [one for one in brazil[1].findings.problems if one.severity is Severity.WARNING]
    assert "08:45" in warnings[0].text.en
    assert warnings[0].row == 5
    assert {one.column for one in warnings[1:]} == {"name"}  # the shifts count from 1 each
    notes = Counter(one.column for one in brazil[1].findings.problems if one.severity is Severity.NOTE)
    assert notes["classroomids"] == 268
    assert notes["id"] == 17
    assert notes["teacherids"] == 9
    assert notes["capacity"] == notes["starttime"] == 1


def test_every_room_and_day_of_a_real_export_against_a_second_reader(brazil: tuple[Path, TimetableImport]) -> None:
    path, read = brazil
    lines = [line for line, text in enumerate(path.read_text("utf-8").splitlines(), 1) if "<card " in text]
    root = ET.parse(path).getroot()  # noqa: S314  a file we were given, read by the plainest parser there is
    cards = list(zip(root.iterfind("cards/card"), lines, strict=True))
    starts = {one.get("period"): one.get("starttime", "").zfill(5) for one in root.iterfind("periods/period")}
    for room in root.iterfind("classrooms/classroom"):
        for weekday in range(7):
            expected = sorted(
                (starts[card.get("period")], line)
                for card, line in cards
                if card.get("classroomids") == room.get("id") and f"{card.get('days')}00"[weekday] == "1"
            )
            day = date(2026, 9, 7) + timedelta(days=weekday)
            planned = sessions(read.timetable, day, {room.get("id", "")})
            assert [(one.start, one.row) for one in planned] == expected


@pytest.mark.parametrize(
    ("row", "column", "severity", "words"),
    [
        (7, "starttime", "warning", "period 3 (09:00-09:40) and period 4"),
        (10, "starttime", "warning", "period 5 (10:00-10:50) and period 7"),
        (11, "starttime", "warning", "period 6 (11:20-12:10) and period 8"),
        (17, "weeks", "note", "01 = Term 1 Week 2"),
        (12, "endtime", "warning", "13:40 is used"),
        (13, "endtime", "error", "not after its start"),
        (14, "starttime", "error", "no time of day"),
        (4, "starttime", "note", "without a leading zero"),
        (24, "capacity", "warning", "'lots'"),
        (25, "teacherid", "warning", "teacher *9"),
        (26, "classid", "warning", "class *99"),
        (30, "subjectid", "error", "subject *77"),
        (31, "id", "error", "appears again"),
        (28, "periodsperweek", "note", "every second week"),
        (29, "teacherids", "note", "without a teacher"),
        (36, "classroomids", "note", "without a room"),
        (37, "period", "error", "period 0 is not defined"),
        (39, "lessonid", "error", "lesson *9"),
        (40, "days", "warning", "5 long"),
        (40, "classroomids", "error", "room *8"),
        (41, "classroomids", "warning", "line 34"),
        (42, "days", "error", "monday"),
    ],
)
def test_each_trap_is_named_with_its_line(
    traps: TimetableImport, row: int, column: str, severity: str, words: str
) -> None:
    problem = found(traps, row, column)
    assert problem.severity.value == severity
    assert words in problem.text.en
    assert problem.text.vi != problem.text.en


def test_exactly_the_overlapping_periods_are_named(traps: TimetableImport) -> None:
    said = [one.text.en for one in traps.findings.problems if "overlap" in one.text.en]
    pairs = [tuple(part.split()[0] for part in text.split("period ")[1:]) for text in said]
    assert pairs == [("3", "4"), ("5", "7"), ("6", "7"), ("6", "8")]


def test_what_is_sound_in_a_bad_file_is_kept(traps: TimetableImport) -> None:
    assert traps.counts["cards"] == 9
    assert traps.weeks_masks == {"10": 1, "01": 1, "11": 7}
    assert [card.row for card in traps.timetable.cards] == [34, 35, 36, 40, 41]
    assert traps.timetable.cards[0].rooms == ("*1", "*2")
    assert [teacher.name for teacher in traps.timetable.teachers] == ["T1", "Two"]
    assert traps.timetable.subjects[0].name == "Mathématiques"


def test_weeks_decide_the_day(traps: TimetableImport) -> None:
    odd, even = date(2026, 9, 7), date(2026, 9, 14)  # ISO weeks 37 and 38
    assert [one.row for one in sessions(traps.timetable, odd, {"*1"})] == [34]
    assert sessions(traps.timetable, even, {"*1"}) == []
    assert [one.row for one in sessions(traps.timetable, even + timedelta(days=1), {"*1"})] == [35]
    assert [one.row for one in sessions(traps.timetable, even, {"*1"}, odd_first=False)] == [34]


def test_a_sound_file_has_no_errors_and_vietnamese_names() -> None:
    read = read_asc(SOUND)
    assert read.findings.counts[Severity.ERROR] == read.findings.counts[Severity.WARNING] == 0
    assert read.timetable.teachers[1].name == "Trần Văn Đức"
    assert [room.capacity for room in read.timetable.rooms] == [45, 45, 40, None]


def test_one_card_for_a_double_period_covers_both(tmp_path: Path) -> None:
    text = SOUND.read_text("utf-8").replace(
        '<card lessonid="L1" classroomids="R101" period="2" weeks="11" terms="1" days="100000"/>', ""
    )
    path = tmp_path / "one.xml"
    path.write_text(text, "utf-8")
    read = read_asc(path)
    assert read.spanning
    session = sessions(read.timetable, date(2026, 9, 7), {"R101"})[0]
    assert (session.start, session.end, session.period) == ("07:00", "08:35", "1-2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1258"])
def test_encodings_as_declared(tmp_path: Path, encoding: str) -> None:
    text = SOUND.read_text("utf-8").replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"')
    if encoding == "windows-1258":  # has no ộ, ệ … in one byte: only names it can hold
        text = text.encode("cp1258", errors="replace").decode("cp1258")
    path = tmp_path / "x.xml"
    path.write_bytes(text.encode(encoding))
    assert read_timetable(path).counts["cards"] == 5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"not xml", "no known format"),
        (b"<?xml version='1.0'?><school/>", "<school>"),
        (b"<timetable importtype='database'></timetable>", "an empty export"),
        (b"<timetable a='1'><cards><card", "broken XML"),
        (b'<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a "b">]><timetable x="&a;"/>', "refused"),
        (b'<?xml version="1.0"?><!DOCTYPE t SYSTEM "http://127.0.0.1/x.dtd"><timetable x="1"/>', "refused"),
        (b'<?xml version="1.0" encoding="nonsense-9"?><timetable x="1"/>', "encoding"),
        ('<?xml version="1.0" encoding="UTF-8"?><timetable x="é"/>'.encode("latin-1"), "UTF-8 as it declares"),
    ],
)
def test_files_that_cannot_be_read_are_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as refused:
        read_timetable(path)
    assert words in refused.value.problem.text.en
    assert refused.value.problem.file == "x.xml"


@given(st.data())
def test_damage_is_a_problem_never_a_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Bytes replaced, cut out or doubled at random: a result with problems or a refusal, nothing else."""
    content = bytearray((TRAPS if data.draw(st.booleans()) else SOUND).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 40))
        content[at : at + length] = data.draw(
            st.binary(max_size=12) | st.sampled_from([b"", b'"', b"9" * 5000, b"1" * 99])
        )
    path = tmp_path_factory.mktemp("damage") / "x.xml"
    path.write_bytes(bytes(content))
    try:
        read = read_timetable(path)
    except Unreadable as refused:
        words = refused.problem.text.vi
    else:
        words = "read"
        assert set(read.counts) >= {"periods", "lessons", "cards"}
        sessions(read.timetable, date(2026, 9, 7))
    assert words


@given(
    st.sampled_from(["period", "days", "weeks", "terms", "classroomids", "starttime", "capacity", "day"]),
    st.text(max_size=20),
)
def test_any_text_in_any_attribute(tmp_path_factory: pytest.TempPathFactory, column: str, value: str) -> None:
    root = ET.fromstring(SOUND.read_text("utf-8"))  # noqa: S314  our own file
    clean = "".join(letter for letter in value if letter.isprintable())
    for element in root.iter():
        if column in element.attrib or element.tag == "card":
            element.set(column, clean)
    path = tmp_path_factory.mktemp("attribute") / "x.xml"
    path.write_bytes(ET.tostring(root, "utf-8", xml_declaration=True))
    assert read_asc(path).counts["cards"] == 5


def test_a_large_school_reads_in_under_two_seconds(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    path.write_text(large_school(), "utf-8")
    began = time.process_time()  # the machine is shared: our own work counts
    read = read_asc(path)
    took_s = time.process_time() - began
    assert took_s < 2.0 or not SOAK
    assert read.counts["cards"] == 6713
    lost = [one for one in read.findings.problems if one.severity is Severity.ERROR]
    assert len(lost) == 31
    assert len(read.timetable.cards) == 6713 - 31


def large_school() -> str:
    """The shape of the largest export known: 124 rooms, 570 groups, 2,202 lessons, 6,713 cards, 31 of them lost."""
    clock = [f"{7 + number // 2}:{30 * (number % 2):02d}" for number in range(22)]
    days, weeks = ("10000", "01000", "00100", "00010", "00001"), ("10", "01", "11")
    tables = {
        "periods": [f'<period period="{n}" starttime="{clock[n]}" endtime="{clock[n + 1]}"/>' for n in range(21)],
        "classrooms": [f'<classroom id="*{n}" name="R{n}"/>' for n in range(124)],
        "classes": [f'<class id="*{n}" name="C{n}"/>' for n in range(62)],
        "groups": [f'<group id="*{n}" classid="*{n % 62}" name="G"/>' for n in range(570)],
        "teachers": [f'<teacher id="*{n}" name="T{n}"/>' for n in range(167)],
        "lessons": [
            f'<lesson id="*{n}" classids="*{n % 62}" groupids="*{n % 570}" teacherids="*{n % 167}" periodspercard="1"/>'
            for n in range(2202)
        ],
        "cards": [
            f'<card lessonid="*{n % 2202}" period="{99 if n < 31 else n % 21}" days="{days[n % 5]}" '
            f'weeks="{weeks[n % 3]}" terms="1" classroomids="*{n % 124}"/>'
            for n in range(6713)
        ],
    }
    inner = "".join(f"<{table}>{''.join(rows)}</{table}>" for table, rows in tables.items())
    return f'<timetable importtype="database">{inner}</timetable>'


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('<subject id="S1"', '<subject id=""', "a subject without an id"),
        ('<teacher id="GV2"', '<teacher id="GV1"', "teacher: id GV1 appears again"),
        ('period="6"', 'period="5"', "period 5 is defined twice"),
        ('name="Tiết 6" short="6" period="6"', "", "a period without a number"),
        ('period="3" weeks', 'period="" weeks', "a card without a period"),
        ('terms="1" days="100000"/>', 'terms="1" days="000000"/>', "never takes place"),
        ('weeks="10" terms="1"', 'weeks="1x" terms="1"', "not a string of 0 and 1"),
        (
            '<termsdefs columns="id,terms,name,short">',
            "<other><x/></other><termsdefs>",
            "the table <other> is not used",
        ),
        ('short="SB"', 'short="SB" buildingid="nowhere"', "building nowhere"),
    ],
)
def test_a_single_defect(tmp_path: Path, before: str, after: str, words: str) -> None:
    content = SOUND.read_text("utf-8")
    assert before in content
    path = tmp_path / "x.xml"
    path.write_text(content.replace(before, after, 1), "utf-8")
    said = [one.text.en for one in read_asc(path).findings.problems]
    assert any(words in text for text in said), said


def test_an_older_export_with_day_numbers_instead_of_masks(tmp_path: Path) -> None:
    content = SOUND.read_text("utf-8")
    for number in range(1, 7):
        mask = "0" * (number - 1) + "1" + "0" * (6 - number)
        content = content.replace(f'terms="1" days="{mask}"/>', f'day="{number}"/>')
    content = content.replace('weeks="10" day', "day").replace('weeks="01" day', "day")
    path = tmp_path / "old.xml"
    path.write_text(content, "utf-8")
    read = read_asc(path)
    assert read.findings.bad == 0
    masks = [(card.days, card.weeks) for card in read.timetable.cards]
    assert masks == [("100000", "11")] * 3 + [("000001", "10"), ("000001", "01")]  # weeks from the lesson's definition
