"""A real PostgreSQL cluster on a free loopback port, made in a folder of the test's and ended by it."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import psycopg
import pytest
from sqlalchemy.engine import URL

from tests.patience import PATIENCE_S
from tests.ports import free_port

START_S = 120.0
USER = "classhub"


def _programs() -> Path:
    """The newest server's bin folder; Debian keeps it off PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda each: int(each.parts[4]))
    on_path = shutil.which("postgres")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).parent
    pytest.skip("needs a PostgreSQL server (Debian package postgresql)")


class Postgres:
    """`with Postgres(tmp_path) as server: server.database("name")`. The server refuses to run as root: it gets
    Debian's account `postgres` then, and a folder of that account beside pytest's, which every pytest that starts
    closes to all others."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self._bin = _programs()
        self.host, self.port, self.password = host, free_port(), secrets.token_urlsafe(16)
        self._account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self._log = folder / "postgres.log"
        self.folder = (folder if self._account is None else Path(tempfile.mkdtemp(prefix="classhub-"))) / "postgres"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
        user, group = self._account_ids
        words = [str(self._bin / "postgres"), "-D", str(self.folder), "-p", str(self.port)]
        words += ["-c", f"listen_addresses={self.host}", "-c", "unix_socket_directories=", "-c", "max_connections=40"]
        words += ["-c", "fsync=off"]  # a killed server loses nothing by it: only the machine's own end would
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log, user=user, group=group)
        self._wait_ready()
        return self

    def stop(self, *, immediately: bool = False) -> None:
        """SIGINT ends sessions in mid-transaction; SIGQUIT leaves recovery to the next start."""
        if self._process is not None:
            self._process.send_signal(3 if immediately else 2)
            self._process.wait(PATIENCE_S)
            self._process = None

    def database(self, name: str = "classhub") -> URL:
        """An empty database of that name; its address for SQLAlchemy."""
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def url(self, name: str = "classhub") -> URL:
        return URL.create("postgresql+psycopg", USER, self.password, self.host, self.port, name)

    def connect(self, name: str = "classhub") -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=self.host, port=self.port, user=USER, password=self.password, dbname=name, autocommit=True
        )

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._account is not None:
            shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _initialise(self) -> None:
        self.folder.mkdir(parents=True)
        secret = self.folder.parent / "postgres.secret"
        secret.write_text(self.password)
        if self._account is not None:
            for path in (self.folder, secret):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
            self.folder.parent.chmod(0o711)
        self.folder.chmod(0o700)
        user, group = self._account_ids
        words = [str(self._bin / "initdb"), "-D", str(self.folder), "-U", USER, "--pwfile", str(secret)]
        words += ["-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        subprocess.run(words, check=True, capture_output=True, timeout=60, cwd="/", user=user, group=group)
        secret.unlink()

    @property
    def _account_ids(self) -> tuple[int | None, int | None]:
        return (None, None) if self._account is None else (self._account.pw_uid, self._account.pw_gid)

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                if self._process is None or self._process.poll() is not None:
                    raise RuntimeError(self._log.read_text()[-2000:]) from None
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(self._log.read_text()[-2000:])
