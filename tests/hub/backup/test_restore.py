"""A whole hub into an archive and out again, across databases: counts, histories and marks stay equal."""

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.backup.archive import ArchiveReader
from hub.backup.backup import back_up
from hub.backup.contents import DAY_MS, SCOPES
from hub.backup.place import opened_series
from hub.backup.restore import MARKER, Outcome, restore
from hub.backup.state import RestoreRefused
from hub.config import HubConfig
from hub.control import JobStopped
from hub.db.engine import downgrade, newest_revision, open_database, revision_of
from hub.registry.registry import Registry
from hub.stores.series import Point
from tests.hub.backup import town
from tests.hub.databases import Databases, state_section
from wire.text import Text

pytestmark = pytest.mark.timeout(180)
DATA = frozenset(SCOPES) - {"configuration"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> HubConfig:
    settings = town.config(tmp_path_factory.mktemp("source"))
    town.build(settings)
    return settings


@pytest.fixture(scope="module")
def archive(source: HubConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return backed_up(source, tmp_path_factory.mktemp("archive") / "thu.classhub")


def backed_up(settings: HubConfig, path: Path) -> Path:
    with town.opened(settings) as (engine, store), path.open("wb") as file:
        back_up(settings, engine, store, file, town.silent, town.NOW_MS)
    return path


def restored(settings: HubConfig, path: Path, scopes: frozenset[str] = DATA) -> Outcome:
    engine = open_database(settings.state_url)
    try:
        with ArchiveReader(path) as reader:
            return restore(settings, engine, reader, scopes, town.silent, town.NOW_MS)
    finally:
        engine.dispose()


def test_the_same_kinds(source: HubConfig, archive: Path, tmp_path: Path) -> None:
    target = town.config(tmp_path)
    outcome = restored(target, archive)
    assert outcome.differences == []
    assert outcome.notes == []
    assert outcome.compared > 40
    assert town.figures(target) == town.figures(source)
    assert not (target.hub.data_dir / MARKER).exists()


def test_from_sqlite_to_postgresql_and_back(
    source: HubConfig, archive: Path, tmp_path: Path, postgresql_databases: Databases
) -> None:
    url = postgresql_databases.empty(tmp_path)
    middle = town.config(tmp_path / "middle", state_section(url, tmp_path))
    assert restored(middle, archive).differences == []
    assert town.figures(middle) == town.figures(source)
    registry = Registry(engine := open_database(url))
    registry.start_maintenance("thu", "r101", None, "the sequence goes on behind the highest number", 1)
    engine.dispose()
    back = town.config(tmp_path / "back")
    assert restored(back, backed_up(middle, tmp_path / "back.classhub")).differences == []
    assert town.figures(back) == town.figures(source)
    engine = open_database(back.state_url)
    assert len(Registry(engine).maintenance("thu")) == 2
    with engine.begin() as connection:
        raw = connection.execute(text("SELECT raw FROM quarantine")).scalar_one()
    assert bytes(raw) == bytes(range(256))
    engine.dispose()


def test_what_comes_again_after_a_restore_meets_the_same_winners(
    source: HubConfig, archive: Path, tmp_path: Path
) -> None:
    """The order of epochs is in the archive: bb still beats aa."""
    target = town.config(tmp_path)
    restored(target, archive)
    with town.opened(target) as (_, store):
        loser = Point("thu", "a-co2", town.FIRST_MS, {"co2_ppm": 1.0}, "aa", 10**9)
        assert store.commit([loser], []).overwritten == 1
    assert town.figures(target) == town.figures(source)


def test_only_into_an_empty_stack(source: HubConfig, archive: Path, tmp_path: Path) -> None:
    with pytest.raises(RestoreRefused, match="event 300"):
        restored(source, archive, frozenset({"state"}))
    with pytest.raises(RestoreRefused, match="2 schools, 2 marks"):
        restored(source, archive, frozenset({"series"}))
    assert not (source.hub.data_dir / MARKER).exists()
    target = town.config(tmp_path)
    with pytest.raises(RestoreRefused, match="restore the state first"):
        restored(target, archive, frozenset({"series"}))
    assert restored(target, archive, frozenset({"state"})).differences == []
    assert restored(target, archive, frozenset({"series"})).differences == []
    assert town.figures(target) == town.figures(source)


@pytest.mark.parametrize("after", [1, 4, 9])
def test_stopped_in_the_middle_and_run_again(source: HubConfig, archive: Path, tmp_path: Path, after: int) -> None:
    target = town.config(tmp_path)
    told: list[Text] = []

    def stop(said: Text) -> None:
        told.append(said)
        if len(told) > after:
            raise JobStopped

    engine, reader = open_database(target.state_url), ArchiveReader(archive)
    with pytest.raises(JobStopped):
        restore(target, engine, reader, DATA, stop, town.NOW_MS)
    reader.close()
    engine.dispose()
    assert (target.hub.data_dir / MARKER).exists()
    with town.opened(target) as (_, store):
        assert store.marks() == []  # nothing would be acknowledged that is not there
    other = backed_up(source, tmp_path / "other.classhub")
    assert other.read_bytes() == archive.read_bytes()  # the same hub, the same archive
    assert restored(target, archive).differences == []
    assert town.figures(target) == town.figures(source)


def test_another_archive_does_not_go_on_where_one_was_cut_off(archive: Path, tmp_path: Path) -> None:
    target = town.config(tmp_path)
    target.hub.data_dir.mkdir()
    (target.hub.data_dir / MARKER).write_text('{"digest":"00","archive":"/backup/old.classhub"}')
    with pytest.raises(RestoreRefused, match=r"/backup/old\.classhub is not finished"):
        restored(target, archive)


def test_an_archive_of_an_older_release_is_brought_up_to_date(archive: Path, tmp_path: Path) -> None:
    """As it was before the newest migrations: tables of the day, then the migrations run over them."""
    old = town.config(tmp_path / "old")
    restored(old, archive)
    engine = open_database(old.state_url)
    downgrade(engine, "0003_series")
    path = tmp_path / "old.classhub"
    with opened_series(old, "duckdb", engine) as store, path.open("wb") as file:
        back_up(old, engine, store, file, town.silent, town.NOW_MS)
    assert revision_of(engine) == "0003_series"
    engine.dispose()
    new = town.config(tmp_path / "new")
    assert restored(new, path).differences == []
    engine = open_database(new.state_url)
    assert revision_of(engine) == newest_revision()
    engine.dispose()


def test_a_point_the_archive_lost_is_a_difference(archive: Path, tmp_path: Path) -> None:
    """Counting again is no formality: a store that forgets while it is being filled is told."""
    target = town.config(tmp_path)
    engine, reader = open_database(target.state_url), ArchiveReader(archive)
    forgot = False

    def forget(said: Text) -> None:
        nonlocal forgot
        if "counting" in said.en and not forgot:
            forgot = True
            with town.opened(target) as (_, store):
                store.forget_before("thu", town.FIRST_MS + DAY_MS)

    outcome = restore(target, engine, reader, DATA, forget, town.NOW_MS)
    reader.close()
    engine.dispose()
    assert [each.where.startswith("thu ") and each.found == 0 for each in outcome.differences] == [True]


def test_time(source: HubConfig) -> None:
    """The figures above are of real data: thousands of values."""
    with town.opened(source) as (_, store):
        assert store.count("thu", 0, time.time_ns()) > 3_000
