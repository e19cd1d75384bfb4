"""What goes wrong on the way to a school's server, in words; addresses in it have no query, nothing has a secret."""

from urllib.parse import urlsplit

from wire.address import host_port
from wire.text import Text

MAX_PART = 24


class Trouble(Exception):
    """One request, or all of them, came to nothing. `status` 0: no answer at all.

    `lasting`: asking again changes nothing. `everywhere`: the other collections will not be had either.
    """

    def __init__(self, text: Text, *, status: int = 0, lasting: bool = False, everywhere: bool = False) -> None:
        self.text, self.status, self.lasting, self.everywhere = text, status, lasting, everywhere
        super().__init__(text.both())


class TooLarge(Trouble):
    """An answer beyond the limit of bytes."""


def place(url: str) -> str:
    """An address fit for logs and pages: without user, query and fragment. Long parts of its path are cut: calendars
    are shared by secret addresses (".../private-0a1b2c…/basic.ics").
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "?"
    host = parts.hostname or "?"
    named = host_port(host, port) if port is not None else (f"[{host}]" if ":" in host else host)
    path = "/".join(part if len(part) <= MAX_PART else f"{part[:4]}…" for part in parts.path.split("/"))
    return f"{parts.scheme}://{named}{path}"[:300]
