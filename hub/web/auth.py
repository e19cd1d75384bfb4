"""The one operator credential until accounts exist: passwords (argon2), sessions, and a brake on guessing."""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from functools import lru_cache

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session as Transaction

from hub.db.engine import reading
from hub.db.models import OperatorRow, WebSessionRow

SESSION_MS = 12 * 3_600_000
RECHECK_MS = 30_000  # a session closed in another process ends here within this time
MAX_CACHED = 1_000
_hasher = PasswordHasher()


class SignedIn(msgspec.Struct, frozen=True):
    """A valid session: who, and the token every change has to repeat."""

    operator: str
    csrf: str
    expires_ms: int


class Attempts:
    """Slows down guessing: after `free` failures a source waits, doubling up to `longest_s`. Pure, bounded."""

    def __init__(
        self, free: int = 5, first_wait_s: float = 5.0, longest_s: float = 300.0, sources: int = 1_000
    ) -> None:
        self._free, self._first_wait_s, self._longest_s, self._sources = free, first_wait_s, longest_s, sources
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, source: str, now_s: float) -> float:
        """How long this source has to wait; 0 when it may try."""
        count, last_s = self._failures.get(source, (0, 0.0))
        if count < self._free:
            return 0.0
        pause = min(self._longest_s, self._first_wait_s * 2.0 ** min(count - self._free, 16))
        return max(0.0, last_s + pause - now_s)

    def failed(self, source: str, now_s: float) -> None:
        count, _ = self._failures.pop(source, (0, 0.0))
        self._failures[source] = (count + 1, now_s)
        while len(self._failures) > self._sources:
            self._failures.popitem(last=False)

    def succeeded(self, source: str) -> None:
        self._failures.pop(source, None)


class Operators:
    """Checks passwords. One check at a time: each takes 64 MB and tens of milliseconds by intention."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = asyncio.Semaphore(1)

    async def check(self, name: str, password: str) -> bool:
        async with self._turn:
            return await asyncio.to_thread(self._check, name, password)

    def known(self, name: str) -> bool:
        """Whether there is such an operator. Blocks."""
        with Transaction(reading(self._engine)) as transaction:
            return transaction.get(OperatorRow, name) is not None

    def _check(self, name: str, password: str) -> bool:
        with Transaction(reading(self._engine)) as transaction:
            row = transaction.get(OperatorRow, name)
            stored = row.argon2_hash if row else _nobody()
        try:
            return _hasher.verify(stored, password) and row is not None
        except (VerificationError, InvalidHashError):
            return False


@lru_cache(maxsize=1)
def _nobody() -> str:
    """The password of a name that does not exist, so that it costs the same time as a wrong one."""
    return _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """For the operator table."""
    return _hasher.hash(password)


class Sessions:
    """Signed-in browsers. The database holds only hashes of tokens; a small memory spares it a query a request."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: OrderedDict[str, tuple[SignedIn, int]] = OrderedDict()

    async def open(self, operator: str, now_ms: int) -> str:
        """A new session's token; expired ones are cleared away."""
        token = secrets.token_urlsafe(32)
        row = WebSessionRow(
            token_hash=_digest(token),
            operator=operator,
            csrf=secrets.token_urlsafe(24),
            created_ms=now_ms,
            expires_ms=now_ms + SESSION_MS,
        )
        await asyncio.to_thread(self._store, row, now_ms)
        return token

    async def find(self, token: str, now_ms: int) -> SignedIn | None:
        key = _digest(token)
        known = self._known.get(key)
        if known is None or now_ms - known[1] > RECHECK_MS:
            found = await asyncio.to_thread(self._load, key)
            if found is None:
                self._known.pop(key, None)
                return None
            known = (found, now_ms)
            self._remember(key, known)
        return known[0] if known[0].expires_ms > now_ms else None

    async def close(self, token: str) -> None:
        key = _digest(token)
        self._known.pop(key, None)
        await asyncio.to_thread(self._delete, key)

    def _remember(self, key: str, known: tuple[SignedIn, int]) -> None:
        self._known[key] = known
        while len(self._known) > MAX_CACHED:
            self._known.popitem(last=False)

    def _store(self, row: WebSessionRow, now_ms: int) -> None:
        with Transaction(self._engine) as transaction, transaction.begin():
            transaction.execute(delete(WebSessionRow).where(WebSessionRow.expires_ms < now_ms))
            transaction.add(row)

    def _load(self, key: str) -> SignedIn | None:
        with Transaction(reading(self._engine)) as transaction:
            row = transaction.scalar(select(WebSessionRow).where(WebSessionRow.token_hash == key))
            return SignedIn(row.operator, row.csrf, row.expires_ms) if row else None

    def _delete(self, key: str) -> None:
        with Transaction(self._engine) as transaction, transaction.begin():
            transaction.execute(delete(WebSessionRow).where(WebSessionRow.token_hash == key))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
