"""What is wrong with the hub now, told to people and kept as one alert from when it comes until it goes."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from wire.text import Text

Severity = Literal["warning", "critical"]
WAITS = "job.waits"  # for the server its subject names, "state" or "store"


class Notice(msgspec.Struct, frozen=True):
    """`code` names the kind of trouble and never changes ("store.unauthorised"); `text` says where and what to do.

    `subject` tells two notices of one code apart (a gateway, a background job); `school` None concerns all. `page` is
    the address of the page that settles it.
    """

    code: str
    text: Text
    severity: Severity = "warning"
    school: str | None = None
    subject: str = ""
    page: str = ""


def one_a_cause(notices: Iterable[Notice]) -> list[Notice]:
    """Each trouble once, as the first tells it. Jobs that wait for a server known to be away add none."""
    found: dict[tuple[str, str | None, str], Notice] = {}
    for each in notices:
        found.setdefault((each.code, each.school, each.subject), each)
    away = {each.code.partition(".")[0] for each in found.values()}
    return [each for each in found.values() if not (each.code == WAITS and each.subject in away)]
