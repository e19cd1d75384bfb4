"""How good is what a school's systems gave: every kind of defect with its count, examples and what to do. Pure.

Pupils are counted here, never named.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum

import msgspec

from hub.registry.model import Room
from hub.school.alike import most_alike
from hub.school.clashes import bells_that_overlap, clashes
from hub.school.names import RoomNames, plain
from hub.school.roster import Session
from hub.school.timetable import PlannedRoom, Timetable
from wire.text import Text

MAX_EXAMPLES = 8
GAP_DAYS = 35  # longer than Tết and a week; shorter than a summer, which parts school years
SUMMER_DAYS = 120
_TEACHING = frozenset({"term", "semester"})


class IssueKind(StrEnum):
    ROOM_UNKNOWN = "room_unknown"
    ROOM_RETIRED = "room_retired"
    LESSON_WITHOUT_ROOM = "lesson_without_room"
    SUBJECT_WITHOUT_ROOM = "subject_without_room"
    LESSON_WITHOUT_TEACHER = "lesson_without_teacher"
    CLASS_UNKNOWN = "class_unknown"
    CLASS_EMPTY = "class_empty"
    CLASS_TOO_LARGE = "class_too_large"
    ROOM_TWICE = "room_twice"
    TEACHER_TWICE = "teacher_twice"
    CLASS_TWICE = "class_twice"
    TERM_GAP = "term_gap"
    BELLS_OVERLAP = "bells_overlap"
    CLASS_IN_TWO_ROSTERS = "class_in_two_rosters"
    PUPIL_IN_NO_CLASS = "pupil_in_no_class"
    PUPIL_IN_TWO_CLASSES = "pupil_in_two_classes"


class Proposal(msgspec.Struct, frozen=True):
    """`alias`, a room of the timetable, may be the school's room `room`."""

    alias: str
    room: str
    name: str


class Issue(msgspec.Struct, frozen=True):
    """One kind of defect. `serious`: lessons or pupils are missing because of it; `meant`: it may well be as wanted."""

    kind: IssueKind
    count: int
    what: Text
    todo: Text
    examples: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    serious: bool = False
    meant: bool = False


class ClassSize(msgspec.Struct, frozen=True):
    """A class of the roster of `source`, and the pupils in it today."""

    names: tuple[str, ...]
    pupils: int
    source: str = ""


class RetiredRoom(msgspec.Struct, frozen=True):
    """A room that is out of use today, and since when."""

    room: Room
    since: date


class SchoolData(msgspec.Struct, frozen=True):
    """What is believed of one school today. `pupils_outside`, `pupils_twice`: enabled pupils in no class, in several
    home classes.
    """

    timetables: tuple[Timetable, ...] = ()
    rooms: tuple[Room, ...] = ()
    retired: tuple[RetiredRoom, ...] = ()
    sessions: tuple[Session, ...] = ()
    classes: tuple[ClassSize, ...] = ()
    pupils_outside: int = 0
    pupils_twice: int = 0


def issues(data: SchoolData) -> list[Issue]:
    """The serious ones first, what may be meant so last, then by count."""
    found = [issue for check in _CHECKS for issue in check(data) if issue.count]
    return sorted(found, key=lambda issue: (not issue.serious, issue.meant, -issue.count, issue.kind))


def _strange_rooms(data: SchoolData) -> Iterable[Issue]:
    known, gone = RoomNames(data.rooms), {one.room.id: one for one in data.retired}
    retired = RoomNames(one.room for one in data.retired)
    unknown: dict[str, PlannedRoom] = {}
    closed: dict[str, RetiredRoom] = {}
    for timetable in data.timetables:
        used = {room for card in timetable.cards for room in card.rooms}
        used |= {room for dated in timetable.dated for room in dated.rooms}
        for room in timetable.rooms:
            called = (room.id, room.name, room.short)
            if room.id not in used or known.find(called) is not None:
                continue
            if (was := retired.find(called)) is not None:
                closed.setdefault(room.name or room.id, gone[was])
            else:
                unknown.setdefault(room.name or room.id, room)
    yield _unknown_rooms(sorted(unknown), data.rooms)
    yield Issue(
        IssueKind.ROOM_RETIRED,
        len(closed),
        Text(
            "Phòng có trong thời khóa biểu nhưng đã ngừng dùng (từ ngày)",
            "Rooms of the timetable that are out of use (since)",
        ),
        Text(
            "Dùng lại phòng ở trang Sửa bằng tay, hoặc sửa thời khóa biểu; tiết học ở đó đang không được hiện.",
            "Take the room back on the page Edit by hand, or correct the timetable; its lessons are not shown now.",
        ),
        tuple(f"{name} ({closed[name].since:%d/%m/%Y})" for name in sorted(closed)[:MAX_EXAMPLES]),
        serious=True,
    )


def _unknown_rooms(names: list[str], rooms: Iterable[Room]) -> Issue:
    found = ((name, most_alike(name, rooms)) for name in names)
    return Issue(
        IssueKind.ROOM_UNKNOWN,
        len(names),
        Text(
            "Phòng có trong thời khóa biểu mà trường chưa khai báo", "Rooms of the timetable the school does not have"
        ),
        Text(
            "Khai báo phòng, hoặc ghi tên gọi này cho phòng đã có; tiết học ở đó đang không được hiện.",
            "Set the room up, or keep the name as an alias of a room; its lessons are not shown now.",
        ),
        tuple(names[:MAX_EXAMPLES]),
        tuple(Proposal(name, room.id, room.name) for name, room in found if room is not None)[: MAX_EXAMPLES * 3],
        serious=True,
    )


def _incomplete(data: SchoolData) -> Iterable[Issue]:
    roomless: Counter[str] = Counter()
    teacherless: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    for timetable in data.timetables:
        named, subject_of = _lesson_names(timetable), {one.id: one.subject for one in timetable.lessons}
        outdoors, names = _never_placed(timetable), {one.id: one.name for one in timetable.subjects}
        for lesson in (lesson for lesson, placed in _placed(timetable) if not placed):
            subject = subject_of.get(lesson, "")
            if subject in outdoors:
                outside[names.get(subject, subject)] += 1
            else:
                roomless[named(lesson)] += 1
        teacherless.update(named(lesson.id) for lesson in timetable.lessons if not lesson.teachers)
    yield Issue(
        IssueKind.LESSON_WITHOUT_ROOM,
        roomless.total(),
        Text("Tiết học không có phòng", "Lessons without a room"),
        Text("Xếp phòng trong phần mềm thời khóa biểu.", "Give them a room in the timetable program."),
        tuple(name for name, _ in roomless.most_common(MAX_EXAMPLES)),
    )
    yield _subjects_outside(outside)
    yield Issue(
        IssueKind.LESSON_WITHOUT_TEACHER,
        teacherless.total(),
        Text("Bài dạy không có giáo viên", "Lessons without a teacher"),
        Text("Phân công giáo viên trong phần mềm thời khóa biểu.", "Assign a teacher in the timetable program."),
        tuple(name for name, _ in teacherless.most_common(MAX_EXAMPLES)),
    )


def _placed(timetable: Timetable) -> list[tuple[str, bool]]:
    """Lessons of all cards, and whether each card has a room."""
    weekly = [(card.lesson, bool(card.rooms)) for card in timetable.cards]
    return weekly + [(dated.lesson, bool(dated.rooms)) for dated in timetable.dated]


def _never_placed(timetable: Timetable) -> frozenset[str]:
    """Subjects none of whose lessons has a room, in a timetable that has rooms for most: taught in the yard, it seems.

    Where most lessons lack a room, rooms have been forgotten and nothing can be told of a subject.
    """
    subject_of = {one.id: one.subject for one in timetable.lessons}
    planned = [(subject_of.get(lesson, ""), placed) for lesson, placed in _placed(timetable)]
    with_room = {subject for subject, placed in planned if placed}
    if 2 * sum(placed for _, placed in planned) < len(planned):
        return frozenset()
    return frozenset(subject for subject, _ in planned if subject) - with_room


def _subjects_outside(lessons: Counter[str]) -> Issue:
    """By subject, as whoever knows the school can say at a glance whether it is meant."""
    return Issue(
        IssueKind.SUBJECT_WITHOUT_ROOM,
        lessons.total(),
        Text(
            "Tiết của môn không bao giờ có phòng (học ở sân trường?)",
            "Lessons of subjects that never have a room (in the school yard?)",
        ),
        Text(
            "Không cần làm gì nếu môn học ở sân trường; nếu không, xếp phòng trong phần mềm thời khóa biểu.",
            "Nothing, where they are taught in the yard; else give them a room in the timetable program.",
        ),
        tuple(f"{name} ({count})" for name, count in lessons.most_common(MAX_EXAMPLES)),
        meant=True,
    )


def _classes(data: SchoolData) -> Iterable[Issue]:
    sizes = _pupils_by_name(data.classes)
    unknown: list[str] = []
    empty: list[str] = []
    for timetable in data.timetables if sizes else ():
        for one in timetable.classes:
            found = [sizes[plain(name)] for name in (one.name, one.short, one.id) if plain(name) in sizes]
            if not found:
                unknown.append(one.name or one.id)
            elif not max(found):
                empty.append(one.name or one.id)
    yield Issue(
        IssueKind.CLASS_UNKNOWN,
        len(unknown),
        Text("Lớp của thời khóa biểu không có trong danh sách", "Classes of the timetable the roster does not know"),
        Text("Dùng cùng một tên lớp ở cả hai hệ thống.", "Call the class the same in both systems."),
        tuple(sorted(unknown)[:MAX_EXAMPLES]),
    )
    yield Issue(
        IssueKind.CLASS_EMPTY,
        len(empty),
        Text("Lớp không có học sinh nào", "Classes without pupils"),
        Text("Xếp học sinh vào lớp trong hệ thống danh sách.", "Enrol the pupils in the roster system."),
        tuple(sorted(empty)[:MAX_EXAMPLES]),
        serious=True,
    )


def _pupils_by_name(classes: Iterable[ClassSize]) -> dict[str, int]:
    """Of a class that several rosters have the larger one counts: they speak of the same pupils."""
    sizes: dict[str, int] = {}
    for size in classes:
        for name in (plain(name) for name in size.names if name):
            sizes[name] = max(size.pupils, sizes.get(name, 0))
    return sizes


def _two_rosters(data: SchoolData) -> Iterable[Issue]:
    """A list without pupils (of teachers and their home classes) may well stand beside another."""
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for size in data.classes:
        name = next((name for name in size.names if name), "")
        if size.pupils and name:
            sources[plain(name)].add(size.source)
    twice = {name: told for name, told in sources.items() if len(told) > 1}
    called = {plain(name): name for size in data.classes for name in size.names}
    yield Issue(
        IssueKind.CLASS_IN_TWO_ROSTERS,
        len(twice),
        Text("Lớp có trong hai danh sách từ hai nguồn", "Classes that two rosters of two sources hold"),
        Text(
            "Học sinh chỉ được đếm theo danh sách đông hơn. Hoàn tác lần nhập thừa ở trang Nhập dữ liệu trường.",
            "Only the larger roster's pupils count. Undo the import that is too many on the page School data in.",
        ),
        tuple(f"{called[name]} ({', '.join(sorted(one or '–' for one in twice[name]))})" for name in sorted(twice))[
            :MAX_EXAMPLES
        ],
    )


def _capacity(data: SchoolData) -> Iterable[Issue]:
    known, rooms = RoomNames(data.rooms), {room.id: room for room in data.rooms}
    sizes = _pupils_by_name(data.classes)
    large: dict[str, None] = {}
    for timetable in data.timetables:
        lessons = {lesson.id: lesson for lesson in timetable.lessons}
        classes = {one.id: one for one in timetable.classes}
        entire = {group.id for group in timetable.groups if group.entire}
        places = {room.id: known.find((room.id, room.name, room.short)) for room in timetable.rooms}
        for card in timetable.cards:
            lesson = lessons.get(card.lesson)
            if lesson is None or set(lesson.groups) - entire or len(card.rooms) != 1:
                continue  # parts of classes, or spread over rooms: nobody knows how many sit where
            here = rooms.get(places.get(card.rooms[0]) or "")
            members = [classes[one] for one in lesson.classes if one in classes]
            pupils = sum(sizes.get(plain(one.name), one.pupils or 0) for one in members)
            if here is not None and pupils > here.capacity:
                large[f"{', '.join(one.name for one in members)} ({pupils}) · {here.name} ({here.capacity})"] = None
    yield Issue(
        IssueKind.CLASS_TOO_LARGE,
        len(large),
        Text("Lớp đông hơn sức chứa của phòng", "Classes larger than their room holds"),
        Text("Đổi phòng, hoặc sửa sức chứa của phòng.", "Change the room, or mend the room's capacity."),
        tuple(large)[:MAX_EXAMPLES],
    )


def _twice(data: SchoolData) -> Iterable[Issue]:
    words = {
        IssueKind.ROOM_TWICE: Text("Phòng có hai tiết cùng lúc", "Rooms with two lessons at once"),
        IssueKind.TEACHER_TWICE: Text("Giáo viên có hai tiết cùng lúc", "Teachers with two lessons at once"),
        IssueKind.CLASS_TWICE: Text("Lớp có hai tiết cùng lúc", "Classes with two lessons at once"),
    }
    for kind, what in words.items():
        found = [one for timetable in data.timetables for one in clashes(timetable, kind.value.partition("_")[0])]
        yield Issue(
            kind,
            len(found),
            what,
            Text("Sửa trong phần mềm thời khóa biểu.", "Mend it in the timetable program."),
            tuple(found[:MAX_EXAMPLES]),
        )


def _terms(data: SchoolData) -> Iterable[Issue]:
    spans = sorted({(one.first, one.last, one.title) for one in data.sessions if one.kind in _TEACHING})
    gaps: list[str] = []
    last = None
    for first, end, title in spans:
        if last is not None and GAP_DAYS < (first - last).days <= SUMMER_DAYS:
            gaps.append(f"{last.isoformat()} – {first.isoformat()} ({title})")
        last = end if last is None else max(last, end)
    yield Issue(
        IssueKind.TERM_GAP,
        len(gaps),
        Text("Khoảng trống giữa các học kỳ", "Gaps between terms"),
        Text(
            "Kiểm tra ngày đầu và ngày cuối học kỳ; không tiết học nào chạy trong khoảng này.",
            "Check the first and last days of terms; no lesson runs in the gap.",
        ),
        tuple(gaps[:MAX_EXAMPLES]),
        serious=True,
    )


def _bells(data: SchoolData) -> Iterable[Issue]:
    found = [one for timetable in data.timetables for one in bells_that_overlap(timetable.bells)]
    yield Issue(
        IssueKind.BELLS_OVERLAP,
        len(found),
        Text("Tiết học chồng giờ nhau trong khung giờ", "Bell periods that overlap"),
        Text("Sửa giờ bắt đầu và kết thúc của tiết.", "Mend when the periods start and end."),
        tuple(found[:MAX_EXAMPLES]),
    )


def _pupils(data: SchoolData) -> Iterable[Issue]:
    yield Issue(
        IssueKind.PUPIL_IN_NO_CLASS,
        data.pupils_outside,
        Text("Học sinh chưa được xếp lớp", "Pupils in no class"),
        Text("Xếp lớp trong hệ thống danh sách.", "Enrol them in the roster system."),
        serious=True,
    )
    yield Issue(
        IssueKind.PUPIL_IN_TWO_CLASSES,
        data.pupils_twice,
        Text("Học sinh ở hai lớp chủ nhiệm", "Pupils in two home classes"),
        Text("Kết thúc lần xếp lớp cũ trong hệ thống danh sách.", "End the old enrolment in the roster system."),
    )


def _lesson_names(timetable: Timetable) -> Callable[[str], str]:
    subjects = {one.id: one.name for one in timetable.subjects}
    classes = {one.id: one.name for one in timetable.classes}
    lessons = {one.id: one for one in timetable.lessons}

    def named(key: str) -> str:
        lesson = lessons.get(key)
        if lesson is None:
            return key
        who = ", ".join(classes.get(one, one) for one in lesson.classes)
        return " · ".join(part for part in (subjects.get(lesson.subject, lesson.subject), who) if part) or key

    return named


_CHECKS = (_strange_rooms, _incomplete, _classes, _two_rosters, _capacity, _twice, _terms, _bells, _pupils)
