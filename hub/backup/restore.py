"""Fills an empty stack from an archive, whichever databases it was made from, and counts afterwards.

The state goes in as one transaction; the series in pieces that may come twice. So a restore that was cut off is run
again with the same archive and goes on; `MARKER` in the data folder says that one is not finished.
"""

from collections import Counter
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from hub.backup.archive import ArchiveReader
from hub.backup.contents import DAY_MS, SchoolSeries
from hub.backup.place import Tell, oldest_raw_ms, opened_series, tell_intervals
from hub.backup.series import FAR_MS, day_start_ms, read_series, tell_raw_gone, window_day
from hub.backup.state import OF_INFLUXDB, OF_SERIES, RestoreRefused, in_use, read_books, read_state, rows_of
from hub.config import HubConfig
from hub.stores.series import SeriesStore
from wire.text import Text

MARKER = "restore-unfinished.json"
SHOWN = 5


class Difference(msgspec.Struct, frozen=True):
    """A count that is not the archive's."""

    where: str  # table, or school and day
    wanted: int
    found: int


class Outcome(msgspec.Struct, frozen=True):
    """What was compared, what differs, and what the new store could not keep by its nature."""

    compared: int
    differences: list[Difference]
    notes: list[Text]


class _Marker(msgspec.Struct, frozen=True):
    digest: str
    archive: str


def restore(
    config: HubConfig, engine: Engine, reader: ArchiveReader, scopes: frozenset[str], tell: Tell, now_ms: int
) -> Outcome:
    """State first: rooms and calibrations have to be known before the series. Raises RestoreRefused, ArchiveBroken,
    StoreDown, SQLAlchemyError, OSError.
    """
    marker = config.hub.data_dir / MARKER
    again = _check_marker(marker, reader)
    state_is_there = _check_state(engine, reader, scopes, again=again)
    if "series" in scopes:
        _check_series(config, engine, reader, scopes, again=again)
    marker.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    marker.write_bytes(msgspec.json.encode(_Marker(reader.digest, str(reader.path))))
    differences: list[Difference] = []
    notes: list[Text] = []
    compared = 0
    if "state" in scopes:
        if not state_is_there:
            tell(Text("cơ sở dữ liệu trạng thái", "state database"))
            read_state(engine, reader)
        wanted = _state_rows(reader)
        found = rows_of(engine)
        compared += len(wanted)
        differences += [Difference(name, rows, found.get(name, 0)) for name, rows in wanted.items()]
    if "series" in scopes:
        checks, said = _restore_series(config, engine, reader, tell, now_ms)
        compared += len(checks)
        differences += checks
        notes += said
    marker.unlink()
    return Outcome(compared, [each for each in differences if each.wanted != each.found], notes)


# ---- is it empty ----


def _check_marker(marker: Path, reader: ArchiveReader) -> bool:
    """True where this archive's restore was cut off here."""
    try:
        begun = msgspec.json.decode(marker.read_bytes(), type=_Marker)
    except FileNotFoundError:
        return False
    except msgspec.MsgspecError:  # cut off while it was being written: nothing else was
        return False
    if begun.digest != reader.digest:
        raise RestoreRefused(
            Text(
                f"lần khôi phục từ {begun.archive} chưa xong: hãy chạy lại với tệp đó, hoặc xóa sạch cơ sở dữ liệu, "
                f"kho số liệu và {marker} rồi làm lại",
                f"the restore of {begun.archive} is not finished: run it again with that file, or clear the databases "
                f"and {marker} first",
            )
        )
    return True


def _check_state(engine: Engine, reader: ArchiveReader, scopes: frozenset[str], *, again: bool) -> bool:
    """True where the state is there already, by this archive's restore. Raises RestoreRefused where another is."""
    found = rows_of(engine)
    used = in_use(found)
    if not used or "state" not in scopes:
        return False
    if again and all(found.get(name, 0) == rows for name, rows in _state_rows(reader).items()):
        return True
    shown = ", ".join(f"{name} {rows}" for name, rows in sorted(used.items(), key=lambda each: -each[1])[:SHOWN])
    raise RestoreRefused(
        Text(
            f"cơ sở dữ liệu trạng thái không trống ({shown}): chỉ khôi phục vào nơi trống; hãy dùng cơ sở dữ liệu mới",
            f"the state database is not empty ({shown}): a restore needs an empty one; name a new one in hub.toml",
        )
    )


def _check_series(
    config: HubConfig, engine: Engine, reader: ArchiveReader, scopes: frozenset[str], *, again: bool
) -> None:
    """An empty store, and a registry that knows which room a device hung in. Raises RestoreRefused."""
    schools = reader.manifest.tables.get("school")
    if "state" not in scopes and schools is not None and schools.rows and not rows_of(engine).get("school"):
        raise RestoreRefused(
            Text(
                "chưa có trường nào: hãy khôi phục trạng thái trước (--only state)",
                "no school is known here: restore the state first (--only state)",
            )
        )
    if again:
        return
    with opened_series(config, config.store.kind, engine) as store:
        marks = len(store.marks())
        spans = [school for school in reader.manifest.series if store.span(school) is not None]
    if marks or spans:
        raise RestoreRefused(
            Text(
                f"kho số liệu không trống ({len(spans)} trường, {marks} dấu xác nhận): chỉ khôi phục vào kho trống",
                f"the time-series store is not empty ({len(spans)} schools, {marks} marks): a restore needs an empty "
                "one; name a new bucket or data folder in hub.toml",
            )
        )


def _state_rows(reader: ArchiveReader) -> dict[str, int]:
    tables = reader.manifest.tables.items()
    return {name: table.rows for name, table in tables if name not in OF_SERIES | OF_INFLUXDB}


# ---- series ----


def _restore_series(
    config: HubConfig, engine: Engine, reader: ArchiveReader, tell: Tell, now_ms: int
) -> tuple[list[Difference], list[Text]]:
    manifest, kind = reader.manifest, config.store.kind
    with opened_series(config, kind, engine) as store:
        tell_intervals(store, engine)
        oldest_ms = oldest_raw_ms(config, kind, now_ms)
        refused = read_series(store, engine, reader, tell, oldest_ms)
        notes = [Text(f"không nhận: {each}", f"refused: {each}") for each in refused]
        checks = [Difference("marks", manifest.marks, len(store.marks()))]
        for school, said in manifest.series.items():
            tell(Text(f"{school}: đếm lại", f"{school}: counting"))
            checks += _compare_values(store, school, said, oldest_ms)
            checks.append(Difference(f"{school} minutes", said.minutes, _minutes(store, school)))
            if kind == "influxdb":
                checks += _compare_windows(store, school, said)
        notes += _not_kept(manifest.series, kind, oldest_ms)
        if kind == manifest.store_kind == "influxdb":
            read_books(engine, reader)
        tell_raw_gone(store, manifest.series, oldest_ms)
    return checks, notes


def _compare_values(store: SeriesStore, school: str, said: SchoolSeries, oldest_ms: int) -> list[Difference]:
    return [
        Difference(f"{school} {day}", values, store.count(school, start, start + DAY_MS))
        for day, values in said.values.items()
        if (start := day_start_ms(day)) >= oldest_ms
    ]


def _compare_windows(store: SeriesStore, school: str, said: SchoolSeries) -> list[Difference]:
    """Windows may have come on top, from values too old to be kept one by one; none may be missing."""
    checks = []
    for level, days in said.windows.items():
        found: Counter[str] = Counter()
        for piece in store.export_summaries(school, level, 0, FAR_MS):
            found.update(map(window_day, piece))
        checks += [Difference(f"{school} {day} {level}", rows, min(rows, found[day])) for day, rows in days.items()]
    return checks


def _minutes(store: SeriesStore, school: str) -> int:
    return sum(map(len, store.export_minutes(school, 0, FAR_MS)))


def _not_kept(series: dict[str, SchoolSeries], kind: str, oldest_ms: int) -> list[Text]:
    notes = []
    for school, said in series.items():
        old = sum(values for day, values in said.values.items() if day_start_ms(day) < oldest_ms)
        if old:
            notes.append(
                Text(
                    f"{school}: {old} giá trị cũ hơn influxdb.raw_days chỉ còn trong các mức 1 và 15 phút",
                    f"{school}: {old} values older than influxdb.raw_days are kept in the coarser levels only",
                )
            )
        windows = sum(sum(days.values()) for days in said.windows.values())
        if windows and kind == "duckdb":
            notes.append(
                Text(
                    f"{school}: kho nhúng không giữ {windows} khoảng 1 và 15 phút của bản sao lưu; lịch sử cũ hơn số "
                    "liệu gốc chỉ còn trong tệp sao lưu",
                    f"{school}: the embedded store keeps none of the archive's {windows} windows of 1 and 15 minutes; "
                    "history older than the raw values stays in the archive only",
                )
            )
    return notes
