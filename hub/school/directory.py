"""Classes and teachers of a school for pages: by ids that fit an address and say nobody's name. Pure."""

import hashlib
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from hub.school.names import in_dictionary


class Kind(StrEnum):
    CLASS = "class"
    TEACHER = "teacher"


class Listed(msgspec.Struct, frozen=True):
    """`key` is for addresses; `id` is what plans and lessons call it."""

    key: str
    id: str
    name: str
    short: str = ""


class Directory:
    """In order of names; found by key or by id."""

    def __init__(self, listed: Iterable[Listed]) -> None:
        self.by_id = {one.id: one for one in listed}
        self._by_key = {one.key: one for one in self.by_id.values()}
        self.all = tuple(sorted(self.by_id.values(), key=lambda one: (in_dictionary(one.name), one.id)))

    def find(self, key: str) -> Listed | None:
        """What the key in an address means; None for one that is of no school, or of another."""
        return self._by_key.get(key)

    def __iter__(self) -> Iterator[Listed]:
        return iter(self.all)


def opaque(school: str, kind: Kind, identifier: str) -> str:
    """16 hexadecimal digits for an address: the same tomorrow, and of this school only."""
    told = f"{school}\x00{kind.value}\x00{identifier}"
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
