"""Words that stand over columns of Vietnamese (and English) school lists, and what they mean.

Source: headers of class lists and staff lists that schools publish; forms of Thông tư 27/2020 and 22/2021 registers
(STT, Họ và tên, Ngày sinh); English words as OneRoster and Microsoft name the same things.
"""

import re
import unicodedata

from hub.school.importers.column_map import SheetKind, Target
from hub.school.names import plain
from hub.school.spelling import one_spelling

_PEOPLE: dict[Target, str] = {
    Target.FULL_NAME: "họ và tên|họ tên|họ và tên học sinh|họ tên học sinh|tên học sinh|họ và tên hs|họ tên hs|"
    "học sinh|full name|name|student name|pupil",
    Target.FAMILY_NAME: "họ đệm|họ và đệm|họ và tên đệm|họ tên đệm|họ và chữ đệm|họ lót|họ và tên lót|họ|"
    "last name|family name|surname",
    Target.GIVEN_NAME: "tên|given name|first name",
    Target.CLASS: "lớp|tên lớp|lớp học|mã lớp|lớp hiện tại|class|class name",
    Target.STATUS: "trạng thái|trạng thái học sinh|tình trạng|trạng thái hs|status",
    Target.BEGIN: "ngày nhập học|ngày vào trường|ngày vào lớp|từ ngày|ngày chuyển đến|begin date|start date",
    Target.END: "đến ngày|ngày thôi học|ngày chuyển đi|ngày rời trường|end date",
    Target.BIRTHDAY: "ngày sinh|ngày tháng năm sinh|ngày, tháng, năm sinh|sinh ngày|năm sinh|ns|date of birth|"
    "birthday|birth date",
    Target.GENDER: "giới tính|nam/nữ|nữ|nam nữ|phái|gender|sex",
    Target.GRADE: "khối|khối lớp|khối học|grade",
    Target.NUMBER: "stt|tt|số tt|số thứ tự|no|#",
    Target.IGNORED: "ghi chú|dân tộc|tôn giáo|nơi sinh|quê quán|địa chỉ|chỗ ở|điện thoại|số điện thoại|sđt|email|"
    "e-mail|số cmnd|cccd|số cccd|số cmnd/cccd|mã định danh cá nhân|số định danh cá nhân|họ tên cha|họ tên mẹ|"
    "họ và tên cha|họ và tên mẹ|họ tên bố|nghề nghiệp cha|nghề nghiệp mẹ|quốc tịch|chữ ký|note|notes|phone|address",
}
_IDS = {
    SheetKind.PUPILS: "mã học sinh|mã hs|mã số học sinh|mshs|mã số hs|mã định danh bộ gd&đt|mã định danh bộ gdđt|"
    "mã định danh bộ|mã moet|mã định danh|mã định danh học sinh|mã định danh hs|số định danh|mssv|mã sv|mã sinh viên|"
    "mã số sinh viên|mã số|mã|student id|"
    "pupil id|student number|id",
    SheetKind.TEACHERS: "mã giáo viên|mã gv|mã cán bộ|mã cb|mã nhân viên|mã nv|mã cbgv|mã cbgvnv|"
    "mã định danh giáo viên|mã định danh cán bộ|mã định danh bộ gd&đt|mã định danh bộ gdđt|"
    "mã định danh bộ|mã moet|mã định danh|mã số|mã|teacher id|staff id|id",
}
_TEACHERS: dict[Target, str] = {
    Target.FULL_NAME: "họ và tên giáo viên|họ tên giáo viên|tên giáo viên|họ và tên gv|họ tên gv|giáo viên|"
    "họ và tên cán bộ|họ tên cán bộ|tên cán bộ|teacher|teacher name",
    Target.HOMEROOM: "lớp chủ nhiệm|chủ nhiệm lớp|chủ nhiệm|gvcn lớp|homeroom class|homeroom",
    Target.SUBJECT: "môn dạy|bộ môn|tổ bộ môn|tổ chuyên môn|chuyên môn|môn giảng dạy|subject|subjects",
    Target.IGNORED: "chức vụ|chức danh|chức danh nghề nghiệp|vị trí việc làm|trình độ|title|position",
}
_TIMETABLE: dict[Target, str] = {
    Target.DAY: "thứ|thứ trong tuần|ngày trong tuần|day|weekday",
    Target.DATE: "ngày|ngày học|ngày dạy|date",
    Target.SESSION: "buổi|ca|buổi học|ca học|session|half day",
    Target.PERIOD: "tiết|tiết học|tiết thứ|tiết số|số tiết thứ|tiết bắt đầu|tiết bđ|tiết đầu|thứ/tiết|tiết/thứ|"
    "thứ / tiết|tiết / thứ|thứ\\tiết|tiết\\thứ|thứ \\ tiết|tiết \\ thứ|period|lesson",
    Target.LENGTH: "số tiết|số tiết học|periods",
    Target.START_TIME: "giờ bắt đầu|bắt đầu|thời gian bắt đầu|giờ vào|giờ học|thời gian|giờ|start time|start|from|time",
    Target.END_TIME: "giờ kết thúc|kết thúc|thời gian kết thúc|giờ ra|end time|end|to",
    Target.CLASS: "lớp|tên lớp|lớp học|mã lớp|lớp tc|lớp tín chỉ|lớp hp|lớp học phần|tên lớp học phần|mã lớp học phần|"
    "class",
    Target.SUBJECT: "môn|môn học|tên môn|tên môn học|môn dạy|nội dung|tên mh|học phần|tên học phần|tên hp|"
    "subject|course",
    Target.TEACHER: "giáo viên|gv|tên giáo viên|giáo viên dạy|giáo viên bộ môn|họ và tên giáo viên|họ tên giáo viên|"
    "gv dạy|giáo viên giảng dạy|gv chính|gvbm|gv bộ môn|giảng viên|tên giảng viên|giảng viên giảng dạy|teacher|"
    "lecturer",
    Target.ROOM: "phòng|phòng học|tên phòng|địa điểm|room|location",
    Target.WEEK: "tuần|tuần học|week",
    Target.NUMBER: _PEOPLE[Target.NUMBER],
    Target.IGNORED: "ghi chú|note|notes|sĩ số|mã môn|mã mh|mã môn học|mã hp|mã học phần|tín chỉ|"
    "số tín chỉ|từ ngày|đến ngày|ngày bắt đầu|ngày kết thúc|trạng thái|"
    "học kỳ|năm học|gv dạy thay",
}
_WEEKDAYS = (
    "2|hai|t2|mon|monday", "3|ba|t3|tue|tuesday", "4|tư|t4|wed|wednesday", "5|năm|t5|thu|thursday",
    "6|sáu|t6|fri|friday", "7|bảy|bẩy|t7|sat|saturday", "8|cn|chủ nhật|t8|sun|sunday",
)  # fmt: skip
WEEKDAYS = {word: number for number, words in enumerate(_WEEKDAYS) for word in words.split("|")}
_DATED = re.compile(r"(.*?\w)[\s,(]+(\d{1,2}[/.\-]\d{1,2}(?:[/.\-]\d{4})?)\)?")
_HALF_DAYS = frozenset({"sáng", "chiều", "morning", "afternoon"})
_LEAST_LETTERS = 3
_MARKS = re.compile(r"[*:.\s_]+|\(.*?\)")


def header_key(text: str) -> str:
    """A header for comparison: NFC, one case and spelling, without stars, dots, brackets and line breaks."""
    return one_spelling(" ".join(_MARKS.sub(" ", unicodedata.normalize("NFC", text).casefold()).split()))


def _index(*tables: dict[Target, str]) -> dict[str, tuple[Target, int]]:
    """Target and rank by word; words that stand first are what is meant where several are there."""
    found: dict[str, tuple[Target, int]] = {}
    for table in tables:
        for target, words in table.items():
            for rank, word in enumerate(words.split("|")):
                found[header_key(word)] = (target, rank)
    return found


def _bare(key: str) -> str:
    """As programs name columns: "HoTen", "ho_ten" and "Họ tên" are one."""
    letters = unicodedata.normalize("NFD", key.replace("đ", "d"))
    return "".join(letter for letter in letters if letter.isalnum())


def _bare_index(words: dict[str, tuple[Target, int]]) -> dict[str, tuple[Target, int]]:
    """Without accents and blanks; what then means two things means nothing."""
    found: dict[str, tuple[Target, int]] = {}
    for word, meant in words.items():
        bare = _bare(word)
        if len(bare) >= _LEAST_LETTERS:
            found[bare] = meant if found.get(bare, meant)[0] is meant[0] else (Target.IGNORED, 0)
    return found


WORDS: dict[SheetKind, dict[str, tuple[Target, int]]] = {
    SheetKind.PUPILS: _index(_PEOPLE, {Target.ID: _IDS[SheetKind.PUPILS]}),
    SheetKind.TEACHERS: _index(_PEOPLE, _TEACHERS, {Target.ID: _IDS[SheetKind.TEACHERS]}),
    SheetKind.TIMETABLE: _index(_TIMETABLE),
}
# Words only a list of teachers has over its columns.
OF_TEACHERS = frozenset(
    header_key(word)
    for words in (
        "mã giáo viên|mã gv|mã cán bộ|mã cb|mã nhân viên|mã nv|mã cbgv|mã định danh giáo viên|mã định danh cán bộ",
        "họ và tên giáo viên|họ tên giáo viên|tên giáo viên|họ và tên gv|họ tên gv|họ và tên cán bộ|teacher name",
        "lớp chủ nhiệm|chủ nhiệm lớp|gvcn lớp|homeroom class|môn dạy|tổ bộ môn|tổ chuyên môn|môn giảng dạy|teacher id",
        "trình độ chuyên môn|staff id|vị trí việc làm|chức danh nghề nghiệp|mã cbgvnv|họ tên cán bộ|họ và tên cán bộ",
        "tình trạng công tác|trạng thái làm việc|tổ công tác|đơn vị công tác",
    )
    for word in words.split("|")
)
_BARE = {kind: _bare_index(words) for kind, words in WORDS.items()}
_BARE_OF_TEACHERS = frozenset(map(_bare, OF_TEACHERS))


def meaning(kind: SheetKind, header: str) -> tuple[Target, int]:
    """What a column with this header means in such a sheet, and how sure the word is (0 surest)."""
    key = header_key(header)
    found = WORDS[kind].get(key)
    if found is None and key.isascii():
        found = _BARE[kind].get(_bare(key))
    return found or (Target.IGNORED, 0)


def weekday_said(text: str) -> tuple[int, str] | None:
    """The weekday (0 Monday) and the date beside it, "Thứ 2 (23/11)"; None where it is none. "2" alone is Monday."""
    dated = _DATED.fullmatch(plain(text))
    word = (dated[1] if dated else plain(text)).removeprefix("thứ ").removeprefix("thu ").strip(" .")
    return (WEEKDAYS[word], dated[2] if dated else "") if word in WEEKDAYS else None


def half_day(text: str) -> str:
    """The half day that is all a text says, "BUỔI CHIỀU:"; "" where it is none or says more."""
    word = plain(text).strip(" .:-–*").removeprefix("buổi ").removeprefix("ca ")
    return word if word in _HALF_DAYS else ""


def is_day(header: str) -> bool:
    """Whether a column is a weekday; a bare number over one may be anything."""
    return not header.isdecimal() and weekday_said(header) is not None


def is_of_teachers(header: str) -> bool:
    key = header_key(header)
    return key in OF_TEACHERS or (key.isascii() and _bare(key) in _BARE_OF_TEACHERS)
