"""Hands lines to InfluxDB, and finds the ones it will not take: a body refused is halved until they stand alone."""

import re
from collections.abc import Sequence

from hub.stores.influx.http import TOO_LARGE, InfluxHttp, Precision, Refused
from hub.stores.series import StoreDown
from wire.text import Text

_DROPPED = re.compile(r"\bdropped=(\d+)$")
LINES_AT_ONCE = 10_000
MOST_REQUESTS = 200  # of one delivery: what is not found by then is found at the next


class Delivery:
    """Remembers how large a body the server (or a proxy before it) takes."""

    def __init__(self, http: InfluxHttp) -> None:
        self._http = http
        self._at_once = LINES_AT_ONCE

    def write(self, bucket: str, lines: Sequence[str], precision: Precision = "ms") -> list[tuple[int, str]]:
        """Write all lines that are taken; (index, reason) of those that never will be. Raises StoreDown.

        Where too many are bad, those not looked for yet are left out: the rest has to be delivered again.
        """
        refused: list[tuple[int, str]] = []
        waiting = [(0, len(lines))] if lines else []
        requests = 0
        while waiting:
            first, last = waiting.pop()
            if last - first > self._at_once:  # it was cut before a body was too large
                waiting += reversed(_cut(first, last, self._at_once))
                continue
            requests += 1
            try:
                self._http.write(bucket, "\n".join(lines[first:last]).encode(), precision)
            except Refused as no:
                if last - first in {1, _dropped(no)}:
                    refused += [(place, no.message) for place in range(first, last)]
                else:
                    waiting += self._halves(first, last, no)
            if requests >= MOST_REQUESTS and waiting and (refused or self._at_once == 1):
                return refused or self._give_up(lines)
        return refused

    def _halves(self, first: int, last: int, no: Refused) -> list[tuple[int, int]]:
        """The second half below the first, which is next."""
        middle = (first + last) // 2
        if no.status == TOO_LARGE:
            self._at_once = max(1, min(self._at_once, middle - first))
        return [(middle, last), (first, middle)]

    def _give_up(self, lines: Sequence[str]) -> list[tuple[int, str]]:
        longest = max(map(len, lines))
        raise StoreDown(
            Text(
                f"InfluxDB chỉ nhận thân yêu cầu quá nhỏ (dòng dài nhất {longest} byte): hãy tăng giới hạn của máy chủ",
                f"InfluxDB takes too small a body only (longest line {longest} bytes): raise the server's limit",
            )
        )


def _cut(first: int, last: int, size: int) -> list[tuple[int, int]]:
    return [(start, min(start + size, last)) for start in range(first, last, size)]


def _dropped(no: Refused) -> int:
    """How many lines of a body InfluxDB says it dropped, the others being written; 0 where it does not say."""
    found = _DROPPED.search(no.message)
    return int(found.group(1)) if found else 0
