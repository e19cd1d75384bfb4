"""State databases for tests: one a test, copied from a template that holds all migrations, on SQLite or PostgreSQL."""

import itertools
import shutil
from pathlib import Path

from sqlalchemy.engine import URL

from hub.db.engine import open_database
from tests.sim.postgres import Postgres

TEMPLATE = "template_state"


class Databases:
    """`server` None: SQLite files. A copy costs some hundredths of a second, migrating anew half a second."""

    def __init__(self, folder: Path, server: Postgres | None = None) -> None:
        self.folder, self.server = folder, server
        self._numbers = itertools.count(1)
        self._template = self._empty(TEMPLATE)
        open_database(self._template).dispose()

    def fresh(self, folder: Path) -> URL:
        """A database of its own, at the newest migration; on SQLite `state.db` in the folder."""
        if self.server is None:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.folder / TEMPLATE, folder / "state.db")
            return URL.create("sqlite", database=str(folder / "state.db"))
        name = f"t{next(self._numbers)}"
        with self.server.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.server.url(name)

    def empty(self, folder: Path) -> URL:
        """The same without a table."""
        return (
            self._empty(f"t{next(self._numbers)}")
            if self.server
            else URL.create("sqlite", database=f"{folder}/state.db")
        )

    def drop(self, url: URL) -> None:
        """Whoever is connected still is thrown out."""
        if self.server is not None and self.server.running:
            with self.server.connect("postgres") as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")

    def _empty(self, name: str) -> URL:
        if self.server is None:
            return URL.create("sqlite", database=str(self.folder / name))
        return self.server.database(name)


def state_section(url: URL, folder: Path) -> str:
    """`[state]` of a hub.toml for this database; the password in a file of the folder. Empty for SQLite."""
    if url.get_backend_name() == "sqlite":
        return ""
    secret = folder / "state.password"
    secret.touch(0o600)
    secret.write_text(f"{url.password}\n")
    return (
        f'[state]\nkind = "postgresql"\nhost = "{url.host}"\nport = {url.port}\ndatabase = "{url.database}"\n'
        f'username = "{url.username}"\npassword_file = "{secret}"\n'
    )
