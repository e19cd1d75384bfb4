"""Servers that answer, but not what they should: pages for people, half a collection, foreign certificates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.school.importers.rest.client import Page
from hub.school.importers.rest.oauth import Credentials
from hub.school.importers.rest.paging import instant_s, read_collection
from hub.school.importers.rest.roster import MARGIN, Server, read_server
from hub.school.problems import Findings, Unreadable
from tests.hub.school.rest.conftest import QUICK, pull, reach
from tests.sim.certificates import Certificates
from tests.sim.oneroster_server import Fault, OneRosterServer, school

SIGN_IN = b"\n<!DOCTYPE html><html><body>Please sign in</body></html>"
BEFORE = "2020-01-01T00:00:00Z"


def words(server: Server) -> str:
    """Why nothing could be had."""
    with pytest.raises(Unreadable) as refused:
        read_server(server, limits=QUICK)
    return refused.value.problem.text.en


def at(server: OneRosterServer, path: str) -> Server:
    return Server(server.url + path, reach(server).credentials)


@pytest.mark.parametrize(
    ("base", "given"),
    [
        ("/ims/oneroster/rostering/v1p2", "/"),
        ("/ims/oneroster/rostering/v1p2", "/ims/oneroster/rostering"),
        ("/ims/oneroster/rostering/v1p2", "/ims/oneroster/"),
        ("/ims/oneroster/rostering/v1p2", "/ims/oneroster/rostering/v1p2/orgs?limit=5"),
        ("/ims/oneroster/v1p2", "/ims"),
        ("/truong/a/ims/oneroster/rostering/v1p2", "/truong/a"),
        ("/truong/a/api/v1p2", "/truong/a/api/v1p2/"),
    ],
)
def test_addresses_people_give(base: str, given: str, server: OneRosterServer) -> None:
    server.base = base
    assert read_server(at(server, given), limits=QUICK).found.counts["users"] == 44


@pytest.mark.parametrize("page", [b"", SIGN_IN], ids=["404", "a page of its own for everything unknown"])
def test_the_other_version_is_found_with_its_own_scope(page: bytes) -> None:
    with OneRosterServer(school(6, 2), version="1.1") as old:
        old.catch_all = page
        for user in old.rows["users"]:
            role = user.pop("roles")[0]
            user |= {"role": role["role"], "orgs": [role["org"]]}
        assert read_server(reach(old), limits=QUICK).found.version == "1.1"
        scopes = [query["scope"] for path, query in old.asked if path == "/oauth/token" and query["scope"]]
        assert [scope.rpartition("/v1p")[2][:1] for scope in dict.fromkeys(scopes)] == ["2", "1"]


def test_a_site_that_is_no_oneroster_is_told_as_the_page_it_is(server: OneRosterServer) -> None:
    server.base, server.catch_all = "/somewhere", SIGN_IN
    assert "a web page came" in words(reach(server))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (SIGN_IN, "a web page came"),
        (b'{"imsx_codeMajor": "failure", "imsx_description": "secret"}', "no OneRoster JSON, failure"),
    ],
    ids=["a page", "a failure that says 200"],
)
def test_wrong_answers_that_say_200_fail_their_collection(body: bytes, said: str, server: OneRosterServer) -> None:
    server.faults = [Fault("enrollments", times=100, body=body)]
    pulled = pull(server)
    assert (pulled.failed, pulled.since) == (("enrollments",), "")
    (problem,) = (one for one in pulled.found.findings.problems if one.file == "enrollments")
    assert said in problem.text.en
    assert "secret" not in problem.text.both()


@pytest.mark.parametrize(("status", "why"), [(500, "/orgs answered 500"), (403, "offers no collection")])
def test_a_server_that_gives_nothing_is_told_why(status: int, why: str, server: OneRosterServer) -> None:
    every = ("academicSessions", "orgs", "courses", "classes", "users", "students", "teachers", "enrollments")
    server.faults = [Fault(one, times=10**6, status=status) for one in every]
    said = words(at(server, "/ims/oneroster/rostering/v1p2"))
    assert said.startswith("nothing could be read: ")
    assert why in said


def test_a_byte_order_mark_before_json_is_nothing(server: OneRosterServer) -> None:
    body = b"\xef\xbb\xbf" + msgspec.json.encode({"orgs": server.rows["orgs"]})
    server.faults = [Fault("orgs", times=2, body=body)]
    pulled = pull(server)
    assert (pulled.failed, pulled.found.counts["orgs"]) == ((), 1)


@pytest.mark.parametrize("status", [403, 404, 405])
@pytest.mark.parametrize("newer_than", ["", BEFORE], ids=["all", "delta"])
def test_a_collection_that_breaks_off_is_a_failure_and_nothing_it_lacks(
    status: int, newer_than: str, server: OneRosterServer
) -> None:
    """It was "not offered", and the next delta began after what never came."""
    server.faults = [Fault("enrollments", offset=20, times=100, status=status)]
    pulled = pull(server, newer_than)
    assert (pulled.failed, pulled.since) == (("enrollments",), "")
    assert pulled.found.roster.enrolments == ()
    server.faults = [Fault("enrollments", offset=0, times=100, status=status)]
    assert pull(server, newer_than).failed == (), "not offered at all"


def test_a_token_nobody_takes_is_told_soon(server: OneRosterServer) -> None:
    server.token_uses = 0
    assert "not allowed (401" in words(reach(server))
    assert len(server.tokens) <= 8
    server.token_uses = 10**9
    assert pull(server).failed == ()


def test_a_secret_does_not_follow_a_redirect(server: OneRosterServer) -> None:
    with OneRosterServer(school(2, 1)) as other:
        server.faults = [Fault("token", times=9, status=307, headers={"Location": f"{other.token_url}?x=1"})]
        said = words(at(server, "/ims/oneroster/rostering/v1p2"))
        assert f"redirects to {other.token_url}: a secret" in said
        assert other.asked == []
    server.faults = [Fault("token", times=9, status=404)]
    assert words(reach(server)).endswith("answered 404; look at token_url")


def test_the_next_delta_begins_well_before_the_servers_clock(server: OneRosterServer) -> None:
    """The clock that stamps records may be another one, and slow."""
    now = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    server.clock_s = now.timestamp
    assert pull(server).since == "2026-11-23T04:45:00Z"
    assert timedelta(minutes=15) == MARGIN


def test_what_changed_within_the_second_it_was_read_is_taken_in() -> None:
    """ "05.300Z" comes before "05Z" in the alphabet."""
    began, late = "2026-09-05T00:00:05Z", "2026-09-05T00:00:05.300Z"
    old = [{"sourcedId": name, "dateLastModified": BEFORE, "name": "cũ"} for name in "abc"]
    new = {"sourcedId": "a", "dateLastModified": late, "name": "mới"}

    def ask(_collection: str, offset: int, _limit: int, newer_than: str) -> Page:
        records: list[Any] = [new] if newer_than else list(old)
        return Page(records if offset == 0 else [], at=began)

    reading = read_collection(ask, "orgs", "", QUICK, Findings())
    assert [one.record["name"] for one in reading.found] == ["mới", "cũ", "cũ"]


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001  hypothesis wants them naive
    st.integers(-12 * 60, 14 * 60),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
)
def test_instants_are_compared_whatever_their_offset(moment: datetime, minutes: int, detail: str) -> None:
    here = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    utc = here.astimezone(UTC)
    assert instant_s(here.isoformat(timespec=detail)) == instant_s(utc.isoformat(timespec=detail)[:-6] + "Z")
    assert abs(instant_s(here.isoformat(timespec=detail)) - here.timestamp()) < 1.0
    assert instant_s(utc.isoformat()[:-6]) == utc.timestamp(), "without an offset it is UTC"


@given(st.text(max_size=30))
def test_rubbish_is_no_instant(text: str) -> None:
    assert isinstance(instant_s(text), float)


def test_what_is_wrong_with_a_certificate_is_said_in_words(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    said: dict[str, str] = {}
    puts: dict[str, Callable[[], None]] = {
        "other": certificates.put_other_name,
        "ended": lambda: certificates.put(-1),
    }
    for name, put in puts.items():
        put()
        with OneRosterServer(school(2, 1), certificates=certificates) as secure:
            said[name] = words(Server(secure.url, reach(secure).credentials, str(certificates.ca_crt)))
            assert secure.asked == []
    certificates.put()
    with OneRosterServer(school(2, 1), certificates=certificates) as secure:
        said["stranger"] = words(reach(secure))
        said["plain"] = words(Server(secure.url.replace("https:", "http:"), Credentials()))
    with OneRosterServer(school(2, 1)) as plain:
        said["no TLS"] = words(Server(plain.url.replace("http:", "https:")))
    assert "not for this IP address" in said["other"]
    assert "has expired" in said["ended"]
    assert "ca_file" in said["stranger"]
    assert "no TLS at this port" in said["no TLS"]
    assert all(text.startswith("http") for text in said.values()), "each names the server"
