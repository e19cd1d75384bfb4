"""The files of a OneRoster bundle, from a zip or a folder, read under limits; every trick is refused in plain words.

Errors: Unreadable for the whole bundle; OSError where the path cannot be read.
"""

import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from hub.school.problems import Findings, Unreadable, refuse
from wire.text import Text

MAX_FILE_BYTES = 24 * 1024 * 1024  # of CSV: some 400,000 rows, 300 MB of memory; a large school has 5
MAX_TOTAL_BYTES = 32 * 1024 * 1024
MAX_FILES = 200
MAX_RATIO = 200  # CSV shrinks by 5 to 30; a thousand is a bomb
_SMALL = 1024 * 1024
_CHUNK = 1 << 16
_LISTED = 5
# What zipfile raises on damaged bytes: seeks to nowhere, unpacking too little, unknown or broken compression.
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OverflowError, OSError,
)  # fmt: skip
_SYSTEM = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def read_bundle(path: Path, findings: Findings) -> dict[str, bytes]:
    """The CSV files by name, manifest included. Raises Unreadable and OSError."""
    if path.is_dir():
        return _folder(path, findings)
    with path.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            raise refuse(path.name, Text("không phải tệp zip hay thư mục", "neither a zip file nor a folder"))
        return _read_zip(stream, path.name, findings)


def _read_zip(stream: BinaryIO, file: str, findings: Findings) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(stream) as bundle:
            return _zip(bundle, file, findings)
    except BROKEN as broken:
        raise refuse(file, Text(f"tệp zip hỏng: {broken}", f"broken zip: {broken}")) from broken


def _folder(path: Path, findings: Findings) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total = 0
    for entry in sorted(path.iterdir()):
        if entry.is_symlink():
            raise refuse(entry.name, Text("liên kết (symlink) trong thư mục", "a symbolic link in the folder"))
        if not entry.is_file() or entry.suffix.lower() != ".csv":
            if entry.name not in _SYSTEM:
                _unused(entry.name, findings)
            continue
        size = entry.stat().st_size
        total += size
        if size > MAX_FILE_BYTES or total > MAX_TOTAL_BYTES or len(files) >= MAX_FILES:
            raise _too_large(entry.name)
        files[entry.name] = entry.read_bytes()
    return files


def _zip(bundle: zipfile.ZipFile, file: str, findings: Findings) -> dict[str, bytes]:
    entries = [one for one in bundle.infolist() if not one.is_dir() and not _system(one.filename)]
    if len(entries) > MAX_FILES:
        raise refuse(file, Text(f"{len(entries)} tệp trong zip", f"{len(entries)} files in the zip, limit {MAX_FILES}"))
    for entry in entries:
        check_entry(entry)
    _check_folders(entries, file, findings)
    files: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        inside = PurePosixPath(entry.filename)
        if inside.suffix.lower() != ".csv":
            _unused(entry.filename, findings)
            continue
        if inside.name in files:
            raise refuse(entry.filename, Text("xuất hiện hai lần trong zip", "appears twice in the zip"))
        files[inside.name] = _read_entry(bundle, entry, MAX_TOTAL_BYTES - total)
        total += len(files[inside.name])
    return files


def _check_folders(entries: list[zipfile.ZipInfo], file: str, findings: Findings) -> None:
    """One folder around all CSV files is taken; several are several bundles, and only a person knows which is meant."""
    paths = (PurePosixPath(entry.filename) for entry in entries)
    folders = sorted({str(path.parent) for path in paths if path.suffix.lower() == ".csv"})
    if len(folders) > 1:
        listed = ", ".join("/" if folder == "." else folder for folder in folders[:_LISTED])
        text = Text(
            f"các tệp CSV nằm trong {len(folders)} thư mục ({listed}); hãy nhập từng thư mục một",
            f"CSV files lie in {len(folders)} folders ({listed}): import one folder at a time",
        )
        raise refuse(file, text)
    if folders not in ([], ["."]):
        text = Text(
            f"các tệp CSV nằm trong thư mục con “{folders[0]}”; tiêu chuẩn muốn chúng ở cấp trên cùng",
            f"the CSV files lie in a folder inside the zip ({folders[0]!r}); the standard wants them at its top level",
        )
        findings.warning(file, text)


def check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or "\\" in name or ":" in name or "\0" in name:
        text = Text("đường dẫn nguy hiểm trong zip", "a dangerous path in the zip")
    elif stat.S_ISLNK(entry.external_attr >> 16):
        text = Text("liên kết (symlink) trong zip", "a symbolic link in the zip")
    elif entry.flag_bits & 1:
        text = Text("tệp zip có mật khẩu; hãy xuất không mã hóa", "the zip is encrypted; export it without a password")
    elif entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        text = Text("tỷ lệ nén bất thường (bom zip?)", "compressed beyond belief (a zip bomb?)")
    else:
        return
    raise refuse(name, text)


def _read_entry(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    """Counts what really comes out: the sizes a zip declares may lie."""
    limit = min(MAX_FILE_BYTES, left)
    content = bytearray()
    with bundle.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            content += chunk
            if len(content) > limit:
                raise _too_large(entry.filename)
    return bytes(content)


def _system(name: str) -> bool:
    return name.startswith(_SYSTEM[0]) or PurePosixPath(name).name in _SYSTEM


def _too_large(name: str) -> Unreadable:
    mega = 1024 * 1024
    return refuse(
        name,
        Text(
            f"quá lớn: giới hạn {MAX_FILE_BYTES // mega} MB mỗi tệp, {MAX_TOTAL_BYTES // mega} MB cả gói",
            f"too large: the limit is {MAX_FILE_BYTES // mega} MB a file, {MAX_TOTAL_BYTES // mega} MB in all",
        ),
    )


def _unused(name: str, findings: Findings) -> None:
    findings.note(name, Text("không phải tệp CSV, bỏ qua", "not a CSV file, ignored"))
