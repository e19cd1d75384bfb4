"""Writes one archive of a whole hub: configuration, marks, state, series, in the order that keeps it consistent.

Marks first, then the state in one transaction, then the series: whatever the archive's marks and event marks cover is
in it. Rows that arrive meanwhile may be in it too; they come again and are found.
"""

from typing import BinaryIO

import msgspec
from sqlalchemy import Engine

from hub.backup.archive import ArchiveWriter
from hub.backup.configuration import write_configuration
from hub.backup.contents import FORMAT, Manifest
from hub.backup.place import Tell, schools_of
from hub.backup.series import write_marks, write_series
from hub.backup.state import write_state
from hub.config import HubConfig
from hub.db.engine import revision_of
from hub.stores.series import SeriesStore
from wire.release import RELEASE
from wire.text import Text


class Summary(msgspec.Struct, frozen=True):
    """What a finished archive holds; `digest` is the SHA-256 of its manifest."""

    digest: str
    made_ms: int
    rows: int
    values: int
    windows: int
    minutes: int
    left_out: list[str]


def back_up(config: HubConfig, engine: Engine, store: SeriesStore, file: BinaryIO, tell: Tell, now_ms: int) -> Summary:
    """Raises StoreDown, SQLAlchemyError, OSError (no space), and what `tell` raises; the file is then no archive."""
    writer = ArchiveWriter(file)
    files, left_out = write_configuration(config, writer)
    tell(Text("dấu xác nhận", "marks"))
    marks = write_marks(store.marks(), writer)
    tell(Text("cơ sở dữ liệu trạng thái", "state database"))
    tables = write_state(engine, writer)
    series = write_series(store, engine, schools_of(engine), writer, tell)
    manifest = Manifest(
        format=FORMAT,
        release=RELEASE,
        made_ms=now_ms,
        hub=config.hub.id,
        revision=revision_of(engine) or "",
        state_kind=config.state.kind,
        store_kind=config.store.kind,
        tables=tables,
        series=series,
        marks=marks,
        files=files,
        left_out=left_out,
        parts=writer.parts,
    )
    return summary(manifest, writer.close(manifest))


def summary(manifest: Manifest, digest: str) -> Summary:
    """The figures people see."""
    series = manifest.series.values()
    return Summary(
        digest=digest,
        made_ms=manifest.made_ms,
        rows=sum(table.rows for table in manifest.tables.values()),
        values=sum(sum(school.values.values()) for school in series),
        windows=sum(sum(days.values()) for school in series for days in school.windows.values()),
        minutes=sum(school.minutes for school in series),
        left_out=manifest.left_out,
    )
