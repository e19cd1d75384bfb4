"""Tables of what is likely to come and of devices' health: past hours of rooms, forecasts by day, findings, lamps."""

from typing import Any

from sqlalchemy import JSON, Float, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.models import Base, Id, Millis, Name
from hub.db.school_models import IsoDate


class RoomHoursRow(Base):
    """What a day of a school was, hour by hour: `{room: {target: [24 values or null]}}`; an empty day has {}."""

    __tablename__ = "room_hours"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[str] = mapped_column(IsoDate, primary_key=True)
    hours: Mapped[dict[str, Any]] = mapped_column(JSON)


class ForecastDayRow(Base):
    """A day of a room as it was forecast: `hours` are 24 of [value, low, high] or null.

    `mae_…`: mean absolute error of each way on the `compared_days` days held out; the better one made the hours.
    """

    __tablename__ = "forecast_day"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[str] = mapped_column(IsoDate, primary_key=True)
    room: Mapped[str] = mapped_column(Id, primary_key=True)
    target: Mapped[str] = mapped_column(String(16), primary_key=True)
    method: Mapped[str] = mapped_column(String(16))
    known_days: Mapped[int]
    compared_days: Mapped[int]
    mae_seasonal: Mapped[float | None] = mapped_column(Float)
    mae_timetable: Mapped[float | None] = mapped_column(Float)
    hours: Mapped[list[Any]] = mapped_column(JSON)
    made_ms: Mapped[int] = mapped_column(Millis)


class DeviceFindingRow(Base):
    """What is found of a device's health, and of its end; replaced each night."""

    __tablename__ = "device_finding"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    device: Mapped[str] = mapped_column(Id, primary_key=True)
    quantity: Mapped[str] = mapped_column(String(64), primary_key=True)
    fault: Mapped[str] = mapped_column(String(16), primary_key=True)
    since_ms: Mapped[int] = mapped_column(Millis)
    sure: Mapped[float] = mapped_column(Float)
    why_vi: Mapped[str] = mapped_column(Text)
    why_en: Mapped[str] = mapped_column(Text)
    todo_vi: Mapped[str] = mapped_column(Text)
    todo_en: Mapped[str] = mapped_column(Text)
    ends_ms: Mapped[int | None] = mapped_column(Millis)
    ends_low_ms: Mapped[int | None] = mapped_column(Millis)
    ends_high_ms: Mapped[int | None] = mapped_column(Millis)
    found_ms: Mapped[int] = mapped_column(Millis)


class LampRatingRow(Base):
    """How long a device's lamp is rated for, where a person said so."""

    __tablename__ = "lamp_rating"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    device: Mapped[str] = mapped_column(Id, primary_key=True)
    rated_h: Mapped[float] = mapped_column(Float)
    set_by: Mapped[str] = mapped_column(Name)
    at_ms: Mapped[int] = mapped_column(Millis)
