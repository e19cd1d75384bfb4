"""What is wrong with the hub now, told to people and kept as one alert from when it comes until it goes."""

from typing import Literal

import msgspec

from wire.text import Text

Severity = Literal["warning", "critical"]


class Notice(msgspec.Struct, frozen=True):
    """`code` names the kind of trouble and never changes ("store.unauthorised"); `text` says where and what to do.

    `subject` tells two notices of one code apart (a gateway, a background job); `school` None concerns all.
    """

    code: str
    text: Text
    severity: Severity = "warning"
    school: str | None = None
    subject: str = ""
