"""Why an import looks wrong although it can be read: each reason with the rows it is about. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from hub.school.difference import Compared, Doubt, DoubtKind, Names, Row
from hub.school.names import plain
from wire.text import Text

MAX_OF_A_KIND, MAX_ROOMS = 50, 1_000
MAX_NAMES = 8  # of classes in one reason
MOST = 0.5  # of its pupils: a class that loses more is a broken export, or ended
SMALL_CLASS = 4  # pupils; of so few some may well move together
DELTA_FLOOR = 10  # rows a delta may end whatever their share: it names each of them
RENAMED_SHARE, RENAMED_LEAST = 0.8, 3
YEAR_DAYS = 300  # a term moved by more is a typing error in the year, or another term
_ROLLING = frozenset({"days", "changes", "dated"})  # dates pass and fall out of a calendar
_TABLES = {
    "orgs": Text("đơn vị", "organisations"),
    "sessions": Text("học kỳ", "terms"),
    "classes": Text("lớp", "classes"),
    "people": Text("người", "people"),
    "enrolments": Text("xếp lớp", "enrolments"),
    "bells": Text("giờ tiết học", "bell periods"),
    "rooms": Text("phòng", "rooms"),
    "subjects": Text("môn học", "subjects"),
    "teachers": Text("giáo viên", "teachers"),
    "groups": Text("nhóm", "groups"),
    "lessons": Text("bài dạy", "lessons"),
    "cards": Text("ô thời khóa biểu", "timetable cards"),
    "dated": Text("buổi học theo ngày", "dated lessons"),
    "days": Text("ngày đặc biệt", "calendar days"),
    "changes": Text("thay đổi trong ngày", "one-day changes"),
}


class Situation(msgspec.Struct, frozen=True):
    """What doubts are measured against. `bad_rows` are left out of this file, `bad_before` were of the last one
    applied; `unknown_rooms` are names the school does not have, with the cards in them, now and before;
    `elsewhere` are names of classes (folded) that rosters of other sources fill with pupils, and whose;
    `lost_days` are those of one-day changes that would no longer find their lesson, `lost_several` of which would fit
    more than one.
    """

    shrink_pct: int = 10
    rows: int = 0
    bad_rows: int = 0
    bad_before: int = 0
    first: bool = True
    unknown_rooms: dict[str, int] = {}
    unknown_before: frozenset[str] = frozenset()
    cards: int = 0
    elsewhere: dict[str, str] = {}
    lost_days: tuple[date, ...] = ()
    lost_several: int = 0


def table_name(table: str) -> Text:
    return _TABLES.get(table, Text(table, table))


def doubts(compared: Sequence[Compared], names: Names, situation: Situation) -> tuple[Doubt, ...]:
    """All reasons, those of one kind at most MAX_OF_A_KIND times; rooms MAX_ROOMS times, as they are counted."""
    ended = frozenset(key for one in compared if one.table == "classes" for key in one.ended)
    found: list[Doubt] = [
        *_left_out(situation),
        *_rooms(situation),
        *_lost(situation.lost_days, situation.lost_several),
        *_elsewhere(compared, situation.elsewhere),
    ]
    for one in compared:
        found += _shrinks(one, situation.shrink_pct)
        found += _zeros(one)
        if one.table == "enrolments":
            found += _classes(one, names, ended)
        elif one.table in {"teachers", "people"}:
            found += _renamed(one)
        elif one.table == "sessions":
            found += _moved(one)
    kinds: Counter[DoubtKind] = Counter()
    bounded: list[Doubt] = []
    for doubt in found:
        kinds[doubt.kind] += 1
        if kinds[doubt.kind] <= (MAX_ROOMS if doubt.kind is DoubtKind.ROOM_UNKNOWN else MAX_OF_A_KIND):
            bounded.append(doubt)
    return tuple(bounded)


def _left_out(situation: Situation) -> Iterable[Doubt]:
    """A row left out is a broken reference or an unreadable value; what a person let pass once may pass again."""
    bad = situation.bad_rows
    if bad <= situation.bad_before:
        return
    yield Doubt(
        DoubtKind.LEFT_OUT,
        "",
        Text(
            f"{bad} mục lỗi sẽ bị bỏ qua (tham chiếu sai hoặc giá trị không đọc được); đọc được {situation.rows} mục, "
            "cộng mọi bảng (lớp, người, xếp lớp, ô thời khóa biểu…)",
            f"{bad} {'entry is' if bad == 1 else 'entries are'} broken and would be left out (dangling references, "
            f"unreadable values); {situation.rows} were read, all tables together (classes, people, enrolments, "
            "timetable cards…)",
        ),
    )


def _rooms(situation: Situation) -> Iterable[Doubt]:
    """Rooms nobody set up: said always, holding where many cards lose the room they had."""
    fresh = {name: cards for name, cards in situation.unknown_rooms.items() if name not in situation.unknown_before}
    lost = sum(fresh.values())
    holds = not situation.first and lost > situation.cards * situation.shrink_pct / 100
    for name, cards in sorted(situation.unknown_rooms.items()):
        yield Doubt(
            DoubtKind.ROOM_UNKNOWN,
            "rooms",
            Text(f"trường không có phòng {name} ({cards} ô)", f"the school has no room {name} ({cards} cards)"),
            holds=holds and name in fresh,
            key=name,
        )


def _lost(days: Sequence[date], several: int) -> Iterable[Doubt]:
    """Said, not held: a new timetable may well plan no such lesson."""
    if not days:
        return
    named = ", ".join(dict.fromkeys(f"{day:%d/%m/%Y}" for day in days[:MAX_NAMES]))
    why = Text(
        f"; {several} thay đổi trong đó hợp với nhiều tiết cùng môn, cùng lớp nên không biết là tiết nào",
        f"; {several} of them would fit several lessons of that subject and class, so it is not sure which is meant",
    )
    vi, en = (why.vi, why.en) if several else ("", "")
    text = Text(
        f"{len(days)} thay đổi trong ngày đặt bằng tay sẽ không còn tìm thấy tiết học của mình ({named}){vi}",
        f"one-day changes set by hand that would no longer find their lesson: {len(days)} ({named}){en}",
    )
    yield Doubt(DoubtKind.CHANGES_LOST, "changes", text, holds=False)


def _elsewhere(compared: Sequence[Compared], elsewhere: Mapping[str, str]) -> Iterable[Doubt]:
    """Pupils for a class another source has already; once a person let a class in, later files of both may go on."""
    tables = {one.table: one for one in compared}
    classes, enrolments = tables.get("classes"), tables.get("enrolments")
    if not elsewhere or classes is None or enrolments is None:
        return
    filled = {str(row["school_class"]) for row in enrolments.after.values() if _pupil(row)}
    met: dict[str, list[str]] = {}
    for key in (key for key in classes.after if key in filled and key not in classes.kept):
        before = _class_names(classes.before.get(key, {}))
        fresh = [name for name in _class_names(classes.after[key]) if name not in before and plain(name) in elsewhere]
        if fresh:
            met.setdefault(elsewhere[plain(fresh[0])], []).append(fresh[0])
    for source, names in sorted(met.items()):
        yield Doubt(DoubtKind.CLASS_ELSEWHERE, "classes", _beside(source, sorted(names)))


def _class_names(row: Row) -> list[str]:
    return [str(name) for name in (row.get("title"), row.get("code")) if name]


def _beside(source: str, names: Sequence[str]) -> Text:
    listed, more = ", ".join(names[:MAX_NAMES]), len(names) - MAX_NAMES
    vi, en = (f"{listed} và {more} lớp nữa", f"{listed} and {more} more") if more > 0 else (listed, listed)
    whose = Text(source, source) if source else Text("thường dùng", "usually used")
    return Text(
        f"lớp {vi} đã có trong nguồn {whose.vi}: nếu tệp này thuộc nguồn đó, hãy nhập lại và chọn nguồn đó; "
        "nếu đúng là một danh sách khác, hãy xác nhận",
        f"class {en}: already in the source {whose.en}: if this file belongs to it, import it again under that source; "
        "if it is indeed another list, confirm",
    )


def _shrinks(one: Compared, limit_pct: int) -> Iterable[Doubt]:
    ended, name = len(one.ended), table_name(one.table)
    left = one.held - ended + len(one.added)
    if not one.held or left >= one.held or one.table in _ROLLING:
        return
    if left == 0:
        yield Doubt(
            DoubtKind.EMPTY,
            one.table,
            Text(
                f"bảng {name.vi} sẽ trống (đang có {one.held} dòng)",
                f"the table {name.en} would become empty (it holds {one.held} rows)",
            ),
        )
    elif (one.held - left) * 100 > one.held * limit_pct and (one.bulk or ended > DELTA_FLOOR):
        share = round((one.held - left) * 100 / one.held)
        yield Doubt(
            DoubtKind.SHRINK,
            one.table,
            Text(
                f"bảng {name.vi} giảm {share} %: từ {one.held} còn {left} dòng (giới hạn {limit_pct} %)",
                f"the table {name.en} shrinks by {share} %: from {one.held} to {left} rows (limit {limit_pct} %)",
            ),
        )


def _classes(one: Compared, names: Names, ended: frozenset[str]) -> Iterable[Doubt]:
    """Classes most of whose pupils go while the class stays; a delta names too few rows to tell."""
    if not one.bulk:
        return
    kept = (one.after[key] for key in one.kept)
    before = Counter(str(row["school_class"]) for row in (*one.before.values(), *kept) if _pupil(row))
    after = Counter(str(row["school_class"]) for row in one.after.values() if _pupil(row))
    for key, had in sorted(before.items()):
        left = after[key]
        if had > SMALL_CLASS and left < had * MOST and key not in ended:
            name = names.of_class(key)
            yield Doubt(
                DoubtKind.CLASS_EMPTIED,
                one.table,
                Text(
                    f"lớp {name} mất {had - left} trên {had} học sinh",
                    f"class {name} loses {had - left} of {had} pupils",
                ),
                key=key,
            )


def _pupil(row: Row) -> bool:
    return row.get("role") == "student"


def _renamed(one: Compared) -> Iterable[Doubt]:
    """All teachers called otherwise at once: columns swapped, or another school's file."""
    ours = [key for key, row in one.after.items() if one.table == "teachers" or row.get("role") == "teacher"]
    both = [key for key in ours if key in one.kept or key in one.before]
    renamed = sum(key in one.before and _called(one.before[key]) != _called(one.after[key]) for key in both)
    if renamed >= RENAMED_LEAST and renamed > len(both) * RENAMED_SHARE:
        yield Doubt(
            DoubtKind.TEACHERS_RENAMED,
            one.table,
            Text(
                f"{renamed} trên {len(both)} giáo viên đổi tên cùng lúc",
                f"{renamed} of {len(both)} teachers change their names at once",
            ),
        )


def _called(row: Row) -> tuple[object, ...]:
    return tuple(row.get(name) for name in ("name", "family_name", "given_name"))


def _zeros(one: Compared) -> Iterable[Doubt]:
    """Spreadsheets make 79 of 0079: the same rows under other keys."""
    added = set(one.added)
    lost = [key for key in one.ended if key.startswith("0") and key.lstrip("0") in added]
    lost += [
        key
        for key, fields in one.changes()
        if any(change.old.startswith("0") and change.new == change.old.lstrip("0") != "" for change in fields
               if change.field == "identifier")
    ]  # fmt: skip
    if lost:
        name = table_name(one.table)
        yield Doubt(
            DoubtKind.ZEROS_LOST,
            one.table,
            Text(
                f"{len(lost)} mã trong bảng {name.vi} mất các số 0 ở đầu (0079 thành 79)",
                f"{len(lost)} identifiers of {name.en} lost their leading zeros (0079 became 79)",
            ),
        )


def _moved(one: Compared) -> Iterable[Doubt]:
    for key, fields in one.changes():
        for change in fields:
            if change.field in {"first", "last"} and abs(_days(change.old, change.new)) > YEAR_DAYS:
                title = str(one.after[key].get("title") or key)
                yield Doubt(
                    DoubtKind.TERM_MOVED,
                    one.table,
                    Text(
                        f"học kỳ {title} dời từ {change.old} sang {change.new}",
                        f"the term {title} moves from {change.old} to {change.new}",
                    ),
                    key=key,
                )
                break


def _days(old: str, new: str) -> int:
    try:
        return (date.fromisoformat(new) - date.fromisoformat(old)).days
    except ValueError:
        return 0
