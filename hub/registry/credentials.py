"""Broker passwords of gateways: made here, shown once, kept as bcrypt hashes for hub.broker.users."""

import secrets
from enum import StrEnum

import bcrypt
import msgspec
from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session

from hub.db.models import GatewayCredentialRow

# The lowest cost bcrypt has: these are 256 random bits, which no cost makes safer, and 2,200 gateways that come back
# at once must not keep the broker busy for minutes.
ROUNDS = 4


class CredentialState(StrEnum):
    NONE = "none"  # never had one
    VALID = "valid"
    REVOKED = "revoked"


class Credential(msgspec.Struct, frozen=True):
    """How a gateway's password stands, and since when."""

    state: CredentialState = CredentialState.NONE
    since_ms: int | None = None


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def renew(session: Session, school: str, gateway: str, secret: str, now_ms: int) -> None:
    """`secret` is the password of a registered gateway from now on. Only its hash is kept: show it now or never."""
    revoke(session, school, gateway, now_ms)
    hashed = bcrypt.hashpw(secret.encode(), bcrypt.gensalt(ROUNDS)).decode()
    session.add(GatewayCredentialRow(school=school, gateway=gateway, bcrypt_hash=hashed, created_ms=now_ms))


def revoke(session: Session, school: str, gateway: str, now_ms: int) -> None:
    """No password of it is good any more."""
    ours = update(GatewayCredentialRow).where(*_valid(school, gateway))
    session.execute(ours.values(revoked_ms=now_ms))


def has_valid(session: Session, school: str, gateway: str) -> bool:
    """Whether it has a password that was not revoked."""
    ours = select(GatewayCredentialRow.id).where(*_valid(school, gateway)).limit(1)
    return session.scalar(ours) is not None


def credentials(session: Session) -> dict[tuple[str, str], Credential]:
    """(school, gateway) -> how its password stands, of all that ever had one; one query."""
    row = GatewayCredentialRow
    made_ms = func.max(case((row.revoked_ms.is_(None), row.created_ms)))
    query = select(row.school, row.gateway, made_ms, func.max(row.revoked_ms)).group_by(row.school, row.gateway)
    return {
        (school, gateway): Credential(CredentialState.REVOKED, revoked_ms)
        if valid_ms is None
        else Credential(CredentialState.VALID, valid_ms)
        for school, gateway, valid_ms, revoked_ms in session.execute(query)
    }


def _valid(school: str, gateway: str) -> tuple[ColumnElement[bool], ...]:
    row = GatewayCredentialRow
    return row.school == school, row.gateway == gateway, row.revoked_ms.is_(None)
