"""Every syllable is one spelling wherever its tone mark was put, and two syllables are never one."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.registry.model import Room
from hub.school.importers.column_map import SheetKind, Target
from hub.school.importers.formats import read_timetable
from hub.school.importers.spreadsheet import read_roster_sheet
from hub.school.importers.spreadsheet_words import WORDS, header_key, meaning
from hub.school.names import RoomNames, plain, planned_rooms_named, room_key
from hub.school.plan import SchoolPlan
from hub.school.problems import Severity
from hub.school.spelling import TONES, one_spelling
from hub.school.timetable import PlannedRoom, SchoolClass, Teacher, Timetable
from tests.hub.school.importers.sheets import said, saved, workbook

INITIALS = " b c ch d đ g gh gi h k kh l m n ng ngh nh p ph q r s t th tr v x".split(" ")
OPEN = (
    "ai ao au ay âu ây eo êu ia iêu iu oai oao oay oeo oi ôi ơi uai uao "
    "uau uay uây uêu ui uôi uya uyu ưa ưi ưu ươi ươu yêu"
)
NUCLEI = "a ă â e ê i o ô ơ u ư y iê oa oă oe oo ua uă uâ ue uê uô uơ uy uyê ươ yê"
FINALS = " c ch m n ng nh p t".split(" ")
RHYMES = [*OPEN.split(), *(nucleus + final for nucleus in NUCLEI.split() for final in FINALS)]
SYLLABLES = sorted({initial + rhyme for initial in INITIALS for rhyme in RHYMES})
VOWELS = {
    vowel: {tone: unicodedata.normalize("NFC", vowel + tone) for tone in ("", *TONES)} for vowel in "aăâeêioôơuưy"
}
# Written as each custom has it, and as typing habits go; left is how dictionaries of the older custom have it.
ONE = [
    ("hóa", "hoá"), ("thúy", "thuý"), ("khỏe", "khoẻ"), ("hủy", "huỷ"), ("tọa", "toạ"), ("xòe", "xoè"),
    ("quý", "qúy"), ("quả", "qủa"), ("quỹ", "qũy"), ("già", "gìa"), ("giếng", "gíêng"), ("giữ", "gĩư"),
    ("hoàn", "hòan"), ("toán", "tóan"), ("ngoài", "ngòai"), ("thuyền", "thùyên"), ("nguyễn", "nguỹên"),
    ("khuỷu", "khủyu"), ("của", "cuả"), ("mùa", "muà"), ("chiều", "chìêu"), ("tiết", "tíêt"), ("bảy", "baỷ"),
    ("giỏi", "gỉoi"), ("lịch", "lịch"), ("thuở", "thủơ"), ("người", "ngừơi"), ("khuỵu", "khuyụ"), ("huýt", "húyt"),
]  # fmt: skip


def spelled(letters: str, tone: str) -> Iterator[str]:
    """The syllable with its tone on each of its vowels in turn."""
    for place, letter in enumerate(letters):
        if letter in VOWELS:
            yield f"{letters[:place]}{VOWELS[letter][tone]}{letters[place + 1 :]}"


def test_every_syllable_is_one_wherever_its_tone_stands_and_no_two_are_one() -> None:
    of_key: dict[str, tuple[str, str]] = {}
    for letters in SYLLABLES:
        forms = [(tone, written) for tone in ("", *TONES) for written in spelled(letters, tone)]
        folded = one_spelling(" ".join(written for _, written in forms)).split()
        for (tone, written), key in zip(forms, folded, strict=True):
            assert of_key.setdefault(key, (letters, tone)) == (letters, tone), written
    assert len(of_key) == len(SYLLABLES) * (1 + len(TONES)) > 40_000


@pytest.mark.parametrize(("usual", "other"), ONE)
def test_the_tone_goes_where_dictionaries_have_it(usual: str, other: str) -> None:
    assert one_spelling(usual) == one_spelling(other) == usual
    assert plain(f"Môn {other.upper()} 7") == f"môn {usual} 7"
    assert plain(unicodedata.normalize("NFD", other)) == usual


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dà", "đà"), ("hoa", "hóa"), ("hòa", "hóa"), ("múa", "mưá"), ("cổ", "cỗ"), ("lý", "lí"), ("bán", "bản"),
        ("thủy", "thuỵ"), ("tuân", "tuấn"), ("an", "ăn"), ("mơ", "mô"), ("río", "rió"), ("hoàà", "hòàa"),
    ],
)  # fmt: skip
def test_what_differs_otherwise_stays_different(one: str, other: str) -> None:
    assert plain(one) != plain(other)


@given(st.text(max_size=20) | st.text(alphabet="qguiaăơươéèoòóyýỳê\u0301\u0300 n", max_size=8))
def test_any_text_keeps_its_letters_and_is_folded_once(text: str) -> None:
    folded = plain(text)
    assert plain(folded) == folded

    def letters(of: str) -> list[str]:
        return [one for one in unicodedata.normalize("NFD", of) if one not in TONES]

    known = " ".join(unicodedata.normalize("NFC", text).casefold().replace("ð", "đ").split())
    assert sorted(letters(folded)) == sorted(letters(known))
    assert sorted(unicodedata.normalize("NFD", folded)) == sorted(unicodedata.normalize("NFD", known))


def test_a_room_is_found_in_either_spelling() -> None:
    names = RoomNames(
        [Room("s", "hoa", "Lab Hóa", "a", aliases=("Nhà Đa năng Thuý",)), Room("s", "hoai", "Lab Hoài", "a")]
    )
    assert [names.find([name]) for name in ("Lab Hoá", "PTN Hoá", "phòng thí nghiệm hóa", "NHÀ ĐA NĂNG THÚY")] == [
        "hoa"
    ] * 4
    assert names.find(["Lab Hòai"]) == "hoai"
    assert names.find(["Lab Hòa"]) is None
    assert room_key("Phòng Hoá") == room_key("Phòng học Hóa") == "hóa"
    rooms = [PlannedRoom("1", "Phòng Hoá", "PH"), PlannedRoom("2", "Lab Toạ", "")]
    assert planned_rooms_named(rooms, "phòng hóa") == rooms[:1]
    assert planned_rooms_named(rooms, "PTN Tọa") == rooms[1:]


def test_two_rooms_in_two_spellings_share_one_name() -> None:
    names = RoomNames([Room("s", "a", "Lab Hoá", "x"), Room("s", "b", "Lab Hóa", "x")])
    assert names.find(["Lab Hoá"]) is None
    assert names.shared("Lab Hóa")


@pytest.mark.parametrize("header", ["Chữ kí", "Ghi chú", "Khối", "Khôí", "Gíao viên", "Giaó viên"])
def test_headers_mean_the_same_in_either_spelling(header: str) -> None:
    expected = {"k": Target.GRADE, "g": Target.TEACHER}.get(header_key(header)[:1], Target.IGNORED)
    expected = Target.IGNORED if header == "Ghi chú" else expected
    assert meaning(SheetKind.PUPILS if expected is Target.GRADE else SheetKind.TIMETABLE, header)[0] is expected


def test_every_word_over_a_column_is_known_wherever_its_tones_stand() -> None:
    for words in WORDS.values():
        for word, meant in words.items():
            assert words[header_key(word)] == meant
            for syllable in {one for one in re.findall(r"[^\W\d]+", word) if not one.isascii()}:
                apart = unicodedata.normalize("NFD", syllable)
                tones = [one for one in apart if one in TONES]
                if len(tones) != 1:
                    continue
                bare = unicodedata.normalize("NFC", apart.replace(tones[0], ""))
                for other in spelled(bare, tones[0]):
                    assert words.get(header_key(word.replace(syllable, other))) == meant, (word, other)


def test_teachers_and_classes_of_a_change_are_found_in_either_spelling() -> None:
    part = Timetable(teachers=(Teacher("T1", "Lê Thị Thuý"),), classes=(SchoolClass("C1", "7 Hoá"),))
    plan = SchoolPlan(timetables=[(date.min, part)], rooms=())
    edition = plan._editions[0]
    assert edition.teacher("hand", "Lê Thị Thúy") == ("T1", "Lê Thị Thuý")
    assert edition.school_class("hand", "7 hóa") == ("C1", "7 Hoá")


def test_a_pupil_spelled_twice_is_one_and_a_class_spelled_twice_too(tmp_path: Path) -> None:
    rows = [("Mã HS", "Họ và tên", "Lớp"), ("01", "Lê Thị Hoà", "10 Hoá"), ("02", "Đỗ Thúy", "10 Hóa"),
            ("01", "LÊ THỊ HÒA", "10 Sử"), ("02", "Đỗ Thùy", "10 Sử")]  # fmt: skip
    read = read_roster_sheet(saved(workbook(rows), tmp_path))
    assert [one.title for one in read.roster.classes] == ["10 Hoá", "10 Sử"]
    assert [one.given_name for one in read.roster.people] == ["Hoà", "Thúy"]
    assert said(read.findings, 4, "somebody else's") == []
    assert said(read.findings, 5, "somebody else's") == [Severity.ERROR]


def test_subjects_of_a_timetable_are_one_in_either_spelling(tmp_path: Path) -> None:
    rows = [("Thứ", "Tiết", "Lớp", "Môn", "Giáo viên", "Phòng"), ("2", "1", "10A1", "Hoá học", "Lê Thuý", "Lab Hoá"),
            ("3", "1", "10A1", "Hóa học", "Lê Thúy", "Lab Hóa")]  # fmt: skip
    timetable = read_timetable(saved(workbook(rows), tmp_path)).timetable
    assert [one.name for one in timetable.subjects] == ["Hoá học"]
    assert [one.name for one in timetable.teachers] == ["Lê Thuý"]
    assert [one.name for one in timetable.rooms] == ["Lab Hoá"]
    assert len(timetable.lessons) == 1
