"""What the production time-series store keeps in SQL beside InfluxDB: marks, epochs, and work still to be done."""

from typing import Any

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.models import Base, Id, Millis, Serial


class SeriesMarkRow(Base):
    """How far a telemetry stream is committed; written after its points, before the acknowledgement."""

    __tablename__ = "series_mark"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    gateway: Mapped[str] = mapped_column(Id, primary_key=True)
    stream: Mapped[str] = mapped_column(String(16), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(32), primary_key=True)
    first_seen_ms: Mapped[int] = mapped_column(Millis)
    ledger: Mapped[bytes] = mapped_column(LargeBinary)


class SeriesEpochRow(Base):
    """Epochs in the order the store first saw them: of two rows with one key, the later epoch's stays."""

    __tablename__ = "series_epoch"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    epoch: Mapped[str] = mapped_column(String(32), unique=True)


class SeriesSweepRow(Base):
    """Up to which time each level (1m, 15m) is summed up for all schools, but for dirty windows."""

    __tablename__ = "series_sweep"
    level: Mapped[str] = mapped_column(String(8), primary_key=True)
    until_ms: Mapped[int] = mapped_column(Millis)


class SeriesDirtyRow(Base):
    """A quarter of an hour of a school that got rows after it was summed up; `noted_ms` grows with each."""

    __tablename__ = "series_dirty"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    start_ms: Mapped[int] = mapped_column(Millis, primary_key=True)
    noted_ms: Mapped[int] = mapped_column(Millis)


class SeriesToldRow(Base):
    """Room and calibration intervals of a device as its stored history has them."""

    __tablename__ = "series_told"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    device: Mapped[str] = mapped_column(Id, primary_key=True)
    intervals: Mapped[dict[str, Any]] = mapped_column(JSON)


class SeriesMoveRow(Base):
    """A stretch of a device's history to be written anew, because its room or calibration changed in the past."""

    __tablename__ = "series_move"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    school: Mapped[str] = mapped_column(Id)
    device: Mapped[str] = mapped_column(Id)
    from_ms: Mapped[int] = mapped_column(Millis)
    to_ms: Mapped[int] = mapped_column(Millis)
    level: Mapped[str] = mapped_column(String(8))  # raw, 1m or 15m
    done_to_ms: Mapped[int] = mapped_column(Millis)


class SeriesRawGoneRow(Base):
    """Before that, raw rows of a school are gone though the retention of their bucket may be longer.

    The row of the school `_` speaks of all: `raw_days` is the retention as the hub last had it, for ever where it is 0.
    """

    __tablename__ = "series_raw_gone"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    before_ms: Mapped[int] = mapped_column(Millis)
    raw_days: Mapped[int]
