"""History follows a room or calibration changed in the past: device by device, piece by piece, and never half of a row.

Each stretch is written anew, counted, and only then deleted where it stood; then SQL is told. Cut short anywhere, the
day is done again: writing twice is writing once, and what stands under two room tags is one row to every reader.
"""

import threading
from collections.abc import Collection

import msgspec
from sqlalchemy import Engine, delete, select, update

from hub.config import InfluxSection
from hub.db.engine import reading
from hub.db.series_models import SeriesMoveRow
from hub.stores.duckdb_history import CARRY_MS
from hub.stores.influx import queries as ask
from hub.stores.influx.delivery import Delivery
from hub.stores.influx.export import NS
from hub.stores.influx.gone import RawGone
from hub.stores.influx.http import InfluxHttp, rfc3339
from hub.stores.influx.levels import Levels
from hub.stores.influx.lines import SEQ, line, prefix
from hub.stores.influx.plan import DAY_MS, HOUR_MS, QUARTER_MS, WINDOW_MS, oldest_raw_ms
from hub.stores.influx.queries import Where
from hub.stores.influx.rewriting import Moved, rewritten_rows, rewritten_windows
from hub.stores.influx.select import InfluxSelect
from hub.stores.influx.stretches import Stretch, clipped, stays, widened, without
from hub.stores.influx.told import Told, sql_errors
from hub.stores.series import Level, StoreDown
from wire.text import Text

ROWS_MS = 6 * HOUR_MS  # raw rows moved at once: late rows wait meanwhile


class Move(msgspec.Struct, frozen=True):
    """A row of `series_move`."""

    id: int
    school: str
    device: str
    from_ms: int
    to_ms: int
    level: str
    done_to_ms: int


class Moves:
    """Serves one thread; `rewriting` keeps the writing thread from rows that are being moved."""

    def __init__(
        self,
        http: InfluxHttp,
        section: InfluxSection,
        engine: Engine,
        told: Told,
        levels: Levels,
        gone: RawGone,
        rewriting: threading.Lock,
    ) -> None:
        self._http, self._section, self._engine, self._told = http, section, engine, told
        self._levels, self._gone, self._rewriting = levels, gone, rewriting
        self._select, self._delivery = InfluxSelect(http), Delivery(http)

    def work(self, until_ms: int, now_ms: int, fields: Collection[str]) -> bool:
        """One piece of the oldest move. True where more is waiting. Raises StoreDown."""
        move = self._next()
        if move is None:
            return False
        if move.level == "raw":
            done_ms = self._move_raw(move)
        else:
            with self._gone.letting_go:
                done_ms = self._move_level(move, Level(move.level), until_ms, now_ms, fields)
        self._note(move, done_ms)
        return True

    # ---- the rows ----

    def _move_raw(self, move: Move) -> int:
        """Up to where it is done now."""
        where = Where(move.school, move.done_to_ms, move.to_ms, (move.device,))
        first_ms = self._first_ms("raw", where)
        if first_ms is None:
            return move.to_ms
        part = where.within(first_ms, min((first_ms // ROWS_MS + 1) * ROWS_MS, move.to_ms))
        with self._rewriting:
            told = self._told.of_device((move.school, move.device))
            table = self._select.table(self._bucket("raw"), ask.rows((), part))
            moved = rewritten_rows(table, told)
            self._write("raw", part, moved)
            for room, expected in moved.expected.items():
                self._compare(part, room, expected)
            self._delete("raw", part, moved.rooms, 1)
        return part.to_ms

    def _compare(self, where: Where, room: str, expected: int) -> None:
        """Nothing is deleted before all of it is found where it belongs."""
        there = msgspec.structs.replace(where, room=room)
        table = self._select.table(self._bucket("raw"), ask.counts((SEQ,), there))
        found = int(table.column(SEQ)[0] or 0) if table.values else 0
        if found < expected:
            raise _missing(where, room, expected, found)

    # ---- the windows ----

    def _move_level(self, move: Move, level: Level, until_ms: int, now_ms: int, fields: Collection[str]) -> int:
        """From raw rows where they are kept (both levels at once, with the first), else window by window."""
        start_ms = max(move.done_to_ms, ask.OLDEST_MS) // QUARTER_MS * QUARTER_MS
        end_ms = -(-min(move.to_ms, ask.NEWEST_MS) // QUARTER_MS) * QUARTER_MS
        where = Where(move.school, start_ms, end_ms, (move.device,))
        found = (self._first_ms(bucket, where) for bucket in (("raw", *Level) if level is Level.MINUTE else (level,)))
        first_ms = min((t_ms for t_ms in found if t_ms is not None), default=None)
        if first_ms is None:
            return move.to_ms
        kept_ms = -(-max(self._kept_ms(move.school, now_ms), ask.OLDEST_MS) // QUARTER_MS) * QUARTER_MS
        day_ms = (first_ms // DAY_MS + 1) * DAY_MS
        stop_ms = min(day_ms, end_ms, *([kept_ms] if first_ms < kept_ms else []))
        part = where.within(first_ms // QUARTER_MS * QUARTER_MS, stop_ms)
        if stop_ms <= kept_ms:
            self._move_windows(move, level, part)
        else:
            for each in Level if level is Level.MINUTE else ():  # raw rows say it all, and say it meanwhile
                self._delete_exactly(each, part, None, (part.from_ms, part.to_ms))
            over = (part.from_ms, min(stop_ms, until_ms))
            if level is Level.MINUTE and over[0] < over[1]:
                self._levels.sum_up(move.school, over, now_ms, fields, devices=[move.device], anew=True)
        return min(stop_ms, move.to_ms) if stop_ms < end_ms else move.to_ms

    def _kept_ms(self, school: str, now_ms: int) -> int:
        """From then on raw rows are there, and the states that were carried into them."""
        return max(oldest_raw_ms(self._section, now_ms), self._gone.before_ms(school) + CARRY_MS)

    def _move_windows(self, move: Move, level: Level, where: Where) -> None:
        query = ask.rows((), where)
        with self._rewriting:
            told = self._told.of_device((move.school, move.device))
            found = self._select.table(self._bucket(level), query, "ns")
            moved = rewritten_windows(found, told, WINDOW_MS[level], move.id)
            self._write(level, where, moved)
            table = self._select.table(self._bucket(level), query, "ns")
            there = set(zip(table.column("room"), table.column("time"), strict=True))
            gone = {(room, t) for room, t, _ in moved.lines} - there
            if gone:
                raise _missing(where, min(gone)[0], len(moved.lines), len(moved.lines) - len(gone))
            self._delete(level, where, moved.rooms, WINDOW_MS[level])
            for room, t_ns in moved.alone:
                self._delete_exactly(level, where, room, (t_ns // NS, t_ns // NS + 1))

    # ---- inside ----

    def _first_ms(self, level: str, where: Where) -> int | None:
        """Of any row: not every row has one certain field."""
        if where.empty:
            return None
        table = self._select.table(self._bucket(level), ask.rows((), where, 1))
        return int(table.values[0][0]) if table.values else None

    def _write(self, level: str, where: Where, moved: Moved) -> None:
        (device,) = where.devices or ("",)
        made = [line(prefix("reading", where.school, room, device), fields, t) for room, t, fields in moved.lines]
        if not made:
            return
        refused = self._delivery.write(self._bucket(level), made, "ms" if level == "raw" else "ns")
        if refused:
            raise _missing(where, refused[0][1], len(made), len(made) - len(refused))

    def _delete(self, level: str, where: Where, rooms: Collection[str], window_ms: int) -> None:
        """The device's points under tags of rooms where it did not hang then; a window it was in for a part stays."""
        (device,) = where.devices or ("",)
        theirs = stays(self._told.of_device((where.school, device))[0])
        for room in rooms:
            whole = (where.from_ms, where.to_ms)
            there = clipped(((stay.from_ms, stay.to_ms) for stay in theirs if stay.room == room), whole)
            for stretch in without(whole, widened(there, window_ms)):
                if stretch[0] < stretch[1]:
                    self._delete_exactly(level, where, room, stretch)

    def _delete_exactly(self, level: str, where: Where, room: str | None, stretch: Stretch) -> None:
        """[from, to) to the nanosecond."""
        stop = rfc3339(stretch[1] - 1).removesuffix("Z") + "999999Z"
        body = {"start": rfc3339(stretch[0]), "stop": stop, "predicate": ask.deletion(where, room)}
        query = {"org": self._section.org, "bucket": self._bucket(level)}
        self._http.call("POST", "/api/v2/delete", query, body)

    def _next(self) -> Move | None:
        table = SeriesMoveRow
        columns = (table.id, table.school, table.device, table.from_ms, table.to_ms, table.level, table.done_to_ms)
        with sql_errors(), reading(self._engine).connect() as connection:
            row = connection.execute(select(*columns).order_by(table.id).limit(1)).first()
        return None if row is None else Move(*row)

    def _note(self, move: Move, done_ms: int) -> None:
        table = SeriesMoveRow
        finished = done_ms >= move.to_ms
        with sql_errors(), self._engine.begin() as connection:
            if finished:
                connection.execute(delete(table).where(table.id == move.id))
            else:
                connection.execute(update(table).where(table.id == move.id).values(done_to_ms=done_ms))
        if finished:
            self._told.settled()

    def _bucket(self, level: str) -> str:
        return f"{self._section.bucket}_{level}"


def _missing(where: Where, room: str, expected: int, found: int) -> StoreDown:
    (device,) = where.devices or ("",)
    return StoreDown(
        Text(
            f"chuyển lịch sử của {where.school}/{device} chưa xong ({room}: có {found}/{expected}), sẽ thử lại",
            f"history of {where.school}/{device} is not moved yet ({room}: {found} of {expected}); it is tried again",
        )
    )
