"""Tables of what the hub tells gateways: commands and how they ended, configurations, and what a rule may do."""

from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.models import Base, Id, Millis, Name


class CommandRow(Base):
    """One order. `ended_ms` None: open. `answered_ms` None: the hub itself concluded how it ended, no gateway told it.

    A dry run has a row too: it was never open.
    """

    __tablename__ = "command"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school: Mapped[str] = mapped_column(Id)
    gateway: Mapped[str] = mapped_column(Id)
    device: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(Name)
    by: Mapped[str] = mapped_column("issued_by", Name)
    reason_vi: Mapped[str] = mapped_column(Text)
    reason_en: Mapped[str] = mapped_column(Text)
    created_ms: Mapped[int] = mapped_column(Millis)
    expires_ms: Mapped[int] = mapped_column(Millis)
    sent_ms: Mapped[int | None] = mapped_column(Millis)
    ended_ms: Mapped[int | None] = mapped_column(Millis)
    answered_ms: Mapped[int | None] = mapped_column(Millis)
    result: Mapped[str | None] = mapped_column(String(16))
    detail_vi: Mapped[str] = mapped_column(Text)
    detail_en: Mapped[str] = mapped_column(Text)
    confirmed: Mapped[bool]
    __table_args__ = (
        Index("ix_command_school_created_ms", "school", "created_ms"),
        Index("ix_command_created_ms", "created_ms"),
        Index("ix_command_ended_ms", "ended_ms"),
    )


class GatewayConfigRow(Base):
    """One version of a gateway's configuration; the newest is in force, the others say who changed what."""

    __tablename__ = "gateway_config"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    gateway: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column("set_by", Name)
    at_ms: Mapped[int] = mapped_column(Millis)


class PolicyRow(Base):
    """How far a rule may go in a school. `watched_min`: minutes of school hours it saw on `watched_day` (ISO)."""

    __tablename__ = "policy"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    rule: Mapped[str] = mapped_column(Id, primary_key=True)
    mode: Mapped[str] = mapped_column(String(16))
    since_ms: Mapped[int] = mapped_column(Millis)
    by: Mapped[str] = mapped_column("set_by", Name)
    watched_day: Mapped[str] = mapped_column(String(10))
    watched_min: Mapped[int]
    longest_day_min: Mapped[int]
    __table_args__ = (ForeignKeyConstraint(["school"], ["school.id"]),)
