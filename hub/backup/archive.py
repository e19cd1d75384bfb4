"""The archive file: a plain tar of gzipped parts of JSON lines, written and read as a stream, memory bounded.

Nothing is ever unpacked to the path a member names: names are looked up, and one that is not of this form, a link, a
device, a part twice or one that grows without end refuses the whole archive.
Format: tar (ustar), members `state/… series/… configuration/…`, at the end `manifest.json` with the SHA-256 of each.
"""

import hashlib
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import msgspec

from hub.backup.contents import FORMAT, ArchiveBroken, Manifest, Part
from wire.text import Text

MANIFEST = "manifest.json"
BLOCK = tarfile.BLOCKSIZE
PART_BYTES = 4 * 2**20  # before it is packed: a part is held in memory whole
LARGEST_BYTES = 512 * 2**20  # unpacked; the live state of a province is one line of about 100 MB
PACKED_MOST_BYTES = 512 * 2**20
GZIP_LEVEL = 1
GZIP_BITS = 31
_NAME = re.compile(r"(?:state|series|configuration)(?:/[a-zA-Z0-9_-][a-zA-Z0-9._-]*){1,3}\Z")


class ArchiveWriter:
    """Parts one after the other; `close` with the manifest makes it an archive."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.parts: list[Part] = []

    def lines(self, name: str, lines: Iterable[bytes]) -> int:
        """Write lines as parts `name.00000.jsonl.gz`…, each of bounded size; none where there are none. How many."""
        held: list[bytes] = []
        size = rows = number = 0
        for line in lines:
            held.append(line)
            size += len(line) + 1
            rows += 1
            if size >= PART_BYTES:
                self._pack(f"{name}.{number:05}.jsonl.gz", held)
                held, size, number = [], 0, number + 1
        if held:
            self._pack(f"{name}.{number:05}.jsonl.gz", held)
        return rows

    def part(self, name: str, data: bytes, rows: int = 1) -> None:
        """One member as it is."""
        self.parts.append(Part(name, rows, len(data), hashlib.sha256(data).hexdigest()))
        self._member(name, data)

    def close(self, manifest: Manifest) -> str:
        """The manifest and the end of the tar. The manifest's SHA-256, which stands for the whole archive."""
        data = msgspec.json.format(msgspec.json.encode(manifest))
        self._member(MANIFEST, data)
        self._file.write(bytes(2 * BLOCK))
        self._file.flush()
        return hashlib.sha256(data).hexdigest()

    def _pack(self, name: str, lines: list[bytes]) -> None:
        packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_BITS)
        data = packer.compress(b"\n".join(lines) + b"\n") + packer.flush()
        self.part(name, data, len(lines))

    def _member(self, name: str, data: bytes) -> None:
        """Headers by hand: tarfile remembers every member it ever wrote."""
        head = tarfile.TarInfo(name)
        head.size, head.mode = len(data), 0o600
        self._file.write(head.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % BLOCK))


class _Place(NamedTuple):
    offset: int
    size: int


class ArchiveReader:
    """Reads through the whole file once and checks every part; later calls take parts in any order.

    Raises ArchiveBroken, from any method, and OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        self._places: dict[str, _Place] = {}
        try:
            self.manifest, self.digest = self._scan()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def names(self, prefix: str) -> list[str]:
        """Parts that belong to it, in the order they were written."""
        return [part.name for part in self.manifest.parts if part.name.startswith(prefix)]

    def data(self, name: str) -> bytes:
        """A part as it is stored."""
        place = self._places.get(name)
        if place is None:
            raise self._broken(f"thiếu phần {name}", f"the part {name} is missing")
        self._file.seek(place.offset)
        return self._file.read(place.size)

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of all parts `name.00000.jsonl.gz`…, in order."""
        for part in self.names(f"{name}."):
            yield from self._unpack(part).splitlines()

    # ---- inside ----

    def _scan(self) -> tuple[Manifest, str]:
        """Every member in turn. The manifest has to be the last, and to name the others exactly."""
        found: dict[str, tuple[int, str]] = {}
        while (head := self._head()) is not None:
            if MANIFEST in found or head.name in found:
                raise self._broken(f"phần {head.name} lặp lại", f"the part {head.name} is there twice or too late")
            self._check_member(head)
            self._places[head.name] = _Place(self._file.tell(), head.size)
            data = self._file.read(head.size)
            if len(data) != head.size:
                break
            self._file.seek(-head.size % BLOCK, 1)
            found[head.name] = (head.size, hashlib.sha256(data).hexdigest())
        if MANIFEST not in found:
            raise self._broken(
                "không có phần cuối: lần sao lưu chưa xong, hoặc tệp bị cắt",
                "its end is missing: the backup was not finished, or the file was cut",
            )
        digest = found.pop(MANIFEST)[1]
        manifest = self._manifest()
        self._compare(manifest, found)
        return manifest, digest

    def _head(self) -> tarfile.TarInfo | None:
        block = self._file.read(BLOCK)
        if len(block) < BLOCK or not any(block):
            return None
        try:
            return tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as wrong:
            raise self._broken(f"đầu phần hỏng ({wrong})", f"a damaged header ({wrong})") from wrong

    def _check_member(self, head: tarfile.TarInfo) -> None:
        named = head.name == MANIFEST or (_NAME.match(head.name) and ".." not in head.name)
        if not head.isreg() or not named:
            raise self._broken(f"phần lạ {head.name!r}", f"a member that does not belong here: {head.name!r}")
        if not 0 <= head.size <= PACKED_MOST_BYTES:
            raise self._broken(f"phần {head.name} quá lớn", f"the part {head.name} is too large ({head.size} bytes)")

    def _manifest(self) -> Manifest:
        data = self.data(MANIFEST)
        try:
            manifest = msgspec.json.decode(data, type=Manifest)
        except msgspec.MsgspecError as wrong:
            with suppress(msgspec.MsgspecError):
                newer = msgspec.json.decode(data, type=dict[str, object]).get("format")
                if newer != FORMAT:
                    raise self._broken(
                        f"định dạng {newer}, bản này đọc {FORMAT}", f"format {newer}; this release reads {FORMAT}"
                    ) from wrong
            raise self._broken(f"{MANIFEST} hỏng ({wrong})", f"{MANIFEST} is damaged ({wrong})") from wrong
        if manifest.format != FORMAT:
            raise self._broken(
                f"định dạng {manifest.format}, bản này đọc {FORMAT}; hãy dùng bản ClassHub đã sao lưu",
                f"format {manifest.format}; this release reads {FORMAT}: use the ClassHub that wrote it",
            )
        return manifest

    def _compare(self, manifest: Manifest, found: dict[str, tuple[int, str]]) -> None:
        wanted = {part.name: (part.size_bytes, part.sha256) for part in manifest.parts}
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                raise self._broken(
                    f"phần {name} không khớp {MANIFEST}: tệp hỏng hoặc bị sửa",
                    f"the part {name} is not what {MANIFEST} says: the file is damaged or was changed",
                )

    def _unpack(self, name: str) -> bytes:
        unpacker = zlib.decompressobj(GZIP_BITS)
        try:
            data = unpacker.decompress(self.data(name), LARGEST_BYTES)
        except zlib.error as wrong:
            raise self._broken(
                f"phần {name} không giải nén được", f"cannot unpack the part {name} ({wrong})"
            ) from wrong
        if not unpacker.eof:
            raise self._broken(f"phần {name} bị cắt hoặc quá lớn", f"the part {name} is cut or unpacks to too much")
        return data

    def _broken(self, vi: str, en: str) -> ArchiveBroken:
        return ArchiveBroken(Text(f"bản sao lưu {self.path}: {vi}", f"the archive {self.path}: {en}"))
