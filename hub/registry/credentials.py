"""Broker passwords of gateways: made here, shown once, kept as bcrypt hashes for hub.broker.users."""

import secrets

import bcrypt
from sqlalchemy import update
from sqlalchemy.orm import Session

from hub.db.models import GatewayCredentialRow
from hub.registry.registry import Registry

# The lowest cost bcrypt has: these are 256 random bits, which no cost makes safer, and 2,200 gateways that come back
# at once must not keep the broker busy for minutes.
ROUNDS = 4


def issue(registry: Registry, school: str, gateway: str, now_ms: int) -> str:
    """A new password of a registered gateway, the ones before revoked. Only its hash is kept: show it now or never."""
    secret = secrets.token_urlsafe(32)
    hashed = bcrypt.hashpw(secret.encode(), bcrypt.gensalt(ROUNDS)).decode()
    registry.change(school, lambda session: _store(session, school, gateway, hashed, now_ms))
    return secret


def _store(session: Session, school: str, gateway: str, hashed: str, now_ms: int) -> None:
    session.execute(
        update(GatewayCredentialRow)
        .where(
            GatewayCredentialRow.school == school,
            GatewayCredentialRow.gateway == gateway,
            GatewayCredentialRow.revoked_ms.is_(None),
        )
        .values(revoked_ms=now_ms)
    )
    session.add(GatewayCredentialRow(school=school, gateway=gateway, bcrypt_hash=hashed, created_ms=now_ms))
