"""The school's office at the running demo: what no system tells is set by hand, signed in, through the hub's API."""

import json
import re
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

from demo.bells import Bells
from demo.cast import SCHOOL, Cast, place
from demo.diary import EXTRA_SUBJECT, Change, Diary, Kind, SpecialDay

_PATIENCE_S = 20.0


class OfficeClosed(Exception):
    """The hub did not take what the office said; the text says why."""


class Office:
    """One signed-in person. Raises OfficeClosed."""

    def __init__(self, address: str, name: str, password: str) -> None:
        self._address, self._name, self._password, self._csrf = address, name, password, ""
        self._web = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def _sign_in(self) -> None:
        form = {"name": self._name, "password": self._password, "target": "/school"}
        form["form_token"] = _hidden("form_token", self._ask("/login"))
        self._csrf = _hidden("csrf", self._ask("/login", urlencode(form).encode()))

    def write(self, diary: Diary, cast: Cast, bells: Bells) -> None:
        """Each becomes an import of its own, which can be undone on the page."""
        self._sign_in()
        edits = f"/api/v1/schools/{SCHOOL}/edits"
        known = json.loads(self._ask(f"/api/v1/timetable/directory?school={SCHOOL}"))
        lessons = json.loads(self._ask(f"{edits}/lessons?day={bells.today}"))
        names = {teacher.id: teacher.name.full for teacher in cast.teachers}
        teachers = {one["name"]: one["id"] for one in known["teacher"]}
        classes = {one["name"]: one["id"] for one in known["class"]}
        for day in diary.days:
            self._tell(edits, _day(day, bells))
        for change in diary.changes:
            said = _extra(change, classes, bells) if change.kind is Kind.EXTRA else _change(change, lessons, bells)
            if change.teacher:
                said["teachers"] = [teachers[names[change.teacher]]]
            self._tell(edits, said)

    def _tell(self, path: str, edit: dict[str, Any]) -> None:
        self._ask(path, json.dumps(edit | {"anyway": True}).encode(), {"Content-Type": "application/json"})

    def _ask(self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> str:
        marks = {"X-CSRF-Token": self._csrf} if headers else {}
        request = urllib.request.Request(self._address + path, body, (headers or {}) | marks)  # noqa: S310 - loopback
        try:
            with self._web.open(request, timeout=_PATIENCE_S) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as refused:
            said = refused.read().decode(errors="replace")[:500]
            raise OfficeClosed(f"{path}: {refused.code} {said}") from refused
        except OSError as away:
            raise OfficeClosed(f"{path}: {away}") from away


def _hidden(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    if found is None:
        raise OfficeClosed(f"/login: {name}")
    return found[1]


def _day(day: SpecialDay, bells: Bells) -> dict[str, Any]:
    said: dict[str, Any] = {"type": "day", "day": day.day.isoformat(), "title": day.title}
    if not day.last_period:
        return said | {"kind": "holiday"}
    return said | {"until": _clock(next(bell.end for bell in bells.periods if bell.number == day.last_period))}


def _change(change: Change, lessons: list[dict[str, Any]], bells: Bells) -> dict[str, Any]:
    """What is otherwise of the lesson that class has in that period."""
    start = _clock(next(bell.start for bell in bells.periods if bell.number == change.period))
    lesson = next(one["id"] for one in lessons if change.group in one["classes"] and one["start"][11:16] == start)
    said: dict[str, Any] = {"type": "change", "day": change.day.isoformat(), "kind": change.kind.value}
    said |= {"lesson": lesson, "note": change.note}
    return said | {"rooms": [change.to]} if change.to else said


def _extra(change: Change, classes: dict[str, str], bells: Bells) -> dict[str, Any]:
    bell = next(bell for bell in bells.periods if bell.number == change.period)
    return {
        "type": "change", "day": change.day.isoformat(), "kind": change.kind.value, "start": _clock(bell.start),
        "end": _clock(bell.end), "rooms": [place(change.room).id], "classes": [classes[change.group]],
        "subject": EXTRA_SUBJECT, "note": change.note,
    }  # fmt: skip


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
