"""Sums raw values up into the coarse levels: every quarter of an hour for all schools, and anew where rows came late.

One mechanism for both, and for what moved: the rows of a school are read raw and summed up in the hub (decision 0007).
"""

import logging
from collections.abc import Collection, Sequence

import duckdb

from hub.config import InfluxSection
from hub.stores.duckdb_history import CARRY_MS
from hub.stores.influx import queries as ask
from hub.stores.influx.delivery import Delivery
from hub.stores.influx.http import InfluxHttp
from hub.stores.influx.lines import MEASURED, SEQ, SEQ_OF
from hub.stores.influx.plan import DAY_MS, HOUR_MS, QUARTER_MS, WINDOW_MS
from hub.stores.influx.queries import Where
from hub.stores.influx.select import InfluxSelect, Table
from hub.stores.influx.stretches import Stretch
from hub.stores.influx.summaries import lines
from hub.stores.influx.sums import STATES, SchoolRows, Window
from hub.stores.influx.told import Told
from hub.stores.series import Level
from wire.quantities import QUANTITIES

_log = logging.getLogger(__name__)
DUCKDB: dict[str, str | bool | int | float | list[str]] = {"threads": 1, "memory_limit": "256MB", "temp_directory": ""}


class Levels:
    """Serves one thread. Whatever is summed up twice is only written over: every call may be cut short anywhere."""

    def __init__(self, http: InfluxHttp, section: InfluxSection, told: Told) -> None:
        self._section, self._told = section, told
        self._select, self._delivery = InfluxSelect(http), Delivery(http)
        self._connection = duckdb.connect(":memory:", config=DUCKDB)
        self._raw = f"{section.bucket}_raw"

    def fields(self) -> frozenset[str]:
        """Fields that any row has."""
        return frozenset(self._select.names(self._raw, ask.field_keys()))

    def schools(self) -> list[str]:
        return sorted(self._select.names(self._raw, ask.tag_values("school")))

    def first_ms(self, from_ms: int, to_ms: int) -> int | None:
        """The oldest row of any school there."""
        found = [
            self._select.table(self._raw, ask.edge("first", SEQ, (), Where(school, from_ms, to_ms), ()))
            for school in self.schools()
        ]
        return min((table.column("time")[0] for table in found if table.values), default=None)

    def sum_up(
        self,
        school: str,
        over: Stretch,
        now_ms: int,
        fields: Collection[str],
        *,
        devices: Collection[str] | None = None,
        anew: bool = False,
    ) -> None:
        """The windows of [from, to), whole quarters of an hour; at once, so it should be an hour or a device's day."""
        where = Where(school, *over, devices=None if devices is None else tuple(sorted(devices)))
        rows = SchoolRows(self._connection, self._told.of_school(school))
        rows.add(self._select.table(self._raw, ask.rows([*self._wanted(school, fields), "device"], where)))
        self._carry(rows, where, fields)
        for level, window_ms in WINDOW_MS.items():
            windows = [*rows.windows(over, window_ms), *rows.shares(over, window_ms)]
            self._write(school, level, windows, now_ms, fields, anew=anew)

    def extend_states(self, school: str, over: Stretch, until_ms: int, now_ms: int, fields: Collection[str]) -> None:
        """A late state holds beyond its own windows, until the next one: sum those up anew as well."""
        for state in (each for each in STATES if each in fields):
            late = Where(school, *over)
            named = [table.tags["device"] for table in self._edges("last", state, late)]
            after = late.within(over[1], min(over[1] + CARRY_MS, until_ms)).of(named)
            following = {table.tags["device"]: table.column("time")[0] for table in self._edges("first", state, after)}
            for device in named:
                end_ms = min(-(-(following.get(device, after.to_ms) + 1) // QUARTER_MS) * QUARTER_MS, until_ms)
                if end_ms > over[1]:
                    self._extend(state, late.within(over[1], end_ms).of([device]), now_ms, fields)

    def close(self) -> None:
        self._connection.close()

    # ---- inside ----

    def _extend(self, state: str, where: Where, now_ms: int, fields: Collection[str]) -> None:
        rows = SchoolRows(self._connection, self._told.of_school(where.school))
        rows.add(
            self._select.table(self._raw, ask.rows([*self._wanted(where.school, fields, (state,)), "device"], where))
        )
        self._carry(rows, where, (state, *(each for each in fields if each.startswith(state))))
        over = (where.from_ms, where.to_ms)
        for level, window_ms in WINDOW_MS.items():
            self._write(where.school, level, list(rows.shares(over, window_ms)), now_ms, fields, anew=True)

    def _edges(self, choice: str, field: str, where: Where) -> list[Table]:
        return [] if where.empty else self._select.tables(self._raw, ask.edge(choice, field, (), where, ("device",)))

    def _wanted(
        self, school: str, fields: Collection[str], quantities: Collection[str] = QUANTITIES.keys()
    ) -> list[str]:
        """Quantities in use with what is kept about them; ranks only where a row may stand under two tags."""
        wanted = [each for name in quantities for each in (name, name + MEASURED) if each in fields]
        if self._told.moving(school):
            wanted += [SEQ, *(SEQ_OF + name for name in quantities if SEQ_OF + name in fields)]
        return wanted

    def _carry(self, rows: SchoolRows, where: Where, fields: Collection[str]) -> None:
        """The last of each state before the stretch."""
        before = where.within(where.from_ms - CARRY_MS, where.from_ms)
        for state in (each for each in STATES if each in fields):
            beside = [state + MEASURED] if state + MEASURED in fields else []
            query = ask.edge("last", state, beside, before, ("device",))
            for table in self._select.tables(self._raw, query):
                rows.add(table, [table.tags["device"]] * len(table.values))

    def _write(
        self,
        school: str,
        level: Level,
        windows: Sequence[Window],
        now_ms: int,
        fields: Collection[str],
        *,
        anew: bool,
    ) -> None:
        oldest_ms = self.oldest_ms(level, now_ms)
        kept = [window for window in windows if window.t_ms >= oldest_ms]
        calibrated = {name for name in QUANTITIES if name + MEASURED in fields} if anew else ()
        made = list(lines(school, kept, WINDOW_MS[level], anew=anew, calibrated=calibrated))
        if made:
            refused = self._delivery.write(f"{self._section.bucket}_{level}", made)
            if refused:
                _log.error("%s: %d windows of %s refused: %s", school, len(refused), level, refused[0][1])

    def oldest_ms(self, level: Level, now_ms: int) -> int:
        """What is older InfluxDB would not take."""
        days = self._section.minute_days if level is Level.MINUTE else self._section.quarter_hour_days
        return now_ms - days * DAY_MS + HOUR_MS if days else ask.OLDEST_MS
