"""The one operator credential until accounts exist: passwords (argon2), sessions, and a brake on guessing."""

import asyncio
import hashlib
import secrets
import time
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
MAX_WAITING = 16  # passwords waiting for their turn; more are told to come again
EVERYBODY = "*"
_hasher = PasswordHasher()


class SignedIn(msgspec.Struct, frozen=True):
    """A valid session: who, and the token every change has to repeat."""

    operator: str
    csrf: str
    expires_ms: int


class Attempts:
    """Slows down guessing: after `free` failures a source waits, doubling up to `longest_s`. Pure, bounded.

    One failure is forgotten every `forget_s`, so that mistakes of a whole year never add up to a brake.
    """

    def __init__(
        self,
        free: int = 5,
        first_wait_s: float = 5.0,
        longest_s: float = 300.0,
        sources: int = 1_000,
        forget_s: float = 600.0,
    ) -> None:
        self._free, self._first_wait_s, self._longest_s, self._sources = free, first_wait_s, longest_s, sources
        self._forget_s = forget_s
        self._failures: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, source: str, now_s: float) -> float:
        """How long this source has to wait; 0 when it may try."""
        count, last_s = self._failures.get(source, (0.0, 0.0))
        if count < self._free:
            return 0.0
        pause: float = min(self._longest_s, self._first_wait_s * 2.0 ** min(count - self._free, 16))
        return max(0.0, last_s + pause - now_s)

    def failed(self, source: str, now_s: float) -> None:
        count, last_s = self._failures.pop(source, (0.0, now_s))
        forgotten = int((now_s - last_s) / self._forget_s)
        self._failures[source] = (max(0.0, count - forgotten) + 1, now_s)
        while len(self._failures) > self._sources:
            self._failures.popitem(last=False)

    def succeeded(self, source: str) -> None:
        self._failures.pop(source, None)


class Brake:
    """The attempts that count for one door: each address by itself, and all of them together."""

    def __init__(self) -> None:
        self._per_address = Attempts()
        self._overall = Attempts(free=50, first_wait_s=1.0, longest_s=30.0, forget_s=60.0)

    def wait_s(self, address: str, now_s: float) -> float:
        return max(self._per_address.wait_s(address, now_s), self._overall.wait_s(EVERYBODY, now_s))

    def failed(self, address: str, now_s: float) -> None:
        self._per_address.failed(address, now_s)
        self._overall.failed(EVERYBODY, now_s)

    def succeeded(self, address: str) -> None:
        self._per_address.succeeded(address)


class Braked(Exception):
    """An attempt that was not looked at: the source has to wait `wait_s` first."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"wait {wait_s:.0f} s")


class Operators:
    """Checks passwords. One check at a time: each takes 64 MB and tens of milliseconds by intention."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def check(self, name: str, password: str, brake: Brake, address: str) -> bool:
        """Looked at and counted in one turn, so that guesses sent together are braked too. Raises Braked."""
        _may_try(brake, address)
        if self._waiting >= MAX_WAITING:
            raise Braked(1.0)
        self._waiting += 1
        try:
            async with self._turn:
                _may_try(brake, address)
                return await self._counted(name, password, brake, address)
        finally:
            self._waiting -= 1

    async def _counted(self, name: str, password: str, brake: Brake, address: str) -> bool:
        try:
            right = await asyncio.to_thread(self._check, name, password)
        except asyncio.CancelledError:  # who hangs up before the answer has guessed all the same
            brake.failed(address, time.monotonic())
            raise
        if right:
            brake.succeeded(address)
        else:
            brake.failed(address, time.monotonic())
        return right

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


def _may_try(brake: Brake, address: str) -> None:
    wait_s = brake.wait_s(address, time.monotonic())
    if wait_s > 0:
        raise Braked(wait_s)


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
