"""A school's server to be read: what is asked of a reader, and reading it here and now.

Errors: Unreadable where nothing can be had, DeltaRefused where only all of it can; OSError of a reader elsewhere.
"""

from collections.abc import Callable

import msgspec

from hub.school.importers.rest.limits import Limits
from hub.school.importers.rest.roster import Pulled, Server, read_server
from hub.school.importers.rest.web import Pause, sleep


class Asked(msgspec.Struct, frozen=True, tag="server"):
    """`newer_than`: only what was modified later (ISO 8601, UTC), "" for all of it. Never to be written down: it holds
    how to get in.
    """

    server: Server
    newer_than: str = ""
    limits: Limits = Limits()


ServerReader = Callable[[Asked], Pulled]  # blocks


def read_server_here(asked: Asked, pause: Pause = sleep) -> Pulled:
    """In this process."""
    return read_server(asked.server, newer_than=asked.newer_than, limits=asked.limits, pause=pause)
