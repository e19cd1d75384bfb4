"""What a file or folder is that the wanted importers do not know, said in words with what to do instead.

Errors: Unreadable, always with the reason; none where nothing is strange about it.
"""

from pathlib import PurePosixPath

from hub.school.importers.headers import headers
from hub.school.importers.oneroster_columns import FILES
from hub.school.importers.sds_columns import LAYOUTS, Variant
from hub.school.importers.source import Source
from hub.school.importers.spreadsheet_files import refuse_lookalikes
from hub.school.problems import refuse
from wire.text import Text

_ONEROSTER = frozenset(stem.lower() for files in FILES.values() for stem in files)
_CLASSIC = frozenset(stem.lower() for stem in LAYOUTS[Variant.CLASSIC])
_CLEVER = (("sections", "section_id"), ("students", "student_id"))
_WHOLE = (".xlsx", ".xls", ".xml", ".ics", ".txt", ".zip")  # what could be read by itself: no JSON
_LISTED = 8
_SEVERAL = 2


def has_oneroster_files(source: Source) -> bool:
    """By their names, or by the one column all of them have."""
    if not any(name.lower().endswith(".csv") for name in source.names):
        return False
    return bool(source.stems & (_ONEROSTER | {"manifest"})) or any(
        "sourcedid" in columns for columns in headers(source).values()
    )


def refuse_clever(source: Source) -> None:
    """Clever's files have names in common with OneRoster's and nothing else. Raises Unreadable."""
    found = headers(source) if "sections" in source.stems or "students" in source.stems else {}
    if any({"school_id", column} <= found.get(stem, frozenset()) for stem, column in _CLEVER):
        text = Text(
            "là bộ tệp của Clever (schools, students, sections); hãy xuất dạng OneRoster hoặc School Data Sync",
            "these are files of Clever (schools, students, sections): export OneRoster or School Data Sync instead",
        )
        raise refuse(source.path.name, text)


def refuse_mixture(source: Source) -> None:
    """Two bundles in one folder: only a person knows which is meant. Raises Unreadable."""
    tables = {PurePosixPath(name).stem.lower() for name in source.names if name.lower().endswith(".csv")}
    if len(tables & _ONEROSTER) >= _SEVERAL and len(tables & _CLASSIC) >= _SEVERAL:
        ones, others = (", ".join(sorted(tables & family)) for family in (_ONEROSTER, _CLASSIC))
        text = Text(
            f"có hai bộ dữ liệu lẫn nhau: OneRoster ({ones}) và School Data Sync ({others}); hãy tách ra hai thư mục",
            f"two bundles in one: OneRoster ({ones}) and School Data Sync ({others}): put them into two folders",
        )
        raise refuse(source.path.name, text)


def refuse_strange(source: Source) -> None:
    """Raises Unreadable for what can be named; returns where the wanted reader has the better words."""
    refuse_lookalikes(source)
    _refuse_folder(source)
    if source.names or source.path.is_dir():
        return
    if source.path.stat().st_size == 0:
        raise refuse(source.path.name, Text("tệp rỗng", "the file is empty"))
    if source.head.lstrip(b'\xef\xbb\xbf\xff\xfe" ').lower().startswith(b"sourcedid"):
        text = Text(
            "là một tệp lẻ của OneRoster; hãy đưa cả thư mục hoặc tệp zip",
            "one file of OneRoster: give the whole bundle",
        )
        raise refuse(source.path.name, text)


def _refuse_folder(source: Source) -> None:
    if any(name.lower().endswith(".csv") for name in source.names):
        return
    whole = [name for name in source.names if name.lower().endswith(_WHOLE) and not name.startswith("xl/")]
    listed = ", ".join(whole[:_LISTED])
    folders = sorted(entry.name for entry in source.path.iterdir() if entry.is_dir()) if source.path.is_dir() else []
    named = ", ".join(folders[:_LISTED])
    if whole and "[Content_Types].xml" not in source.names:
        text = Text(f"hãy đưa đúng một tệp trong số: {listed}", f"give one of the files inside: {listed}")
        if named:
            text = Text(f"{text.vi}; hoặc một thư mục con: {named}", f"{text.en}; or one of the folders: {named}")
        raise refuse(source.path.name, text)
    if named:
        text = Text(f"không có tệp CSV; hãy chọn một thư mục con: {named}", f"no CSV files: choose one of {named}")
        raise refuse(source.path.name, text)
