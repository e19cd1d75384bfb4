"""Scheduled pulls in SQL: when each was tried, when it last succeeded, what it must remember for the next time."""

from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.models import Base, Id, Millis


class PullRow(Base):
    """One `[[pull]]`. `settings` is a digest of where it points: another place is another pull. No foreign key to
    school: settings may name one that is set up later. `memory` holds marks of versions, digests and
    times, nothing personal.
    """

    __tablename__ = "school_pull"
    name: Mapped[str] = mapped_column(Id, primary_key=True)
    school: Mapped[str] = mapped_column(Id)
    settings: Mapped[str] = mapped_column(String(64))
    since_ms: Mapped[int] = mapped_column(Millis)
    last_try_ms: Mapped[int | None] = mapped_column(Millis)
    last_good_ms: Mapped[int | None] = mapped_column(Millis)
    last_change_ms: Mapped[int | None] = mapped_column(Millis)
    next_try_ms: Mapped[int] = mapped_column(Millis)
    failures: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(16))
    said_vi: Mapped[str] = mapped_column(Text)
    said_en: Mapped[str] = mapped_column(Text)
    import_id: Mapped[int | None] = mapped_column(Millis)
    memory: Mapped[dict[str, Any]] = mapped_column(JSON)
    __table_args__ = (Index("ix_school_pull_school", "school"),)
