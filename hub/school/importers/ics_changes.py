"""The instances of one UID, and what changes do to them: one moved or cancelled, or all from one on. Pure.

Source: RFC 5545 3.8.4.4. A change is looked for by the time an instance had first; where none had it, by the time
another change gave it. RANGE=THISANDFUTURE carries the difference in time, and the new length, to all later ones.
"""

from bisect import bisect_right
from collections import defaultdict
from datetime import date, datetime

import msgspec

from hub.school.importers.ics_instances import Instance, Timed
from hub.school.importers.ics_lines import Component
from hub.school.importers.ics_times import When
from hub.school.importers.ics_zones import Clock


class Place(msgspec.Struct, eq=False):
    """One instance: whose words it has, when it is; `taken` where it is no more."""

    event: Component
    instance: Instance
    taken: bool = False


class Plan:
    """All instances of the events with one UID."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gone: set[datetime] = set()
        self._places: defaultdict[datetime, list[Place]] = defaultdict(list)
        self._days: defaultdict[date, list[Place]] = defaultdict(list)
        self._moved: defaultdict[datetime, list[Place]] = defaultdict(list)

    def add(self, master: Timed, instances: dict[datetime, Instance], gone: set[datetime]) -> None:
        self._gone |= gone
        for instant, instance in instances.items():
            place = Place(master.event, instance)
            self._places[instant].append(place)
            self._days[instance.start.local.date()].append(place)

    def places(self) -> list[Place]:
        return [one for together in self._places.values() for one in together if not one.taken]

    def take(self, recurrence: When) -> bool:
        """Takes out the instance that is meant, a date alone those of its day; False where there never was one."""
        instant = self._clock.instant(recurrence)
        meant = self._meant(recurrence, instant) or self._moved.get(instant, [])
        for one in meant:
            one.taken = True
        return bool(meant) or instant in self._gone

    def carry(self, changes: list[Timed]) -> list[Timed]:
        """Follows changes of all later instances; those whose own instance does not take place are given back."""
        since: list[tuple[datetime, Timed, When]] = []
        nowhere = []
        for change in sorted(changes, key=lambda one: self._clock.instant(one.recurrence or one.start)):
            meant = change.recurrence or change.start
            instant = self._clock.instant(meant)
            found = self._meant(meant, instant) or self._put_there(meant, since)
            base = found[0].instance.start if found else meant
            since.append((self._clock.instant(base), change, base))
            if not found and instant not in self._gone:
                nowhere.append(change)
        since.sort(key=lambda one: one[0])
        begins = [one[0] for one in since]
        for instant, together in self._places.items():
            at = bisect_right(begins, instant)
            if at:
                self._change(together, *since[at - 1][1:])
        return nowhere

    def _put_there(self, meant: When, since: list[tuple[datetime, Timed, When]]) -> list[Place]:
        """The instances that the change in force before would move to that time."""
        if not since or since[-1][1].off:
            return []
        _, before, base = since[-1]
        first = self._shifted(meant, before.start, base)
        return self._meant(first, self._clock.instant(first))

    def _change(self, places: list[Place], change: Timed, base: When) -> None:
        for place in places:
            place.event, place.taken = change.event, change.off
            if not change.off:
                start = self._shifted(place.instance.start, base, change.start)
                place.instance = Instance(start, change.length)
                self._moved[self._clock.instant(start)].append(place)

    def _shifted(self, start: When, base: When, to: When) -> When:
        """By local time where both speak of one zone (07:00 stays 07:00 all winter), else by the time that passes."""
        if start.same_kind(to) and base.same_kind(to):
            return start.at(start.local + (to.local - base.local))
        if to.day_only or start.day_only:
            days = to.local.date() - base.local.date()
            return to.at(datetime.combine(start.local.date() + days, to.local.time()))
        apart = self._clock.instant(to) - self._clock.instant(base)
        return When((self._clock.instant(start) + apart).replace(tzinfo=None), utc=True)

    def _meant(self, recurrence: When, instant: datetime) -> list[Place]:
        on_day = self._days.get(recurrence.local.date(), [])
        if recurrence.day_only:
            return on_day
        return self._places.get(instant) or [one for one in on_day if one.instance.start.day_only]
