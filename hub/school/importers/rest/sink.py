"""Where the body of an answer goes: into memory or a file, so many bytes and no more, from the start for each answer.

Errors: Trouble where it cannot be written: asking again would not help.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from hub.school.importers.rest.trouble import Trouble
from wire.text import Text


class Sink:
    """At most `most` bytes of one answer; `left` below 0: it was more."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream, self.most, self.left = stream, most, most

    def begin(self) -> None:
        """What an answer before this one left goes. Raises Trouble."""
        self.left = self.most
        with _told():
            self._stream.seek(0)
            self._stream.truncate()

    def add(self, part: bytes) -> None:
        """Beyond the limit nothing is written. Raises Trouble."""
        self.left -= len(part)
        if self.left >= 0:
            with _told():
                self._stream.write(part)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as full:
        said = full.strerror or type(full).__name__
        text = Text(f"không ghi được tệp tải về ({said})", f"what is fetched cannot be written ({said})")
        raise Trouble(text, lasting=True, everywhere=True) from full
