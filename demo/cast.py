"""The demo school on paper: its buildings, rooms, gateways, classes and people (all invented, all from one seed)."""

import msgspec

from demo.chance import Chance
from demo.names import Name, draw_names

SCHOOL = "thcs-hoa-binh"
SCHOOL_NAME = "THCS Hòa Bình"
SEED = 20_260_905  # the day the school year opened
PUPILS_A_CLASS = 38


class Place(msgspec.Struct, frozen=True):
    """A room of the demo. `gateway` is the one in whose reach its sensors hang; `home` the class that lives there."""

    id: str
    name: str
    building: str
    gateway: str
    home: str | None
    kind: str = ""
    volume_m3: float = 182.0


class Teacher(msgspec.Struct, frozen=True):
    id: str
    name: Name
    subjects: tuple[str, ...]


class Pupil(msgspec.Struct, frozen=True):
    id: str
    name: Name
    group: str


class Cast(msgspec.Struct, frozen=True):
    """Everybody and every place of the demo school."""

    teachers: tuple[Teacher, ...]
    pupils: tuple[Pupil, ...]


BUILDINGS = (("nha-a", "Nhà A"), ("nha-b", "Nhà B"))
GATEWAYS = (("cong-a1", "Nhà A, tầng 1"), ("cong-a2", "Nhà A, tầng 2"), ("cong-b", "Nhà B"))
# A fourth machine that nobody has registered: it waits on the devices page for a click.
NEW_GATEWAY = "cong-thu-vien"
PLACES = (
    Place("a101", "A101", "nha-a", "cong-a1", "6A1"),
    Place("a102", "A102", "nha-a", "cong-a1", "6A2"),
    Place("a103", "A103", "nha-a", "cong-a1", "6A3"),
    Place("a201", "A201", "nha-a", "cong-a2", "7A1"),
    Place("a202", "A202", "nha-a", "cong-a2", "7A2"),
    Place("a203", "A203", "nha-a", "cong-a2", "7A3"),
    Place("b101", "B101", "nha-b", "cong-b", "8A1", volume_m3=196.0),
    Place("b102", "B102 Tin học", "nha-b", "cong-b", None, "lab", 230.0),
    Place("b103", "B103", "nha-b", "cong-b", "9A1", volume_m3=196.0),
    Place("b201", "B201", "nha-b", "cong-b", "8A2", volume_m3=196.0),
    Place("b202", "B202", "nha-b", "cong-b", "8A3", volume_m3=196.0),
    Place("b203", "B203", "nha-b", "cong-b", "9A2", volume_m3=196.0),
)
CLASSES = tuple(f"{grade}A{number}" for grade in (6, 7, 8, 9) for number in (1, 2, 3))
PE, COMPUTING, FORM = "Giáo dục thể chất", "Tin học", "Hoạt động trải nghiệm"
# How many teachers share a subject: enough that no slot of the week needs one of them twice.
_STAFF = {
    "Toán": 5, "Ngữ văn": 5, "Tiếng Anh": 4, "Khoa học tự nhiên": 4, "Lịch sử và Địa lí": 3, "Giáo dục công dân": 2,
    "Công nghệ": 2, "Nghệ thuật": 2, COMPUTING: 2, PE: 3,
}  # fmt: skip
SUBJECTS = (*_STAFF, FORM)
SHORTS = {
    "Toán": "Toán", "Ngữ văn": "Văn", "Tiếng Anh": "Anh", "Khoa học tự nhiên": "KHTN", "Lịch sử và Địa lí": "LS-ĐL",
    "Giáo dục công dân": "GDCD", "Công nghệ": "CN", "Nghệ thuật": "NT", COMPUTING: "Tin", PE: "GDTC", FORM: "HĐTN",
}  # fmt: skip


def place(room: str) -> Place:
    return next(found for found in PLACES if found.id == room)


def make_cast(seed: int = SEED) -> Cast:
    """The same people for the same seed."""
    chance = Chance(seed)
    sizes = {group: PUPILS_A_CLASS + chance.randint(-2, 2) for group in CLASSES}
    names = draw_names(chance, sum(_STAFF.values()) + sum(sizes.values()))
    teachers: list[Teacher] = []
    for subject, count in _STAFF.items():
        for _ in range(count):
            teachers.append(Teacher(f"gv{len(teachers) + 1:02d}", names.pop(), (subject,)))
    pupils = [
        Pupil(f"hs{group.lower()}{number:02d}", names.pop(), group)
        for group, size in sizes.items()
        for number in range(1, size + 1)
    ]
    return Cast(tuple(teachers), tuple(pupils))


def form_teachers(cast: Cast) -> dict[str, Teacher]:
    """Each class's form teacher: one of those who teach its main subjects."""
    return dict(zip(CLASSES, cast.teachers, strict=False))
