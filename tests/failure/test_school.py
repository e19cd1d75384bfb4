"""The hub killed amid imports, undoing and derivations, and a school's server away: the plan is before or after."""

import contextlib
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.bells import lay_bells
from demo.cast import make_cast
from demo.exports import write_asc, write_oneroster
from demo.timetable import make_timetable
from tests.failure.stand import OPERATOR, PASSWORD, SCHOOL, SOAK, Stand, wait_until
from tests.patience import PATIENCE_S
from tests.sim.oneroster_server import Fault, OneRosterServer, school

TODAY = date(2026, 11, 20)
PULL = "so"
ROUNDS = 8 if SOAK else 1


class SchoolStand(Stand):
    """A hub with an operator, and a OneRoster server it pulls from."""

    def __init__(self, folder: Path, server: OneRosterServer) -> None:
        secret = folder / "secret"
        secret.write_text(server.secret)
        secret.chmod(0o600)
        super().__init__(
            folder,
            hub=f'[[pull]]\nschool = "{SCHOOL}"\nname = "{PULL}"\nkind = "oneroster"\nurl = "{server.url}"\n'
            f'token_url = "{server.token_url}"\nclient_id = "{server.client_id}"\nsecret_file = "{secret}"\n'
            "every_minutes = 1440\n",
        )
        self.office = httpx.Client()

    def _prepare_hub(self) -> None:
        super()._prepare_hub()
        (self.folder / "password").write_text(PASSWORD)
        self.command("hub", "password", "--operator", OPERATOR, "--password-file", str(self.folder / "password"))

    def __exit__(self, *_: object) -> None:
        self.office.close()
        super().__exit__()

    def sign_in(self) -> None:
        self.hub.start()
        self.wait_ready()
        self.office.close()
        self.office = httpx.Client(base_url=f"http://127.0.0.1:{self.web_port}", timeout=PATIENCE_S)
        token = self.office.get("/login").text.split('name="form_token" value="')[1].split('"')[0]
        form = {"name": OPERATOR, "password": PASSWORD, "form_token": token, "target": "/"}
        assert self.office.post("/login", data=form).status_code == 303
        about = self.office.get("/about").text
        self.office.headers["x-csrf-token"] = about.split('name="csrf" value="')[1].split('"')[0]

    def post(self, path: str, content: bytes = b"", **query: Any) -> Any:
        headers = {} if content else {"content-type": "application/json"}
        said = self.office.post(path, params=query, content=content or b"{}", headers=headers)
        assert said.is_success, said.text
        return said.json()

    def upload(self, file: Path, kind: str, *, ask: bool) -> Any:
        query: dict[str, Any] = {"school": SCHOOL, "name": file.name, "kind": kind, "ask": ask}
        return self.post("/api/v1/imports", file.read_bytes(), **query)["entry"]

    def entry(self, number: int) -> Any:
        return self.office.get(f"/api/v1/imports/{number}").raise_for_status().json()["entry"]

    def rows(self, sql: str, *given: Any) -> list[tuple[Any, ...]]:
        where = f"file:{self.folder}/hub/state.db?mode=ro"
        with contextlib.closing(sqlite3.connect(where, uri=True, timeout=PATIENCE_S)) as link:
            return link.execute(sql, given).fetchall()

    def believed(self, source: str = "") -> tuple[int, int]:
        """People and enrolments that hold now, of one source."""
        holds = "source=? AND superseded_ms IS NULL AND (valid_to IS NULL OR valid_to > ?)"
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        counts = [
            int(self.rows(f"SELECT count(*) FROM {table} WHERE {holds}", source, tomorrow)[0][0])  # noqa: S608
            for table in ("school_person", "school_enrolment")
        ]
        return counts[0], counts[1]

    def standing(self, kind: str) -> list[tuple[int, str]]:
        """Number and status of the imports by file, oldest first."""
        return [(row[0], row[1]) for row in self.rows(
            "SELECT id, status FROM school_import WHERE kind=? AND source='' ORDER BY id", kind)]  # fmt: skip

    def pulled(self) -> Any:
        return self.web("/api/v1/pulls")[0]

    def killed_amid(self, work: Any, after_s: float) -> None:
        """kill -9 so long after `work` began, and up again."""
        thread = threading.Thread(target=lambda: _unanswered(work), daemon=True)
        thread.start()
        time.sleep(after_s)
        self.hub.kill()
        thread.join(PATIENCE_S)
        self.sign_in()


def _unanswered(work: Any) -> None:
    with contextlib.suppress(httpx.HTTPError):
        work()


@pytest.fixture(scope="module")
def server() -> Iterator[OneRosterServer]:
    with OneRosterServer(school(30, 3)) as running:
        running.faults.append(Fault(drop=True, times=10**6))  # away, from the start
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, server: OneRosterServer) -> Iterator[SchoolStand]:
    with SchoolStand(tmp_path_factory.mktemp("school"), server) as stand:
        yield stand


@pytest.fixture
def stand(running: SchoolStand) -> SchoolStand:
    running.sign_in()
    return running


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A roster, one without grade 9, and a timetable."""
    folder, cast = tmp_path_factory.mktemp("paper"), make_cast()
    write_oneroster(folder / "roster.zip", cast, TODAY)
    write_oneroster(folder / "fewer.zip", cast, TODAY, without="9")
    bells = lay_bells(1_795_150_800_000)
    write_asc(folder / "plan.xml", cast, bells, make_timetable(cast, bells))
    return folder


def test_killed_amid_an_import_and_amid_its_undoing(stand: SchoolStand, paper: Path) -> None:
    """All of it or nothing, and the history says which; what was begun can be done again."""
    before, chance = stand.believed(), random.Random(7)
    assert before == (0, 0)
    for _ in range(ROUNDS):
        known = len(stand.standing("roster"))
        stand.killed_amid(lambda: stand.upload(paper / "roster.zip", "roster", ask=False), chance.uniform(0.02, 0.5))
        fresh = stand.standing("roster")[known:]
        assert fresh in ([], [(fresh[0][0], "applied")] if fresh else [])
        if not fresh:
            assert stand.believed() == before
            fresh = [(stand.upload(paper / "roster.zip", "roster", ask=False)["id"], "applied")]
        people, enrolled = stand.believed()
        assert (people, enrolled) > (400, 400)
        number = fresh[0][0]
        undo = f"/api/v1/imports/{number}/undo"
        stand.killed_amid(lambda undo=undo: stand.post(undo), chance.uniform(0.005, 0.15))
        status = dict(stand.standing("roster"))[number]
        assert (stand.believed(), status) in [((people, enrolled), "applied"), (before, "undone")]
        if status == "applied":
            stand.post(undo)
        assert stand.believed() == before


def test_a_held_import_survives_a_kill_and_can_be_applied(stand: SchoolStand, paper: Path) -> None:
    full = stand.upload(paper / "roster.zip", "roster", ask=False)
    assert full["status"] == "applied", full
    whole = stand.believed()
    held = stand.upload(paper / "fewer.zip", "roster", ask=False)
    assert held["status"] == "held", held
    stand.hub.kill()
    stand.sign_in()
    assert stand.entry(held["id"])["status"] == "held"
    assert stand.believed() == whole
    assert stand.post(f"/api/v1/imports/{held['id']}/apply")["entry"]["status"] == "applied"
    fewer = stand.believed()
    assert fewer[1] < whole[1] - 80
    assert stand.entry(held["id"])["by"] == OPERATOR


def test_killed_amid_a_derivation_the_due_days_are_done_afterwards(stand: SchoolStand, paper: Path) -> None:
    assert stand.upload(paper / "plan.xml", "timetable", ask=False)["status"] == "applied"
    wait_until(lambda: ripe(stand) > 100, 20, "a new timetable asks for the days of the term")
    asked = ripe(stand)
    wait_until(lambda: ripe(stand) < asked, 20, "it has begun")
    stand.hub.kill()
    left = ripe(stand)
    assert left > 0
    stand.sign_in()
    wait_until(lambda: not ripe(stand), 50, "the rest is derived after the restart")
    doubled = "SELECT room, lesson, day FROM lesson_record GROUP BY room, lesson, day HAVING count(*) > 1"
    assert not stand.rows(doubled)


def ripe(stand: SchoolStand) -> int:
    sql = "SELECT count(*) FROM derive_due WHERE not_before_ms <= ?"
    return int(stand.rows(sql, time.time_ns() // 1_000_000)[0][0])


def test_a_server_away_and_back(stand: SchoolStand, server: OneRosterServer) -> None:
    """Away it changes nothing and says so; back, its roster is taken as a source of its own."""
    others = stand.believed()
    stand.post(f"/api/v1/pulls/{PULL}/run")
    wait_until(lambda: stand.pulled()["failures"] > 0 and not stand.pulled()["running"], 30, "it is seen to be away")
    assert stand.believed(PULL) == (0, 0)
    with server.lock:
        server.faults.clear()
    stand.post(f"/api/v1/pulls/{PULL}/run")
    wait_until(lambda: stand.pulled()["outcome"] == "applied", 30, "it is back")
    assert stand.believed(PULL) == (33, 33)
    assert stand.believed() == others
