"""What dashboards lay over the series: alerts from when they open until they close, and dated lessons of rooms."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.models import Base, Id, Millis, Name, Serial


class AlertRow(Base):
    """One cause of trouble, from `opened_ms` until `closed_ms` (None: still there).

    `code` is that of the notice or the judgement of a room, `subject` tells two causes of one code apart.
    """

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(String(64))
    severity: Mapped[str] = mapped_column(String(16))
    school: Mapped[str | None] = mapped_column(Id)
    room: Mapped[str | None] = mapped_column(Id)
    subject: Mapped[str] = mapped_column(Name)
    opened_ms: Mapped[int] = mapped_column(Millis)
    closed_ms: Mapped[int | None] = mapped_column(Millis)
    text_vi: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        Index("ix_alert_closed_ms", "closed_ms"),
        Index("ix_alert_school_opened_ms", "school", "opened_ms"),
    )


class LessonDayRow(Base):
    """A lesson in a room on one local date (`day`, ISO), as the plan says now; derived, without teachers."""

    __tablename__ = "lesson_day"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    school: Mapped[str] = mapped_column(Id)
    day: Mapped[str] = mapped_column(String(10))
    room: Mapped[str] = mapped_column(Id)
    lesson: Mapped[str] = mapped_column(Text)
    start_ms: Mapped[int] = mapped_column(Millis)
    end_ms: Mapped[int] = mapped_column(Millis)
    subject: Mapped[str] = mapped_column(Text)
    classes: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        Index("ix_lesson_day_school_day", "school", "day"),
        Index("ix_lesson_day_school_start_ms", "school", "start_ms"),
        Index("ix_lesson_day_day", "day"),
    )
