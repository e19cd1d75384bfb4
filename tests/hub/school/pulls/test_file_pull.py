"""Files fetched by themselves: behind an address, on a disk, in a folder where somebody drops one now and then."""

import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hub.school.pulls.settings import PullSection
from hub.school.pulls.state import Outcome
from hub.school.reading import Read, Wanted, read_here
from tests.conftest import ROOT
from tests.hub.school.pulls.conftest import Bench
from tests.patience import PATIENCE_S

FIXTURES = ROOT / "tests" / "fixtures" / "school"
TIMETABLE = FIXTURES / "asc_school.xml"


class Shelf(ThreadingHTTPServer):
    """Serves one file at any path, with an ETag."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = TIMETABLE.read_bytes()
        self.marks, self.answers = True, list[int]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/xuat/t%C3%A1i%2F..%2Ftkb.xml?key=geheim"


class _Handler(BaseHTTPRequestHandler):
    server: Shelf

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        mark = f'"{hashlib.sha256(self.server.content).hexdigest()}"'
        same = self.server.marks and self.headers.get("If-None-Match") == mark
        self.server.answers.append(304 if same else 200)
        self.send_response_only(304 if same else 200)
        if self.server.marks:
            self.send_header("ETag", mark)
        self.send_header("Content-Length", "0" if same else str(len(self.server.content)))
        self.end_headers()
        if not same:
            self.wfile.write(self.server.content)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    running = Shelf()
    thread = threading.Thread(target=lambda: running.serve_forever(0.02), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join(PATIENCE_S)


def section(**given: str) -> PullSection:
    return PullSection(school="thu", name="so", kind="file", **given)  # type: ignore[arg-type]


def put(source: Path, target: Path) -> None:
    """A file that was finished a while ago."""
    shutil.copy(source, target)
    os.utime(target, (1_700_000_000 + len(target.name),) * 2)


async def test_an_address_is_asked_whether_it_changed(bench: Bench, shelf: Shelf) -> None:
    bench.start(section(url=shelf.url))
    first = await bench.again()
    assert first.outcome is Outcome.APPLIED, first
    assert "geheim" not in first.place
    assert (await bench.again()).outcome is Outcome.UNCHANGED
    assert shelf.answers == [200, 304]
    shelf.marks = False
    assert (await bench.again()).outcome is Outcome.UNCHANGED, "the same bytes, whatever the server says"
    (record,) = bench.schools.imports("thu")
    assert (record.kind, record.source) == ("timetable", "so")
    assert record.file.endswith("tkb.xml")
    assert "/" not in record.file


async def test_what_is_fetched_lies_where_nobody_else_looks_and_goes(bench: Bench, shelf: Shelf) -> None:
    """In the hub's own folder while it is read; what a killed hub left there goes when the next one begins."""
    seen: list[tuple[Path, int, int]] = []

    def read(wanted: Wanted) -> Read:
        own = wanted.file.parent
        seen.append((wanted.file, own.stat().st_mode & 0o777, wanted.file.stat().st_mode & 0o777))
        assert wanted.file.read_bytes() == shelf.content
        return read_here(wanted)

    left = bench.fetched / "pull-of-a-killed-hub"
    left.mkdir(parents=True)
    (left / "names.csv").write_text("Nguyễn Văn Bí Mật", "utf-8")
    bench.schools.reader = read
    bench.start(section(url=shelf.url))
    assert (await bench.again()).outcome is Outcome.APPLIED
    ((path, of_folder, of_file),) = seen
    assert path.parent.parent == bench.fetched
    assert (of_folder, of_file) == (0o700, 0o600)
    assert bench.fetched.stat().st_mode & 0o777 == 0o700
    assert list(bench.fetched.iterdir()) == []


async def test_a_broken_file_waits_and_the_good_state_stays(bench: Bench, shelf: Shelf) -> None:
    bench.start(section(url=shelf.url))
    good = await bench.again()
    shelf.content = shelf.content[: len(shelf.content) // 2]
    broken = await bench.again()
    assert broken.outcome in {Outcome.REFUSED, Outcome.HELD}
    assert broken.last_good_ms == good.last_good_ms
    assert (await bench.again()).import_id == broken.import_id, "told once, not every hour"
    shelf.content = TIMETABLE.read_bytes()
    assert (await bench.again()).outcome is Outcome.UNCHANGED


async def test_what_a_person_decides_is_told_before_the_next_look(bench: Bench, shelf: Shelf) -> None:
    pulls = bench.start(section(url=shelf.url))
    await bench.again()
    lists = "Mã,Họ và tên,Lớp\n" + "".join(f"HS{n},Bí Mật {n},6A1\n" for n in range(12))
    shelf.content = lists.encode()
    assert (await bench.again()).outcome is Outcome.APPLIED
    for number, part in enumerate((6, 5), 1):
        shelf.content = "\n".join(lists.split("\n")[: part + 1]).encode()
        held = await bench.again()
        assert (held.outcome, held.said.en) == (Outcome.HELD, "the import waits for a person")
        bench.schools.decide(held.import_id or 0, "an", bench.now_ms + 1, apply=number == 1)
        await pulls.follow()
        said = bench.view()
        if number == 1:
            assert (said.outcome, said.said.en, said.last_good_ms) == (Outcome.APPLIED, "", said.last_try_ms)
            bench.schools.undo(held.import_id or 0, "an", bench.now_ms + 2)
            await bench.until(lambda: bench.view().said.en == "the import was taken back")
        else:
            assert (said.outcome, said.said.en) == (Outcome.REFUSED, "the import was rejected, the data so far stays")


async def test_a_file_on_the_disk_and_a_bundle_of_csv(bench: Bench, tmp_path: Path) -> None:
    bundle = tmp_path / "goi"
    shutil.copytree(FIXTURES / "roster_1_2", bundle)
    for file in [bundle, *bundle.iterdir()]:
        os.utime(file, (1_700_000_000,) * 2)
    bench.start(section(path=str(bundle)))
    assert (await bench.again()).outcome is Outcome.APPLIED
    assert bench.schools.imports("thu")[0].kind == "roster"
    assert (await bench.again()).outcome is Outcome.UNCHANGED
    shutil.rmtree(bundle)
    gone = await bench.again()
    assert gone.outcome is Outcome.FAILED
    assert "goi" in gone.said.vi


async def test_every_new_file_of_a_folder_is_taken_once(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "hop-thu"
    folder.mkdir()
    bench.start(section(path=str(folder)))
    assert (await bench.again()).outcome is Outcome.UNCHANGED
    put(TIMETABLE, folder / "tkb-1.xml")
    put(FIXTURES / "asc_traps.xml", folder / "tkb-02.xml")
    (folder / ".tkb.swp").write_bytes(b"half")
    (folder / "lien-ket.xml").symlink_to(TIMETABLE)  # nobody makes the hub read a file of others
    await bench.again()
    names = [one.file for one in bench.schools.imports("thu")]
    assert sorted(names) == ["tkb-02.xml", "tkb-1.xml"]
    await bench.again()
    assert len(bench.schools.imports("thu")) == 2
    (folder / "dang-chep.xml").write_bytes(b"<timet")  # still being written
    assert len(bench.schools.imports("thu")) == 2
    await bench.again()
    assert len(bench.schools.imports("thu")) == 2, "a file somebody writes to now is left alone"


async def test_what_may_be_either_is_refused_until_somebody_says(bench: Bench, tmp_path: Path) -> None:
    """Ed-Fi interchange files hold people and lessons; nobody guesses, and the next file has its turn."""
    folder = tmp_path / "hop-thu"
    folder.mkdir()
    edfi = next(file for file in sorted((FIXTURES / "edfi").rglob("*.xml")) if file.is_file())
    put(edfi, folder / "a.xml")
    put(TIMETABLE, folder / "tkb-later.xml")
    bench.start(section(path=str(folder)))
    await bench.again()
    records = {one.file: one for one in bench.schools.imports("thu")}
    assert (records["a.xml"].status, records["tkb-later.xml"].status) == ("refused", "applied")
