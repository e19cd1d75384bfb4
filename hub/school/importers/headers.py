"""The first line of each CSV file of a folder or zip: what formats that share file names are told apart by.

Errors: none; a file that cannot be read has no header.
"""

import contextlib
import csv
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from hub.school.importers.encoding import decode
from hub.school.importers.source import Source

_HEAD_BYTES = 8_192
MAX_FILES = 200


def headers(source: Source) -> dict[str, frozenset[str]]:
    """Column names in small letters, by the stem of their file in small letters."""
    found: dict[str, frozenset[str]] = {}
    for name, head in _heads(source):
        stem = PurePosixPath(name).stem.lower()
        found.setdefault(stem, frozenset(cell.lower() for cell in header_of(head)))
    return found


def header_of(content: bytes) -> frozenset[str]:
    """The column names of a CSV file, as they are written."""
    line = next(iter(decode(content[:_HEAD_BYTES]).text.splitlines()), "")
    delimiter = next((sign for sign in ",;\t|" if sign in line), ",")
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return frozenset()
    return frozenset(cell.strip() for cell in cells)


def _heads(source: Source) -> Iterator[tuple[str, bytes]]:
    names = [name for name in source.names if name.lower().endswith(".csv")][:MAX_FILES]
    if source.path.is_dir():
        for name in names:
            with contextlib.suppress(OSError), (source.path / name).open("rb") as stream:
                yield name, stream.read(_HEAD_BYTES)
    elif names:
        with contextlib.suppress(Exception), zipfile.ZipFile(source.path) as bundle:  # damage is told by the reader
            for name in names:
                if not name.startswith("__MACOSX/"):
                    with bundle.open(name) as member:
                        yield name, member.read(_HEAD_BYTES)
