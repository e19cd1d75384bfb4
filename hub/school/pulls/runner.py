"""Runs the scheduled pulls of a hub: looks in threads of their own, takes in through the state thread, remembers.

The import centre shows `Pulls.view()`: one PullView a pull, no personal data; `run_now(name)` is its button. Held
imports are decided there by `import_id` (`Schools.decide`).
"""

import asyncio
import logging
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.notice import Notice
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.importers.rest.trouble import Trouble, place
from hub.school.intake import UnknownSchool
from hub.school.journal import Kind, Status
from hub.school.problems import Unreadable
from hub.school.pulls import notices, schedule
from hub.school.pulls.ending import GOOD, Moment, decided, ended, failed, timing
from hub.school.pulls.fetched import clear
from hub.school.pulls.files import look_at_address, look_at_path
from hub.school.pulls.look import Looked, look_at_server
from hub.school.pulls.own_thread import InThread, in_own_thread
from hub.school.pulls.settings import PullSection
from hub.school.pulls.state import (
    Memory,
    Outcome,
    PullState,
    fingerprint,
    read_states,
    statuses,
    waiting,
    write_state,
)
from hub.school.reading_server import ServerReader, read_server_here
from hub.school.repository import ImportResult, Schools
from wire.text import Text

Found = RosterImport | TimetableImport | Unreadable
TICK_S = 5.0
AT_ONCE = 4
MAX_FILES = 50  # of a folder, one after the other, before other pulls have their turn again
_log = logging.getLogger(__name__)


class PullView(msgspec.Struct, frozen=True):
    """One pull as a person sees it. `place` has neither query nor secret; `old`: too long without a good state."""

    name: str
    school: str
    kind: str
    place: str
    every_minutes: int
    outcome: Outcome
    said: Text
    last_try_ms: int | None
    last_good_ms: int | None
    last_change_ms: int | None
    next_try_ms: int
    failures: int
    import_id: int | None
    running: bool
    old: bool


class Pulls:
    """Everything here belongs to the event loop; what blocks is handed to threads."""

    def __init__(
        self,
        sections: Sequence[PullSection],
        *,
        engine: Engine,
        schools: Schools,
        in_state_thread: InThread,
        now_ms: Callable[[], int],
        zone_of: Callable[[str], str],
        name_of: notices.NameOf = str,
        folder: Path | None = None,
        server_reader: ServerReader | None = None,
        chance: Callable[[], float] = random.random,
        tick_s: float = TICK_S,
    ) -> None:
        """`folder`: for files while they are read, the hub's own. `server_reader`: who asks servers, None: the thread
        of the pull itself; a hub has children for it.
        """
        self._sections = {section.name: section for section in sections}
        self._engine, self._schools, self._in_state_thread = engine, schools, in_state_thread
        self._now_ms, self._zone_of, self._chance, self._tick_s = now_ms, zone_of, chance, tick_s
        self._states: dict[str, PullState] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._wake, self._stop = asyncio.Event(), threading.Event()
        self._folder, self._name_of = folder, name_of
        self._server_reader = server_reader or partial(read_server_here, pause=self._stop.wait)
        self._held: dict[str, notices.Waiting] = {}
        self._ended = dict.fromkeys(Outcome, 0)

    async def run(self) -> None:
        """Until cancelled. A database that is away is met again at the next turn."""
        if self._folder is not None:
            await asyncio.to_thread(clear, self._folder)
        while True:
            try:
                await self._turn()
            except SQLAlchemyError as away:
                _log.warning("pulls wait for the state database: %s", type(away).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._tick_s):
                    await self._wake.wait()
            self._wake.clear()

    def close(self) -> None:
        """What waits for a server gives up; a look that hangs in its thread is left behind with nothing written."""
        self._stop.set()
        for task in self._running.values():
            task.cancel()

    def run_now(self, name: str) -> bool:
        """Ask for a try at once. False where there is no such pull."""
        state = self._states.get(name)
        if state is None:
            return False
        self._states[name] = msgspec.structs.replace(state, next_try_ms=0)
        self._wake.set()
        return True

    def view(self, school: str | None = None) -> list[PullView]:
        return [
            self._view(section, self._states[name])
            for name, section in self._sections.items()
            if name in self._states and school in {None, section.school}
        ]

    def problems(self) -> list[Notice]:
        """Sources without a good state for long, and imports that wait for a person."""
        name_of = self._name_of
        return [*notices.old(self.view(), self._now_ms(), name_of), *notices.held(self._held, name_of)]

    def figures(self) -> dict[str, float]:
        now_ms, views = self._now_ms(), self.view()
        ages = [now_ms - (self._states[one.name].last_good_ms or self._states[one.name].since_ms) for one in views]
        return {
            "pulls": len(views),
            "pulls_failing": sum(one.failures > 0 for one in views),
            "pulls_running": len(self._running),
            "pulls_oldest_good_seconds": max(ages, default=0) / 1_000,
            "imports_held": sum(one.number for one in self._held.values()),
            **{f"pull_tries_total{{kind={kind.value}}}": self._ended[kind] for kind in Outcome
               if kind is not Outcome.NEVER},
        }  # fmt: skip

    async def _turn(self) -> None:
        if len(self._states) < len(self._sections):
            await self._restore()
        self._held = await self._in_state_thread(lambda: waiting(self._engine))
        await self.follow()
        for name, section in self._sections.items():
            due = schedule.is_due(self._states[name].next_try_ms, self._now_ms(), timing(section))
            if due and name not in self._running and len(self._running) < AT_ONCE:
                task = asyncio.create_task(self._try(section), name=f"pull {name}")
                self._running[name] = task
                task.add_done_callback(lambda _, name=name: self._ran(name))  # type: ignore[misc]

    async def follow(self) -> None:
        """What people decided of the imports of the last tries is told at once, not at the next look."""
        known = {name: state for name, state in self._states.items() if name not in self._running}
        numbers = {state.import_id for state in known.values() if state.import_id is not None}
        became = await self._in_state_thread(partial(statuses, self._engine, numbers))
        for name, state in known.items():
            after = None if state.import_id is None else decided(state, became.get(state.import_id))
            if after is not None and self._states[name] is state and name not in self._running:
                self._states[name] = after
                await self._in_state_thread(partial(write_state, self._engine, after))

    def _ran(self, name: str) -> None:
        self._running.pop(name, None)
        self._wake.set()

    async def _restore(self) -> None:
        """What a hub before this one knew; a pull that points elsewhere now begins anew, soon."""
        known = await self._in_state_thread(lambda: read_states(self._engine))
        now_ms = self._now_ms()
        for name, section in self._sections.items():
            mark, state = fingerprint(section), known.get(name)
            if state is None or state.settings != mark:
                begin_ms = now_ms + round(self._chance() * min(60_000, section.every_minutes * 1_000))
                state = PullState(name, section.school, mark, now_ms, begin_ms)
                await self._in_state_thread(partial(write_state, self._engine, state))
            self._states[name] = state

    async def _try(self, section: PullSection) -> None:
        """One try, all files of a folder; how it ended is written down."""
        for _ in range(MAX_FILES):
            before = self._states[section.name]
            try:
                looked = await in_own_thread(partial(self._look, section, before.memory))
                after, more = await self._taken(section, before, looked)
            except (Trouble, OSError) as trouble:
                after, more = failed(section, before, self._moment(), _words(trouble)), False
            except UnknownSchool:
                text = Text(f"trường {section.school} chưa có", f"there is no school {section.school} yet")
                after, more = failed(section, before, self._moment(), text), False
            except SQLAlchemyError as away:
                _log.warning("pull %s: the state database: %s", section.name, type(away).__name__)
                text = Text("cơ sở dữ liệu không nhận", "the state database takes nothing")
                after, more = failed(section, before, self._moment(), text), False
            except Exception as fault:  # noqa: BLE001  # supervisor of one pull: a fault of ours must end neither it nor the others
                _log.exception("pull %s failed; it is tried again", section.name)
                kind = type(fault).__name__
                text = Text(f"lỗi phần mềm ({kind})", f"a software fault ({kind})")
                after, more = failed(section, before, self._moment(), text), False
            self._tell(before, after)
            self._states[section.name] = after
            await self._in_state_thread(partial(write_state, self._engine, after))
            if not more:
                return

    def _look(self, section: PullSection, memory: Memory) -> Looked:
        if section.kind == "oneroster":
            return look_at_server(section, memory, self._now_ms(), self._server_reader)
        zone = self._zone_of(section.school)
        if section.url is not None:
            return look_at_address(section, memory, zone, self._stop.wait, self._schools.reader, self._folder)
        return look_at_path(section, memory, zone, self._schools.reader)

    async def _taken(self, section: PullSection, before: PullState, looked: Looked) -> tuple[PullState, bool]:
        """Raises UnknownSchool, SQLAlchemyError; then nothing is remembered either."""
        if looked.found is None:
            return await self._nothing_new(section, before, looked), False
        result = await self._in_state_thread(partial(self._take_in, section, looked, looked.found))
        outcome = _OUTCOMES[Status(result.status)]
        if outcome in GOOD and looked.failed:
            outcome = Outcome.PARTIAL
        memory = looked.memory
        if outcome not in GOOD:  # what waits is not passed over: the next delta begins where this one did
            memory = msgspec.structs.replace(memory, newer_than=before.memory.newer_than, full_ms=before.memory.full_ms)
        changed = self._now_ms() if result.status == Status.APPLIED else before.last_change_ms
        after = msgspec.structs.replace(before, import_id=result.id, memory=memory, last_change_ms=changed)
        return ended(section, after, self._moment(), outcome, notices.said(outcome, looked.failed)), looked.more

    async def _nothing_new(self, section: PullSection, before: PullState, looked: Looked) -> PullState:
        """Good, unless what came last still waits for a person."""
        status = None
        if before.import_id is not None and before.outcome in {Outcome.HELD, Outcome.REFUSED}:
            numbers = {before.import_id}
            status = (await self._in_state_thread(partial(statuses, self._engine, numbers))).get(before.import_id)
        outcome = {Status.HELD: Outcome.HELD, Status.REFUSED: Outcome.REFUSED}.get(
            Status(status) if status else Status.UNCHANGED, Outcome.UNCHANGED
        )
        after = msgspec.structs.replace(before, memory=looked.memory)
        said = notices.said(outcome) if outcome is not before.outcome else Text(before.said_vi, before.said_en)
        return ended(section, after, self._moment(), outcome, said)

    def _take_in(self, section: PullSection, looked: Looked, found: Found) -> ImportResult:
        return self._schools.take_in(
            section.school,
            looked.kind,
            found,
            name=looked.name,
            digest=looked.memory.digest,
            source=section.name,
            by=f"pull:{section.name}",
            options={"first_week": section.first_week} if looked.kind is Kind.TIMETABLE else {},
            now_ms=self._now_ms(),
        )

    def _moment(self) -> Moment:
        return Moment(self._now_ms(), self._chance())

    def _tell(self, before: PullState, after: PullState) -> None:
        """The log hears of changes, not of every try."""
        self._ended[after.outcome] += 1
        if after.outcome is not before.outcome or after.outcome is Outcome.APPLIED:
            _log.info("pull %s: %s %s", after.name, after.outcome.value, after.said_en)

    def _view(self, section: PullSection, state: PullState) -> PullView:
        return PullView(
            name=section.name,
            school=section.school,
            kind=section.kind,
            place=place(section.url) if section.url is not None else section.path or "",
            every_minutes=section.every_minutes,
            outcome=state.outcome,
            said=Text(state.said_vi, state.said_en),
            last_try_ms=state.last_try_ms,
            last_good_ms=state.last_good_ms,
            last_change_ms=state.last_change_ms,
            next_try_ms=state.next_try_ms,
            failures=state.failures,
            import_id=state.import_id,
            running=section.name in self._running,
            old=schedule.is_old(state.last_good_ms, state.since_ms, self._now_ms(), timing(section)),
        )


_OUTCOMES = {
    Status.APPLIED: Outcome.APPLIED,
    Status.UNCHANGED: Outcome.UNCHANGED,
    Status.HELD: Outcome.HELD,
    Status.REFUSED: Outcome.REFUSED,
    Status.UNDONE: Outcome.UNCHANGED,
}


def _words(trouble: Trouble | OSError) -> Text:
    if isinstance(trouble, Trouble):
        return trouble.text
    said = trouble.strerror or type(trouble).__name__
    return Text(said, said)
