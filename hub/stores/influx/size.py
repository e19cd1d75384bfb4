"""How much disk InfluxDB takes for our buckets, as its own metrics say; asked for now and then, answered at once."""

import re
import time

from hub.config import InfluxSection
from hub.stores.influx.http import CONNECT_S, InfluxHttp, Refused
from hub.stores.series import StoreDown

EVERY_S = 300.0
# Files of shards, and what lies in the write-ahead log until it becomes one.
_SHARD = re.compile(r'^storage_(?:shard_disk|wal)_size\{bucket="([0-9a-f]+)".*\} ([0-9.e+]+)$', re.MULTILINE)


class DiskSize:
    """`look` asks the server (of the writing thread), `known_bytes` never waits."""

    def __init__(self, http: InfluxHttp, section: InfluxSection) -> None:
        self._http, self._section = http, section
        self._buckets: frozenset[str] = frozenset()
        self._next_s = 0.0
        self.known_bytes = 0

    def look(self) -> None:
        """At most every five minutes; a server that does not say (metrics turned off, remote) leaves what was known."""
        if time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + EVERY_S
        try:
            if not self._buckets:
                self._buckets = frozenset(self._ids())
            sizes = _SHARD.findall(self._http.text("/metrics"))
        except (StoreDown, Refused):
            return
        self.known_bytes = sum(int(float(size)) for bucket, size in sizes if bucket in self._buckets)

    def _ids(self) -> list[str]:
        found = self._http.call("GET", "/api/v2/buckets", {"org": self._section.org, "limit": 100}, timeout_s=CONNECT_S)
        return [
            str(each["id"]) for each in found["buckets"] if str(each["name"]).rpartition("_")[0] == self._section.bucket
        ]
