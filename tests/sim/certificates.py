"""Certificates for tests: good, ended, and of another name, all of one authority."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.tls.authority import KeyPair, Names, make_authority, make_server, names


class Certificates:
    """`Certificates(tmp_path)` writes ca.crt; each `put…` replaces server.crt and server.key."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_crt, self.server_crt, self.server_key = (folder / f for f in ("ca.crt", "server.crt", "server.key"))
        now = datetime.now(UTC)
        self.now_ms = int(now.timestamp() * 1000)
        self._authority = make_authority("Test", names(["elsewhere.lan"]), now)
        self.ca_crt.write_bytes(self._authority.certificate)
        self.put()

    def put(self, days: float = 400) -> None:
        """For this machine, ending in `days` from now (negative: ended)."""
        now = datetime.now(UTC)
        self._write(make_server(self._authority, names([]), now + timedelta(days=days - 500), days=500))

    def put_other_name(self) -> None:
        """For a machine that is not this one."""
        self._write(make_server(self._authority, Names(("elsewhere.lan",)), datetime.now(UTC)))

    def mosquitto(self) -> str:
        """Lines for mosquitto.conf. Started by root it would become another user, who may not look into tmp_path."""
        return ("user root\n" if os.geteuid() == 0 else "") + f"certfile {self.server_crt}\nkeyfile {self.server_key}\n"

    def _write(self, pair: KeyPair) -> None:
        self.server_key.touch(mode=0o600)
        self.server_key.write_bytes(pair.key)
        self.server_crt.write_bytes(pair.certificate)
