"""What people set by hand: one-day changes, bell schedules, calendar days. Checked here; pure."""

import re
from datetime import date, timedelta

import msgspec

from hub.school.calendar import CalendarDay
from hub.school.changes import ChangeKind, DayChange
from hub.school.timetable import Bell
from wire.text import Text

DAY_MIN = 24 * 60
MAX_BELLS, MAX_DAYS, MAX_NAMES, MAX_TEXT = 40, 400, 20, 500
MAX_WEEKS = 64
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class SetChange(msgspec.Struct, frozen=True, tag="set_change"):
    """Adds a one-day change, or replaces the one of the same id."""

    change: DayChange


class DropChange(msgspec.Struct, frozen=True, tag="drop_change"):
    id: str


class SetBells(msgspec.Struct, frozen=True, tag="set_bells"):
    """From `since` on the schedule has these bells and no others."""

    schedule: str
    bells: tuple[Bell, ...]
    since: date


class DropBells(msgspec.Struct, frozen=True, tag="drop_bells"):
    """From `since` on the schedule is again the imported one."""

    schedule: str
    since: date


class SetDays(msgspec.Struct, frozen=True, tag="set_days"):
    days: tuple[CalendarDay, ...]


class DropDays(msgspec.Struct, frozen=True, tag="drop_days"):
    """These dates are again what the imported calendar says."""

    days: tuple[date, ...]


Edit = SetChange | DropChange | SetBells | DropBells | SetDays | DropDays


class RefusedEdit(Exception):
    """`text` says what is wrong with it."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


def check(edit: Edit) -> None:
    """Raises RefusedEdit."""
    if isinstance(edit, SetChange):
        _check_change(edit.change)
    elif isinstance(edit, SetBells):
        _check_bells(edit)
    elif isinstance(edit, SetDays):
        _check_days(edit.days)


def days_of(edit: Edit) -> tuple[date, date] | None:
    """First and last date it means by itself; None where that follows from what held before (or from then on)."""
    if isinstance(edit, SetChange):
        return edit.change.day, edit.change.day
    if isinstance(edit, SetDays | DropDays):
        dates = [one.day if isinstance(one, CalendarDay) else one for one in edit.days]
        first, last = min(dates, default=date.max), max(dates, default=date.min)
        # A week said for one day is said for its whole week.
        return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    return None


def _check_change(change: DayChange) -> None:
    if not _ID.fullmatch(change.id):
        raise RefusedEdit(Text("mã thay đổi không hợp lệ", "the change's id is not valid"))
    if max(map(len, (change.rooms, change.teachers, change.classes))) > MAX_NAMES:
        raise RefusedEdit(Text(f"nhiều hơn {MAX_NAMES} tên", f"more than {MAX_NAMES} names"))
    texts = (change.lesson, change.subject, change.note, *change.rooms, *change.teachers, *change.classes)
    if max(map(len, texts)) > MAX_TEXT:
        raise RefusedEdit(Text("văn bản quá dài", "a text is too long"))
    for minute in (change.start_min, change.end_min):
        if minute is not None and not 0 <= minute <= DAY_MIN:
            raise RefusedEdit(Text("giờ không nằm trong ngày", "a time is not within the day"))
    _check_kind(change)


def _check_kind(change: DayChange) -> None:
    start, end = change.start_min, change.end_min
    if change.kind is ChangeKind.EXTRA and (start is None or end is None or start >= end):
        raise RefusedEdit(
            Text("tiết thêm cần giờ bắt đầu trước giờ kết thúc", "an extra lesson has to start before it ends")
        )
    if change.kind is ChangeKind.EXTRA and not (change.rooms or change.classes):
        raise RefusedEdit(Text("tiết thêm cần phòng hoặc lớp", "an extra lesson needs a room or a class"))
    if change.kind is not ChangeKind.EXTRA and not change.lesson:
        raise RefusedEdit(Text("chưa chọn tiết học", "no lesson is chosen"))
    if change.kind is ChangeKind.ROOM and not change.rooms:
        raise RefusedEdit(Text("chưa chọn phòng", "no room is chosen"))
    if change.kind is ChangeKind.SUBSTITUTION and not (change.teachers or change.subject):
        raise RefusedEdit(Text("chưa chọn người dạy thay hoặc môn học", "neither a substitute nor a subject is chosen"))


def _check_bells(edit: SetBells) -> None:
    numbers = [bell.number for bell in edit.bells]
    if not 1 <= len(numbers) <= MAX_BELLS:
        raise RefusedEdit(Text(f"cần từ 1 đến {MAX_BELLS} tiết", f"there must be 1 to {MAX_BELLS} periods"))
    if len(set(numbers)) != len(numbers) or any(not 1 <= len(number) <= MAX_NAMES for number in numbers):
        raise RefusedEdit(Text("số tiết trống hoặc trùng nhau", "a period's number is missing or there twice"))
    for bell in edit.bells:
        if not 0 <= bell.start_min < bell.end_min <= DAY_MIN:
            raise RefusedEdit(
                Text(
                    f"tiết {bell.number} phải bắt đầu trước khi kết thúc",
                    f"period {bell.number} has to start before it ends",
                )
            )
    if max(map(len, (edit.schedule, *(text for bell in edit.bells for text in (bell.name, bell.short))))) > MAX_TEXT:
        raise RefusedEdit(Text("văn bản quá dài", "a text is too long"))


def _check_days(days: tuple[CalendarDay, ...]) -> None:
    if not 1 <= len(days) <= MAX_DAYS:
        raise RefusedEdit(Text(f"cần từ 1 đến {MAX_DAYS} ngày", f"there must be 1 to {MAX_DAYS} days"))
    for day in days:
        for value, end in ((day.week, MAX_WEEKS), (day.weekday, 7), (day.until_min, DAY_MIN + 1)):
            if value is not None and not 0 <= value < end:
                raise RefusedEdit(Text(f"{day.day}: giá trị không hợp lệ", f"{day.day}: a value is not valid"))
        if max(len(day.title), len(day.bells)) > MAX_TEXT:
            raise RefusedEdit(Text("văn bản quá dài", "a text is too long"))
