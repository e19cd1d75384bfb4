"""Broker passwords of gateways: made here, shown once, kept as bcrypt hashes for hub.broker.users."""

import secrets

import bcrypt
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from hub.db.models import GatewayCredentialRow

# The lowest cost bcrypt has: these are 256 random bits, which no cost makes safer, and 2,200 gateways that come back
# at once must not keep the broker busy for minutes.
ROUNDS = 4


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


def _valid(school: str, gateway: str) -> tuple[ColumnElement[bool], ...]:
    row = GatewayCredentialRow
    return row.school == school, row.gateway == gateway, row.revoked_ms.is_(None)
