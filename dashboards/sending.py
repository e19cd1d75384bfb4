"""What to do with each dashboard of a Grafana, held against what stands there. Pure: nothing is sent from here.

Every version this program saves carries its checksum in the message of the version. A newest version without one was
saved by a person, and is not overwritten without being told to.
"""

import re
from enum import StrEnum

import msgspec

from dashboards.difference import checksum, content, differences
from dashboards.model import Json
from wire.release import RELEASE

_MARK = re.compile(r"\bsha256:([0-9a-f]{16})\b")
MOST_LINES = 40


class Verdict(StrEnum):
    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    BY_HAND = "changed_by_hand"  # somebody saved it in Grafana after us
    PROVISIONED = "provisioned"  # Grafana reads it from files and refuses the API


class Standing(msgspec.Struct, frozen=True):
    """A dashboard as it stands in Grafana, with the message of its newest version and who saved it."""

    dashboard: Json
    version: int
    folder: str
    message: str
    saved_by: str
    provisioned: bool


class Step(msgspec.Struct, frozen=True):
    """What is to be done with one dashboard, and what would change by it."""

    uid: str
    title: str
    verdict: Verdict
    lines: tuple[str, ...] = ()
    saved_by: str = ""


def message(dashboard: Json) -> str:
    """What a version saved by this program is called in Grafana's list of versions."""
    return f"classhub {RELEASE} sha256:{checksum(dashboard)}"


def step(ours: Json, standing: Standing | None) -> Step:
    uid, title = str(ours["uid"]), str(ours["title"])
    if standing is None:
        return Step(uid, title, Verdict.NEW)
    mark = _MARK.search(standing.message)
    # Grafana may store more than it was given; then the checksum says that it was given exactly this.
    if content(standing.dashboard) == content(ours) or (mark is not None and mark[1] == checksum(ours)):
        return Step(uid, title, Verdict.SAME)
    lines = [*differences(standing.dashboard, ours)]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"… +{len(lines) - MOST_LINES}"]
    verdict = Verdict.PROVISIONED if standing.provisioned else Verdict.CHANGED if mark else Verdict.BY_HAND
    return Step(uid, title, verdict, tuple(lines), standing.saved_by)


def is_sent(verdict: Verdict, *, force: bool) -> bool:
    return verdict in {Verdict.NEW, Verdict.CHANGED} or (force and verdict is Verdict.BY_HAND)
