"""The archive format: whole or refused, whatever somebody did to the file."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from hub.backup import archive
from hub.backup.archive import MANIFEST, ArchiveReader, ArchiveWriter
from hub.backup.configuration import BESIDE, read_configuration
from hub.backup.contents import FORMAT, ArchiveBroken, Manifest, Part
from tests.hub.backup import town

LINES = [b'{"n":%d}' % n for n in range(1000)]


def manifest(parts: list[Part], files: dict[str, str] | None = None, **changed: int) -> Manifest:
    made = Manifest(FORMAT, "1", 1, "main", "0001", "sqlite", "duckdb", {}, {}, 0, files or {}, [], parts)
    return msgspec.structs.replace(made, **changed)


def written(path: Path) -> Path:
    with path.open("wb") as file:
        writer = ArchiveWriter(file)
        assert writer.lines("state/event", LINES) == len(LINES)
        assert writer.lines("state/empty", []) == 0
        writer.lines(f"series/{town.LONG}/points-2026-11-22", [b"long"])
        writer.part("configuration/hub.toml", b"[hub]\n")
        writer.close(manifest(writer.parts))
    return path


def members(path: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(path) as tar:
        return [(each, (tar.extractfile(each) or io.BytesIO()).read()) for each in tar.getmembers()]


def packed(path: Path, content: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for head, data in content:
            tar.addfile(head, io.BytesIO(data))
    return path


def refused(path: Path, why: str) -> None:
    with pytest.raises(ArchiveBroken, match=why) as broken, ArchiveReader(path):
        pass
    assert str(path) in broken.value.text.vi


def test_lines_come_back_in_order_and_any_tar_can_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PART_BYTES", 500)
    path = written(tmp_path / "a")
    with ArchiveReader(path) as reader:
        assert list(reader.lines("state/event")) == LINES
        assert len(reader.names("state/event.")) > 10
        assert list(reader.lines("state/empty")) == []
        assert list(reader.lines(f"series/{town.LONG}/points-2026-11-22")) == [b"long"]
        assert reader.data("configuration/hub.toml") == b"[hub]\n"
        assert reader.digest == hashlib.sha256(members(path)[-1][1]).hexdigest()
    assert members(path)[-1][0].name == MANIFEST


def test_a_cut_archive_is_none(tmp_path: Path) -> None:
    whole = written(tmp_path / "a").read_bytes()
    for size in (0, 100, 512, 700, len(whole) // 2, len(whole) - 1024 - 600):
        (tmp_path / "cut").write_bytes(whole[:size])
        refused(tmp_path / "cut", "its end is missing|damaged")


def test_every_changed_byte_of_a_part_is_found(tmp_path: Path) -> None:
    whole = bytearray(written(tmp_path / "a").read_bytes())
    for place in (512 + 3, 512 + 200):
        changed = bytearray(whole)
        changed[place] ^= 1
        (tmp_path / "b").write_bytes(changed)
        refused(tmp_path / "b", r"the part state/event\.00000\.jsonl\.gz is not what manifest\.json says")


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/passwd",
        "state/../../evil",
        "state/a/..b",
        "evil",
        "state//x",
        "state/.hidden",
        "C:\\x",
        "state/",
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    extra = tarfile.TarInfo(name)
    extra.size = 4
    path = packed(tmp_path / "b", [(extra, b"evil"), *members(written(tmp_path / "a"))])
    refused(path, "does not belong here")
    assert not (tmp_path.parent / "evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    extra = tarfile.TarInfo("state/event2")
    extra.type, extra.linkname = kind, "/etc/shadow"
    refused(packed(tmp_path / "b", [(extra, b""), *members(written(tmp_path / "a"))]), "does not belong here")


def test_a_part_that_is_missing_doubled_or_more_is_refused(tmp_path: Path) -> None:
    content = members(written(tmp_path / "a"))
    refused(packed(tmp_path / "b", content[1:]), "state/event")
    refused(packed(tmp_path / "b", [content[0], *content]), "there twice")
    more = tarfile.TarInfo("state/more")
    refused(packed(tmp_path / "b", [(more, b""), *content]), "state/more")
    refused(packed(tmp_path / "b", [*content, (more, b"")]), "too late")


def test_another_format_is_named(tmp_path: Path) -> None:
    with (tmp_path / "b").open("wb") as file:
        ArchiveWriter(file).close(manifest([], format=2))
    refused(tmp_path / "b", "format 2; this release reads 1")
    refused_text = tmp_path / "c"
    refused_text.write_bytes(b"minutes of the parents' meeting" * 100)
    refused(refused_text, "damaged header")


def test_a_part_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a")
    monkeypatch.setattr(archive, "LARGEST_BYTES", 1000)
    with ArchiveReader(path) as reader, pytest.raises(ArchiveBroken, match="unpacks to too much"):
        list(reader.lines("state/event"))


def test_configuration_goes_where_its_folder_is_and_nowhere_else(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        writer = ArchiveWriter(file)
        writer.part("configuration/hub.toml", b"[hub]\n")
        files = {}
        for number, place in enumerate(("tls/ca.pem", "/etc/cron.d/evil", "../outside", "a/../../up")):
            files[f"configuration/file-{number}"] = place
            writer.part(f"configuration/file-{number}", b"%d" % number)
        writer.close(manifest(writer.parts, files))
    with ArchiveReader(tmp_path / "a") as reader:
        found = read_configuration(reader, tmp_path / "new" / "hub.toml")
    folder = tmp_path / "new"
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert made == {"hub.toml", "tls/ca.pem", f"{BESIDE}/evil", f"{BESIDE}/outside", f"{BESIDE}/up"}
    assert [each.wanted for each in found] == [None, None, "/etc/cron.d/evil", "../outside", "a/../../up"]
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert not (tmp_path / "outside").exists()


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """100 MB of lines leave and come back through a few parts' worth of memory."""

    def lines() -> Iterator[bytes]:
        for number in range(100_000):
            yield b"%d" % number * 200

    process = psutil.Process()
    before = process.memory_info().rss
    with (tmp_path / "a").open("wb") as file:
        writer = ArchiveWriter(file)
        assert writer.lines("series/s/points-2026-11-22", lines()) == 100_000
        writer.close(manifest(writer.parts))
    with ArchiveReader(tmp_path / "a") as reader:
        assert sum(1 for _ in reader.lines("series/s/points-2026-11-22")) == 100_000
    assert process.memory_info().rss - before < 40 * 2**20
