"""Plausible Vietnamese names for people who do not exist; drawn with the frequencies of common family names."""

import msgspec

from demo.chance import Chance

# Family names with rough shares in per cent of the population; the rest is spread over the last ones.
_FAMILIES = {
    "Nguyễn": 32, "Trần": 11, "Lê": 9, "Phạm": 7, "Hoàng": 5, "Phan": 4, "Vũ": 4, "Đặng": 3, "Bùi": 3, "Đỗ": 3,
    "Hồ": 2, "Ngô": 2, "Dương": 2, "Lý": 1, "Đinh": 1, "Trịnh": 1, "Mai": 1, "Lương": 1, "Tạ": 1, "Cao": 1,
}  # fmt: skip
_MIDDLE_BOY = ("Văn", "Minh", "Đức", "Quang", "Gia", "Hoàng", "Tuấn", "Thành", "Hữu", "Anh", "Bảo", "Nhật")
_MIDDLE_GIRL = ("Thị", "Ngọc", "Thu", "Phương", "Khánh", "Bảo", "Minh", "Hà", "Thanh", "Mai", "Quỳnh", "Diệu")
_GIVEN_BOY = (
    "An", "Anh", "Bách", "Cường", "Dũng", "Duy", "Đạt", "Hải", "Hiếu", "Hùng", "Huy", "Khang", "Khoa", "Kiên", "Lâm",
    "Long", "Minh", "Nam", "Nghĩa", "Phong", "Phúc", "Quân", "Sơn", "Tài", "Thắng", "Thịnh", "Trung", "Tùng", "Việt",
)  # fmt: skip
_GIVEN_GIRL = (
    "An", "Anh", "Ánh", "Châu", "Chi", "Diệp", "Dung", "Giang", "Hà", "Hân", "Hiền", "Hoa", "Hương", "Lan", "Linh",
    "Ly", "Mai", "My", "Nga", "Ngân", "Nhi", "Như", "Phương", "Quyên", "Thảo", "Thư", "Trang", "Uyên", "Vy", "Yến",
)  # fmt: skip


class Name(msgspec.Struct, frozen=True):
    """A Vietnamese name: family, middle, given (said in that order)."""

    family: str
    middle: str
    given: str
    girl: bool

    @property
    def full(self) -> str:
        return f"{self.family} {self.middle} {self.given}"


def draw_name(chance: Chance) -> Name:
    """One name; `chance` is advanced."""
    family = chance.choices(list(_FAMILIES), list(_FAMILIES.values()))[0]
    girl = chance.random() < 0.5  # noqa: PLR2004
    middles, givens = (_MIDDLE_GIRL, _GIVEN_GIRL) if girl else (_MIDDLE_BOY, _GIVEN_BOY)
    middle = chance.choice([word for word in middles if word != family])
    given = chance.choice([word for word in givens if word != middle])
    return Name(family, middle, given, girl)


def draw_names(chance: Chance, count: int) -> list[Name]:
    """`count` names, no full name twice; `chance` is advanced."""
    found: dict[str, Name] = {}
    while len(found) < count:
        name = draw_name(chance)
        found.setdefault(name.full, name)
    return list(found.values())
