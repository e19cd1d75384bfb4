"""What a school's server does on a bad day: each kind of trouble met, told and outlived."""

import gzip
import json
import socket
import threading
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.school.importers.rest.client import Page
from hub.school.importers.rest.limits import Limits
from hub.school.importers.rest.paging import Found, read_collection
from hub.school.importers.rest.roster import Server, read_server
from hub.school.importers.rest.tables import tables_of
from hub.school.importers.rest.trouble import place
from hub.school.importers.rest.waiting import retry_after_s, wait_s
from hub.school.problems import Findings, Severity, Unreadable
from tests.hub.school.rest.conftest import QUICK, pull, reach
from tests.patience import PATIENCE_S
from tests.sim.certificates import Certificates
from tests.sim.oneroster_server import Fault, OneRosterServer, school

COUNTS = {"orgs": 1, "academicSessions": 2, "courses": 1, "classes": 4, "users": 44, "roles": 44, "enrollments": 44}
LATER = "2026-12-01T00:00:00.000Z"


def test_a_token_that_ends_in_the_middle_is_renewed(server: OneRosterServer) -> None:
    server.token_uses = 4
    pulled = pull(server)
    assert pulled.found.counts == COUNTS
    assert len(server.tokens) > 3
    assert pulled.failed == ()


def test_a_token_of_few_seconds_is_asked_for_before_it_ends(server: OneRosterServer) -> None:
    server.token_lives_s = 1.0
    assert pull(server).found.counts == COUNTS


@pytest.mark.parametrize("how", ["form", "no scope"])
def test_other_ways_to_ask_for_a_token(server: OneRosterServer, how: str) -> None:
    server.basic, server.knows_scope = how != "form", how != "no scope"
    assert pull(server).found.counts == COUNTS


@pytest.mark.parametrize("after", ["1", "date"])
def test_a_server_that_asks_for_patience_gets_it(server: OneRosterServer, after: str) -> None:
    said = after if after == "1" else format_datetime(datetime.fromtimestamp(server.clock_s() + 1, UTC), usegmt=True)
    server.faults = [Fault("users", offset=20, status=429, headers={"Retry-After": said})]
    assert pull(server).found.counts == COUNTS


@pytest.mark.parametrize(
    "fault",
    [
        Fault("users", offset=10, times=3, status=500),
        Fault("users", offset=10, status=502, body=b"<html>Bad Gateway</html>"),
        Fault("enrollments", times=2, status=503, headers={"Retry-After": "soon"}),
        Fault("users", offset=30, times=2, cut=True),
        Fault("users", offset=30, times=2, drop=True, status=599),
        Fault("users", offset=0, slow_s=PATIENCE_S),
        Fault("classes", body=b'{"classes": [{"sour'),
        Fault("classes", body=b"\xff\xfe nonsense"),
        Fault("token", status=503),
    ],
    ids=["500", "502", "503", "cut", "dropped", "slow", "half JSON", "no UTF-8", "token 503"],
)
def test_trouble_that_passes_costs_nothing(server: OneRosterServer, fault: Fault) -> None:
    server.faults = [fault]
    pulled = pull(server, limits=msgspec.structs.replace(QUICK, read_s=2.0) if fault.slow_s else QUICK)
    assert pulled.found.counts == COUNTS
    assert pulled.found.findings.problems == []


@pytest.mark.parametrize(
    "body",
    [b"[1, 2", b'"users"', b'{"a": [], "b": []}', b"[" * 100_000, b"{}"],
    ids=["half", "text", "two lists", "nested", "empty object"],
)
def test_wrong_json_that_stays_fails_its_collection_only(server: OneRosterServer, body: bytes) -> None:
    server.faults = [Fault("enrollments", times=100, body=body)]
    pulled = pull(server)
    assert pulled.failed == ("enrollments",)
    assert len(pulled.found.roster.people) == 44


def test_a_list_under_another_name_is_taken_and_told(server: OneRosterServer) -> None:
    body = json.dumps({"items": server.rows["orgs"]}).encode()
    server.totals = server.links = False
    server.faults = [Fault("orgs", offset=0, times=2, body=body)]
    found = pull(server).found
    assert found.counts["orgs"] == 1
    assert [one.file for one in found.findings.problems] == ["orgs"]


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("links", [True, False])
def test_every_way_of_saying_how_many_there_are(server: OneRosterServer, *, totals: bool, links: bool) -> None:
    server.totals, server.links, server.sorts = totals, links, totals
    server.most = 7  # less than was asked for
    assert pull(server).found.counts == COUNTS


def test_a_server_that_begins_again_for_ever(server: OneRosterServer) -> None:
    server.totals = server.links = False
    server.ignores_offset, server.most = True, 50
    assert pull(server).found.counts == COUNTS


def test_a_huge_page_is_asked_for_in_pieces_then_given_up(server: OneRosterServer) -> None:
    small = msgspec.structs.replace(QUICK, page_records=1_000, answer_bytes=12_000)
    assert pull(server, limits=small).found.counts == COUNTS
    server.ignores_limit = True
    pulled = pull(server, limits=small)
    assert set(pulled.failed) == {"users", "enrollments"}


def test_a_lying_total_is_told_and_what_came_is_taken(server: OneRosterServer) -> None:
    server.lie = {"users": 7}
    pulled = pull(server)
    assert pulled.found.counts == COUNTS
    (problem,) = pulled.found.findings.problems
    assert (problem.file, problem.severity) == ("users", Severity.WARNING)
    assert "51" in problem.text.en
    assert "44" in problem.text.vi


def remove_first_pupil(server: OneRosterServer, *, always: bool) -> None:
    """At page 3 a pupil of page 1 leaves: all later ones move forward, one slips over the border unseen."""
    done: list[int] = []

    def before(collection: str, offset: int) -> None:
        if collection == "users" and offset == 20 and (always or not done):
            done.append(offset)
            with server.lock:
                server.rows["users"].sort(key=lambda one: one["sourcedId"])
                gone = server.rows["users"].pop(4 + len(done))
                name = gone["sourcedId"]
                mine = [one for one in server.rows["enrollments"] if one["user"]["sourcedId"] == name]
                for one in mine:
                    server.rows["enrollments"].remove(one)

    server.before = before


def test_a_record_that_slips_over_a_border_is_seen_by_the_total(server: OneRosterServer) -> None:
    remove_first_pupil(server, always=False)
    pulled = pull(server)
    assert pulled.found.counts["users"] == 43
    assert {one.id for one in pulled.found.roster.people} == {one["sourcedId"] for one in server.rows["users"]}


def test_a_collection_that_never_holds_still_waits_with_its_dependents(server: OneRosterServer) -> None:
    remove_first_pupil(server, always=True)
    pulled = pull(server)
    assert pulled.failed == ("enrollments", "users")
    assert "users" not in pulled.found.roster.gone


def test_without_totals_what_changed_meanwhile_is_asked_for(server: OneRosterServer) -> None:
    server.totals = server.links = False
    moved: list[str] = []

    def before(collection: str, offset: int) -> None:
        if collection == "users" and offset == 30 and not moved:
            with server.lock:
                first = min(server.rows["users"], key=lambda one: str(one["sourcedId"]))
                moved.append(first["sourcedId"])
                first |= {"sourcedId": "zz", "dateLastModified": LATER}  # leaves page 1, all others move forward
                first["roles"][0]["role"] = "teacher"

    server.before = before
    pulled = pull(server)
    ids = {one.id for one in pulled.found.roster.people}
    assert ids == {one["sourcedId"] for one in server.rows["users"]}


def test_a_record_twice_the_later_wins(server: OneRosterServer) -> None:
    old = dict(server.rows["users"][2])
    server.rows["users"].append(old | {"dateLastModified": LATER, "givenName": "Mới"})
    server.rows["users"].append(old | {"dateLastModified": "2020-01-01T00:00:00.000Z", "givenName": "Cũ"})
    server.sorts = False
    found = pull(server).found
    (person,) = (one for one in found.roster.people if one.id == old["sourcedId"])
    assert person.given_name == "Mới"


def test_redirects_stay_on_the_host(server: OneRosterServer) -> None:
    there = f"{server.url}/ims/oneroster/rostering/v1p2/orgs?limit=10&offset=0"
    server.faults = [Fault("orgs", times=1, status=307, headers={"Location": there})]
    assert pull(server).found.counts == COUNTS
    with OneRosterServer(school(4, 2)) as other:
        elsewhere = f"{other.url}/ims/oneroster/rostering/v1p2/orgs"
        server.faults = [Fault("orgs", times=9, status=302, headers={"Location": elsewhere})]
        with pytest.raises(Unreadable, match="another host"):
            pull(server)
        assert other.asked == [], "a token never goes to another host"


def test_packed_answers_are_unpacked_within_the_limit(server: OneRosterServer) -> None:
    packed = {"Content-Encoding": "gzip"}
    body = json.dumps({"orgs": server.rows["orgs"]}).encode()
    server.faults = [Fault("orgs", times=3, headers=packed, body=gzip.compress(body))]
    assert pull(server).found.counts["orgs"] == 1
    bomb = gzip.compress(b'{"orgs": [' + b" " * 200_000_000)
    server.faults = [Fault("orgs", times=9, headers=packed, body=bomb)]
    pulled_limits = msgspec.structs.replace(QUICK, answer_bytes=1_000_000)
    with pytest.raises(Unreadable, match="MB"):
        pull(server, limits=pulled_limits)


def test_the_total_time_is_bounded(server: OneRosterServer) -> None:
    server.faults = [Fault("", times=10_000, slow_s=0.1)]
    with pytest.raises(Unreadable, match="minutes"):
        pull(server, limits=msgspec.structs.replace(QUICK, total_s=0.5))


def test_headers_a_byte_at_a_time_do_not_hold_a_pull_for_ever() -> None:
    """Each read is in time: only the clock over all of them ends it."""
    given_up = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_drip, args=(listener, given_up), daemon=True).start()
        address = Server(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(Unreadable, match="minutes"):
            read_server(address, limits=msgspec.structs.replace(QUICK, total_s=1.0, read_s=PATIENCE_S))
        assert given_up.wait(PATIENCE_S), "the connection is closed"


def _drip(listener: socket.socket, given_up: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
        for _ in range(100 * round(PATIENCE_S)):
            time.sleep(0.1)
            try:
                connection.sendall(b"a")
            except OSError:
                given_up.set()
                return


def test_a_hub_that_stops_ends_the_waiting(server: OneRosterServer) -> None:
    server.faults = [Fault("orgs", times=9, status=503, headers={"Retry-After": "1"})]
    with pytest.raises(Unreadable, match="stopping"):
        read_server(reach(server), limits=QUICK, pause=lambda _: True)


def test_addresses_are_told_without_query_and_user() -> None:
    assert place("https://u:pw@Truong.example:8443/a/b?client_secret=x#y") == "https://truong.example:8443/a/b"
    secret = "https://calendar.example/calendar/ical/a%40b.vn/private-0123456789abcdef0123456789abcdef/basic.ics"
    assert place(secret) == "https://calendar.example/calendar/ical/a%40b.vn/priv…/basic.ics"
    assert place("http://[::1]:80/x?y") == "http://[::1]:80/x"
    assert place("http://a:99999999/") == "?"


@given(st.text(max_size=40), st.integers(0, 60), st.floats(0, 1))
def test_waiting_is_bounded_whatever_the_server_says(said: str, attempt: int, chance: float) -> None:
    limits = Limits()
    asked_s = retry_after_s(said, datetime(2026, 9, 5, tzinfo=UTC))
    assert asked_s is None or asked_s >= 0
    assert 0 < wait_s(attempt, asked_s, chance, limits) <= limits.longest_wait_s


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["active", "tobedeleted", "2026-02-31", "lop1", "truong", "0079"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sourcedId", "role", "x"]), inner),
    max_leaves=5,
)  # fmt: skip


@given(st.data())
def test_mutated_records_never_raise_and_never_lose_a_sound_one(data: st.DataObject) -> None:
    """Any field of any record of anything: told or taken, the untouched records of the collection are all there."""
    rows: dict[str, list[Any]] = dict(school(6, 2))
    stem = data.draw(st.sampled_from(sorted(rows)))
    number = data.draw(st.integers(0, len(rows[stem]) - 1))
    fields = sorted(rows[stem][number])
    if data.draw(st.booleans()):
        rows[stem][number][data.draw(st.sampled_from(fields))] = data.draw(VALUES)
    else:
        rows[stem][number] = data.draw(VALUES)
    pages = {name: [Page(list(found), total=len(found))] for name, found in rows.items()}

    def ask(collection: str, offset: int, _limit: int, _newer: str) -> Page:
        return pages[collection][0] if offset == 0 else Page([], total=len(rows[collection]))

    findings = Findings()
    collections: dict[str, list[Found]] = {}
    for name in rows:
        collections[name] = read_collection(ask, name, "", QUICK, findings).found
    tables = tables_of(collections, "1.2", findings)
    for name, table in tables.items():
        if name in rows:
            assert table.rows >= len(rows[name]) - 1
            assert len(table.records) >= len(rows[name]) - 1
    assert all(one.text.vi and one.text.en for one in findings.problems)


def test_https_at_a_plain_port_is_refused_in_words() -> None:
    """Nothing is sent in clear instead."""
    with OneRosterServer(school(2, 1)) as plain, pytest.raises(Unreadable) as refused:
        read_server(Server(plain.url.replace("http:", "https:")), limits=QUICK)
    assert "https://127.0.0.1" in refused.value.problem.text.en


def test_certificates_are_verified(tmp_path: Path) -> None:
    """By the authority named and no other, and only under the right name: nothing is asked otherwise."""
    certificates = Certificates(tmp_path)
    with OneRosterServer(school(4, 1), certificates=certificates) as secure:
        mine = Server(secure.url, reach(secure).credentials, str(certificates.ca_crt))
        assert read_server(mine, limits=QUICK).found.counts["users"] == 5
        secure.asked.clear()
        with pytest.raises(Unreadable, match="certificate"):
            read_server(reach(secure), limits=QUICK)
        assert secure.asked == []
    certificates.put_other_name()
    with OneRosterServer(school(4, 1), certificates=certificates) as other:
        theirs = Server(other.url, reach(other).credentials, str(certificates.ca_crt))
        with pytest.raises(Unreadable, match="certificate"):
            read_server(theirs, limits=QUICK)
        assert other.asked == []
