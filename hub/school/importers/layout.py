"""Which files a family of CSV bundles has and which columns they hold, written as tables of short texts.

After a name: `*` required, `:kind`, `=enumeration` (`=~` one that schools may extend), `>file` one reference,
`>>file` a list of references.
"""

from collections.abc import Mapping

import msgspec

MAX_TEXT = 2_000  # characters of one value: nobody and nothing is called so


class Column(msgspec.Struct, frozen=True):
    """One column: `kind` is key, text, date, datetime, year, bool, list, grades, user_ids, email, enum, open_enum or
    ref; `choices` the values of an enumeration, `target` the file whose key a reference names.
    """

    name: str
    required: bool = False
    kind: str = "text"
    choices: tuple[str, ...] = ()
    target: str = ""
    several: bool = False


Layout = Mapping[str, tuple[Column, ...]]  # columns by the stem of their file


def layout_of(
    files: Mapping[str, str],
    enumerations: Mapping[str, tuple[str, ...]],
    head: tuple[Column, ...] = (),
    separator: str | None = None,
) -> Layout:
    """`head` are columns every file begins with; names with blanks in them need a `separator` of their own."""
    return {
        stem: (*head, *(column(part.strip(), enumerations) for part in text.split(separator) if part.strip()))
        for stem, text in files.items()
    }


def column(text: str, enumerations: Mapping[str, tuple[str, ...]]) -> Column:
    for mark, several in ((">>", True), (">", False)):
        head, found, target = text.partition(mark)
        if found:
            return Column(head.rstrip("*"), head.endswith("*"), "ref", target=target, several=several)
    for mark, kind in (("=~", "open_enum"), ("=", "enum")):
        head, found, choices = text.partition(mark)
        if found:
            return Column(head.rstrip("*"), head.endswith("*"), kind, enumerations[choices])
    head, _, kind = text.partition(":")
    return Column(head.rstrip("*"), head.endswith("*"), kind or "text", several=kind in {"list", "grades"})


def key_of(columns: tuple[Column, ...] | None) -> str:
    """The column that names a row, "" where rows have no name of their own."""
    return next((one.name for one in columns or () if one.kind == "key"), "")
