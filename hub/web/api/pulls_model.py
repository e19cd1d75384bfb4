"""What /api/v1/pulls answers with."""

import msgspec

from hub.web.api.model import Words


class PullOut(msgspec.Struct, frozen=True):
    """One scheduled pull. Times are RFC 3339 in the school's zone, null where there was none; `outcome`: never,
    applied, unchanged, partial, held, refused or failed; `old`: too long without a good state.
    """

    name: str
    school: str
    kind: str
    place: str
    every_minutes: int
    outcome: str
    said: Words
    last_try: str | None
    last_good: str | None
    last_change: str | None
    next_try: str | None
    failures: int
    import_id: int | None
    running: bool
    old: bool
