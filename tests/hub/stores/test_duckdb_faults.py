"""The embedded store against kill -9, a disk that takes nothing more, a locked file and a file that is none."""

import math
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from hub.stores.duckdb import DuckDbSeries
from hub.stores.series import CommitResult, Mark, Point, StoreDown

FAR = 10**15


def _start(module: str, path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.hub.stores.{module}", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _counted(path: Path) -> tuple[int, int, int]:
    """(values, distinct keys, highest row) as another program sees them."""
    with duckdb.connect(str(path), read_only=True) as raw:
        found = raw.execute(
            'WITH every AS (SELECT device, quantity, t, "row" FROM point'
            ' UNION ALL SELECT device, quantity, t, "row" FROM text_point)'
            ' SELECT count(*), count(DISTINCT (device, quantity, t)), max("row") FROM every'
        ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1]), int(found[2])


def test_killed_in_the_middle_of_commits_marks_and_rows_agree(tmp_path: Path) -> None:
    path = tmp_path / "series.duckdb"
    told = 0
    for commits in (3, 1, 6, 2):
        writer = _start("killed_writer", path)
        assert writer.stdout is not None
        for _ in range(commits):
            told = int(writer.stdout.readline())
        writer.kill()
        writer.communicate()
        store = DuckDbSeries(path)
        marked = int(store.marks()[0].ledger)
        store.close()
        assert marked >= told, "a commit that was reported is gone"
        assert _counted(path) == (2 * marked, 2 * marked, marked)


@pytest.mark.timeout(180)
def test_a_disk_that_takes_nothing_more_and_then_does(tmp_path: Path) -> None:
    path = tmp_path / "series.duckdb"
    writer = _start("refused_writer", path)
    out, err = writer.communicate(timeout=50)
    assert writer.returncode == 0, err
    stored, refused = (int(word) for word in out.split())
    assert refused >= 3
    assert stored > 0
    assert _counted(path) == (stored, stored, stored)
    store = DuckDbSeries(path)
    assert [int(mark.ledger) for mark in store.marks()] == [stored]
    store.close()


def _point(t_ms: int) -> Point:
    return Point("s1", "d1", t_ms, {"co2_ppm": 1.0}, "aa", t_ms)


def test_too_little_free_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "series.duckdb"
    store = DuckDbSeries(path)
    store.commit([_point(1)], [])
    store.close()
    full = DuckDbSeries(path, min_free_bytes=2**60)
    with pytest.raises(StoreDown, match="free some space") as down:
        full.commit([_point(2)], [Mark("s1", "g1", "tele", "aa", 0, b"2")])
    assert "dọn ổ đĩa" in down.value.text.vi
    assert len(full.raw("s1", None, None, 0, FAR, 9)) == 1  # what is stored can still be read
    assert full.marks() == []
    full.close()


def test_a_locked_file_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "series.duckdb"
    other = _start("killed_writer", path)
    assert other.stdout is not None
    other.stdout.readline()
    store = DuckDbSeries(path)
    for _ in range(2):
        with pytest.raises(StoreDown, match="lock"):
            store.commit([_point(10**9)], [])
        with pytest.raises(StoreDown, match="lock"):
            store.marks()
    other.kill()
    other.communicate()
    assert store.commit([_point(10**9)], []) == CommitResult(1, 0, 0)
    store.close()


def test_a_file_that_is_no_store_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "series.duckdb"
    path.write_bytes(b"minutes of the parents' meeting" * 1000)
    before = path.read_bytes()
    store = DuckDbSeries(path)
    with pytest.raises(StoreDown, match=r"series\.duckdb"):
        store.commit([_point(1)], [])
    assert path.read_bytes() == before
    store.close()


def test_a_failed_commit_leaves_nothing_behind_also_in_memory(tmp_path: Path) -> None:
    store = DuckDbSeries(tmp_path / "series.duckdb")
    store.commit([_point(1)], [])
    torn = Point("s9", "new", 2, {"new_quantity": math.nan}, "bb", 1)  # ingest lets none through
    with pytest.raises(duckdb.ConstraintException):
        store.commit([_point(2), torn], [Mark("s1", "g1", "tele", "aa", 0, b"x")])
    assert store.commit([_point(2)], []) == CommitResult(1, 0, 0)
    assert store.commit([Point("s9", "new", 2, {"new_quantity": 1.0}, "bb", 1)], []) == CommitResult(1, 0, 0)
    assert store.raw("s9", None, None, 0, FAR, 9) == [(2, "new", "new_quantity", None, 1.0)]
    assert store.marks() == []
    store.close()


def test_after_closing_everything_says_so(tmp_path: Path) -> None:
    store = DuckDbSeries(tmp_path / "series.duckdb")
    store.commit([_point(1)], [])
    store.close()
    with pytest.raises(StoreDown, match="closed"):
        store.commit([_point(2)], [])
    with pytest.raises(StoreDown, match="closed"):
        store.marks()


def test_the_view_has_the_shape_of_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "series.duckdb"
    store = DuckDbSeries(path)
    store.commit([_point(1_760_000_000_123)], [])
    store.close()
    with duckdb.connect(str(path), read_only=True) as raw:
        rows = raw.execute("SELECT school, room, device, quantity, epoch_ms(time), value FROM reading").fetchall()
    assert rows == [("s1", None, "d1", "co2_ppm", 1_760_000_000_123, 1.0)]
