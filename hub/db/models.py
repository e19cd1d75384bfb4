"""The state database as SQLAlchemy models: the registry, events, quarantine, sessions. Times are UTC milliseconds.

Only types every SQL database has: SQLite embedded today, PostgreSQL in production. School tables are in school_models.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKeyConstraint, Index, Integer, LargeBinary, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Named constraints, so that later migrations can alter them on every database.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Id = String(64)
Name = String(200)
Millis = BigInteger
# SQLite numbers rows by itself only where the key is called INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class SchoolRow(Base):
    __tablename__ = "school"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Name)
    timezone: Mapped[str] = mapped_column(String(64))
    simulated: Mapped[bool]
    keep_raw_days: Mapped[int | None]


class BuildingRow(Base):
    """`name` and `retired` are what holds today of its spells."""

    __tablename__ = "building"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Name)
    retired: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (ForeignKeyConstraint(["school"], ["school.id"]),)


class RoomRow(Base):
    """`name`, `aliases` and `retired` (why; None: it stands) are what holds today of its spells."""

    __tablename__ = "room"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Name)
    building: Mapped[str] = mapped_column(Id)
    aliases: Mapped[list[str]] = mapped_column(JSON)
    volume_m3: Mapped[float]
    capacity: Mapped[int]
    co2_limit_ppm: Mapped[float]
    pupil_age_years: Mapped[float]
    retired: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (ForeignKeyConstraint(["school", "building"], ["building.school", "building.id"]),)


class PlaceSpellRow(Base):
    """What a room or building (`kind`, `key`) was called on [valid_from, valid_to), local ISO dates, and whether it
    stood (`retired` is why it did not), as believed on [learned_ms, superseded_ms). Of one place the spells believed at
    an instant follow each other without a gap. No foreign key: what was believed of a place outlives it.
    """

    __tablename__ = "place_spell"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    school: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(Name)
    aliases: Mapped[list[str]] = mapped_column(JSON)
    retired: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[str] = mapped_column(String(10))
    valid_to: Mapped[str | None] = mapped_column(String(10))
    learned_ms: Mapped[int] = mapped_column(Millis)
    superseded_ms: Mapped[int | None] = mapped_column(Millis)
    __table_args__ = (Index("ix_place_spell_school_kind_key", "school", "kind", "key"),)


class GatewayRow(Base):
    """No foreign key to school: a gateway may report from a school nobody has set up, and waits as pending."""

    __tablename__ = "gateway"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Name)
    status: Mapped[str] = mapped_column(String(16))
    first_seen_ms: Mapped[int | None] = mapped_column(Millis)


class DeviceRow(Base):
    __tablename__ = "device"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    gateway: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(Name)
    model: Mapped[str] = mapped_column(Name)
    first_seen_ms: Mapped[int | None] = mapped_column(Millis)


class AssignmentRow(Base):
    """A device hangs in a room in [from_ms, to_ms); the intervals of one device never overlap."""

    __tablename__ = "assignment"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    device: Mapped[str] = mapped_column(Id, primary_key=True)
    from_ms: Mapped[int] = mapped_column(Millis, primary_key=True)
    to_ms: Mapped[int | None] = mapped_column(Millis)
    room: Mapped[str] = mapped_column(Id)
    __table_args__ = (
        ForeignKeyConstraint(["school", "device"], ["device.school", "device.id"]),
        ForeignKeyConstraint(["school", "room"], ["room.school", "room.id"]),
    )


class CalibrationRow(Base):
    __tablename__ = "calibration"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    device: Mapped[str] = mapped_column(Id, primary_key=True)
    quantity: Mapped[str] = mapped_column(Id, primary_key=True)
    from_ms: Mapped[int] = mapped_column(Millis, primary_key=True)
    scale: Mapped[float]
    offset: Mapped[float]
    __table_args__ = (ForeignKeyConstraint(["school", "device"], ["device.school", "device.id"]),)


class MaintenanceRow(Base):
    __tablename__ = "maintenance"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    school: Mapped[str] = mapped_column(Id, index=True)
    room: Mapped[str | None] = mapped_column(Id)
    device: Mapped[str | None] = mapped_column(Id)
    from_ms: Mapped[int] = mapped_column(Millis)
    to_ms: Mapped[int | None] = mapped_column(Millis)
    note: Mapped[str] = mapped_column(Text)


class GatewayCredentialRow(Base):
    """A broker password of a gateway, as bcrypt hash; a new one revokes the ones before."""

    __tablename__ = "gateway_credential"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    school: Mapped[str] = mapped_column(Id)
    gateway: Mapped[str] = mapped_column(Id)
    bcrypt_hash: Mapped[str] = mapped_column(String(100))
    created_ms: Mapped[int] = mapped_column(Millis)
    revoked_ms: Mapped[int | None] = mapped_column(Millis)
    __table_args__ = (ForeignKeyConstraint(["school", "gateway"], ["gateway.school", "gateway.id"]),)


class EventRow(Base):
    """An event by its id; a correction replaces it. `at_ms` None: its time was never known.

    `room`, `lesson` and `classes` (names) are what held at its own time, as known when it was stored or derived anew.
    """

    __tablename__ = "event"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school: Mapped[str] = mapped_column(Id)
    gateway: Mapped[str] = mapped_column(Id)
    device: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(40))
    at_ms: Mapped[int | None] = mapped_column(Millis)
    received_ms: Mapped[int] = mapped_column(Millis)
    quality: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    epoch: Mapped[str] = mapped_column(String(32))
    row: Mapped[int] = mapped_column(BigInteger)
    room: Mapped[str | None] = mapped_column(Id)
    lesson: Mapped[str | None] = mapped_column(Text)
    classes: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("ix_event_school_at_ms", "school", "at_ms"),
        Index("ix_event_school_device_at_ms", "school", "device", "at_ms"),
    )


class EventMarkRow(Base):
    """How far the event stream of a gateway's epoch is committed; written in the transaction of its events."""

    __tablename__ = "event_mark"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    gateway: Mapped[str] = mapped_column(Id, primary_key=True)
    stream: Mapped[str] = mapped_column(String(16), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(32), primary_key=True)
    first_seen_ms: Mapped[int] = mapped_column(Millis)
    ledger: Mapped[bytes] = mapped_column(LargeBinary)


class QuarantineRow(Base):
    """What could not be used, by digest of its bytes; `status` is open, replayed or discarded."""

    __tablename__ = "quarantine"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    school: Mapped[str] = mapped_column(Id)
    gateway: Mapped[str] = mapped_column(Id)
    stream: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    count: Mapped[int]
    first_ms: Mapped[int] = mapped_column(Millis)
    last_ms: Mapped[int] = mapped_column(Millis, index=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String(16))


class OperatorRow(Base):
    __tablename__ = "operator"
    name: Mapped[str] = mapped_column(Name, primary_key=True)
    argon2_hash: Mapped[str] = mapped_column(String(200))


class WebSessionRow(Base):
    """A signed-in browser; the cookie holds the token, the database only its hash."""

    __tablename__ = "web_session"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    operator: Mapped[str] = mapped_column(Name)
    csrf: Mapped[str] = mapped_column(String(64))
    created_ms: Mapped[int] = mapped_column(Millis)
    expires_ms: Mapped[int] = mapped_column(Millis, index=True)
    __table_args__ = (ForeignKeyConstraint(["operator"], ["operator.name"], ondelete="CASCADE"),)


class LiveSnapshotRow(Base):
    """The live state as last written (one row, id 1), for a start with ages instead of emptiness."""

    __tablename__ = "live_snapshot"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(Millis)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class RegistryVersionRow(Base):
    """Counts the changes of one school's part of the registry, so that other processes see what to read again."""

    __tablename__ = "registry_version"
    school: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


class AuditRow(Base):
    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    who: Mapped[str] = mapped_column(Name)
    what: Mapped[str] = mapped_column(Text)
    at_ms: Mapped[int] = mapped_column(Millis, index=True)
