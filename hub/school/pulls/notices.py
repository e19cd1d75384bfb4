"""What people are told of pulls: sources without a good state for long, imports that wait. No persons. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from hub.notice import Notice
from wire.text import Text

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


NameOf = Callable[[str], str]  # of a school, as people call it


class Aged(Protocol):
    """What of a pull's view is needed here."""

    @property
    def name(self) -> str: ...
    @property
    def school(self) -> str: ...
    @property
    def said(self) -> Text: ...
    @property
    def last_good_ms(self) -> int | None: ...
    @property
    def old(self) -> bool: ...


def old(pulls: Iterable[Aged], now_ms: int, name_of: NameOf) -> list[Notice]:
    """One for each source; the school goes on with the last good state."""
    return [_old(one, now_ms, name_of(one.school)) for one in pulls if one.old]


def _old(one: Aged, now_ms: int, school: str) -> Notice:
    why = Text(f": {one.said.vi}", f": {one.said.en}") if one.said.vi else Text("", "")
    if one.last_good_ms is None:
        since = Text("chưa lần nào lấy được", "never had")
    else:
        age = _age(now_ms - one.last_good_ms)
        since = Text(f"bản tốt gần nhất cách đây {age.vi}", f"the last good state is {age.en} old")
    text = Text(
        f"Nguồn dữ liệu “{one.name}” của {school}: {since.vi}; trung tâm vẫn dùng bản đó{why.vi}",
        f'The data source "{one.name}" of {school}: {since.en}; the hub goes on with it{why.en}',
    )
    return Notice("school.old", text, school=one.school, subject=one.name)


class Waiting(msgspec.Struct, frozen=True):
    """How many imports of a school wait for a person, and the newest of them."""

    number: int
    newest: int


def held(waiting: Mapping[str, Waiting], name_of: NameOf) -> list[Notice]:
    """One for each school, with the page on which the newest that waits is opened."""
    return [
        Notice(
            "school.held",
            Text(
                f"{name_of(school)}: {one.number} lần nhập dữ liệu chờ người quyết định",
                f"{name_of(school)}: {one.number} import(s) wait for a person to decide",
            ),
            school=school,
            page=f"/imports?school={school}&show={one.newest}",
        )
        for school, one in sorted(waiting.items())
        if one.number
    ]


def said(outcome: str, failed: Iterable[str] = ()) -> Text:
    """The last try in a few words."""
    missing = ", ".join(failed)
    if missing:
        return Text(f"không đọc được: {missing}", f"could not be read: {missing}")
    return _SAID.get(outcome, Text("", ""))


_SAID = {
    "held": Text("lần nhập chờ người quyết định", "the import waits for a person"),
    "rejected": Text("lần nhập đã bị bỏ, dữ liệu cũ giữ nguyên", "the import was rejected, the data so far stays"),
    "undone": Text("lần nhập đã được hoàn tác", "the import was taken back"),
    "refused": Text("tệp không dùng được, dữ liệu cũ giữ nguyên", "it cannot be used, the data so far stays"),
}


def _age(age_ms: int) -> Text:
    if age_ms < 2 * DAY_MS:
        hours = age_ms // HOUR_MS
        return Text(f"{hours} giờ", f"{hours} hours")
    days = age_ms // DAY_MS
    return Text(f"{days} ngày", f"{days} days")
