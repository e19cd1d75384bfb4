"""Tables of what is derived from readings and plans: lesson records, waste, limits of a school, days to derive anew."""

from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.models import Base, Id, Millis, Name, Serial
from hub.db.school_models import IsoDate


class DeriveDueRow(Base):
    """A day of a school that has to be derived anew. `asked` counts how often it was asked for: who derived it
    strikes it off only where nobody asked meanwhile. Of `rooms` the minutes themselves are worked out from readings.
    """

    __tablename__ = "derive_due"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[str] = mapped_column(IsoDate, primary_key=True)
    reason: Mapped[str] = mapped_column(String(32))
    since_ms: Mapped[int] = mapped_column(Millis)
    not_before_ms: Mapped[int] = mapped_column(Millis)
    asked: Mapped[int]
    rooms: Mapped[list[str]] = mapped_column(JSON)
    __table_args__ = (Index("ix_derive_due_not_before_ms", "not_before_ms"),)


class DeriveLogRow(Base):
    """What deriving a day anew changed: records of lessons, lines of the waste ledger, minutes' statuses."""

    __tablename__ = "derive_log"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    school: Mapped[str] = mapped_column(Id)
    day: Mapped[str] = mapped_column(IsoDate)
    reason: Mapped[str] = mapped_column(String(32))
    at_ms: Mapped[int] = mapped_column(Millis)
    added: Mapped[int]
    changed: Mapped[int]
    removed: Mapped[int]
    waste_changed: Mapped[int]
    statuses_changed: Mapped[int]
    filled: Mapped[int]
    __table_args__ = (
        Index("ix_derive_log_school_at_ms", "school", "at_ms"),
        Index("ix_derive_log_at_ms", "at_ms"),
    )


class LessonRecordRow(Base):
    """What really happened in one lesson; `record` is hub.live.lesson_record.LessonRecord as JSON."""

    __tablename__ = "lesson_record"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[str] = mapped_column(IsoDate, primary_key=True)
    room: Mapped[str] = mapped_column(Id, primary_key=True)
    lesson: Mapped[str] = mapped_column(Text, primary_key=True)
    start_ms: Mapped[int] = mapped_column(Millis)
    end_ms: Mapped[int] = mapped_column(Millis)
    record: Mapped[dict[str, Any]] = mapped_column(JSON)
    __table_args__ = (Index("ix_lesson_record_school_room_start_ms", "school", "room", "start_ms"),)


class WasteDayRow(Base):
    """What ran with nobody there on one day: `kwh` by meters in `measured_min`, `estimated_kwh` in the others."""

    __tablename__ = "waste_day"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[str] = mapped_column(IsoDate, primary_key=True)
    room: Mapped[str] = mapped_column(Id, primary_key=True)
    what: Mapped[str] = mapped_column(String(32), primary_key=True)
    why: Mapped[str] = mapped_column(String(32), primary_key=True)
    minutes: Mapped[int]
    measured_min: Mapped[int]
    kwh: Mapped[float]
    estimated_kwh: Mapped[float]


class FilledDayRow(Base):
    """Which minutes of a room were worked out afterwards from readings that came late: spans [from, to) in ms."""

    __tablename__ = "filled_day"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[str] = mapped_column(IsoDate, primary_key=True)
    room: Mapped[str] = mapped_column(Id, primary_key=True)
    spans: Mapped[list[list[int]]] = mapped_column(JSON)


class ThresholdsRow(Base):
    """Limits a school chose instead of the usual ones; `limits` is hub.live.thresholds.Thresholds as JSON."""

    __tablename__ = "thresholds"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    limits: Mapped[dict[str, float]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column("set_by", Name)
    at_ms: Mapped[int] = mapped_column(Millis)
    __table_args__ = (ForeignKeyConstraint(["school"], ["school.id"]),)
