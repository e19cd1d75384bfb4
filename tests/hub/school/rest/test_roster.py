"""A whole roster over the network: what comes out, what is told, what is left behind."""

import json
from pathlib import Path

import msgspec
import pytest

from hub.school.importers.rest.oauth import Credentials
from hub.school.importers.rest.roster import DeltaRefused, Server, read_server
from hub.school.problems import Problem, Severity, Unreadable
from tests.hub.school.rest.conftest import QUICK, pull, reach
from tests.sim.oneroster_server import Fault, OneRosterServer, Row, school


def told(pulled_problems: list[Problem], file: str, severity: Severity) -> list[Problem]:
    return [one for one in pulled_problems if one.file == file and one.severity is severity]


def test_the_whole_school_arrives(server: OneRosterServer) -> None:
    pulled = pull(server)
    found = pulled.found
    assert found.counts == {
        "orgs": 1, "academicSessions": 2, "courses": 1, "classes": 4, "users": 44, "roles": 44, "enrollments": 44,
    }  # fmt: skip
    assert found.findings.problems == []
    assert (found.format, found.version) == ("oneroster-rest", "1.2")
    roster = found.roster
    assert {one.role for one in roster.people} == {"student", "teacher"}
    assert next(one for one in roster.people if one.id == "hs00007").identifier == "0000000007"
    assert roster.classes[1].terms == ("hk1",)
    assert (roster.classes[1].location, roster.classes[1].subjects) == ("P.101", ("Toán",))
    assert len(roster.enrolments) == 44
    assert not roster.delta
    assert pulled.since
    assert pulled.records == 96
    assert "demographics" not in server.collections_asked()


def test_what_is_not_needed_is_not_even_kept(server: OneRosterServer) -> None:
    pulled = pull(server)
    kept = msgspec.json.encode(pulled.found.roster).decode()
    for private in ("truong.example", "0900000000", "bí mật", "u.hs"):
        assert private not in kept


def test_the_order_of_records_does_not_change_the_digest(server: OneRosterServer) -> None:
    first = pull(server)
    server.sorts = False
    for rows in server.rows.values():
        rows.reverse()
    again = pull(server)
    assert again.digest == first.digest
    server.rows["classes"][0] = server.rows["classes"][0] | {"title": "10A9"}
    assert pull(server).digest != first.digest


def test_a_1_1_server_is_found_and_read() -> None:
    rows = school()
    for user in rows["users"]:
        (role,) = user.pop("roles")
        user |= {"role": role["role"], "orgs": [role["org"]]}
    with OneRosterServer(rows, version="1.1") as server:
        server.knows_scope = False
        found = pull(server).found
    assert found.version == "1.1"
    assert found.findings.bad == 0
    assert {one.role for one in found.roster.people} == {"student", "teacher"}
    assert "roles" not in found.counts


def test_pupils_and_teachers_where_there_are_no_users(server: OneRosterServer) -> None:
    people = server.rows.pop("users")
    server.rows["students"] = [one for one in people if one["sourcedId"].startswith("hs")]
    server.rows["teachers"] = [one for one in people if one["sourcedId"].startswith("gv")]
    server.rows["students"].append(server.rows["teachers"][0])  # who teaches and learns is one person
    found = pull(server).found
    assert found.counts["users"] == 44
    assert found.findings.bad == 0
    del server.rows["students"]
    half = pull(server)
    assert "users" not in half.found.roster.gone, "one half alone would end everybody of the other"


def test_the_two_real_objects_from_the_field(shared_data: Path, server: OneRosterServer) -> None:
    """One of Ed-Fi's service; a list of users of 1.1 whose orgs are texts."""
    sample = json.loads((shared_data / "oneroster" / "rest" / "sample_objects.json").read_text("utf-8"))["objects"]
    server.rows["academicSessions"].append(sample[0]["element"])
    found = pull(server).found
    assert found.findings.bad == 0
    assert any(one.title == "Spring Semester" for one in found.roster.sessions)
    rows: dict[str, list[Row]] = {name: [] for name in school()}
    rows["orgs"] = [school()["orgs"][0] | {"sourcedId": "org-001"}]
    rows["users"] = sample[1]["body"]["users"]
    with OneRosterServer(rows, version="1.1") as field:
        found = pull(field).found
    (person,) = found.roster.people
    assert (person.id, person.role) == ("user-001", "student")
    (odd,) = told(found.findings.problems, "users", Severity.WARNING)
    assert (odd.row, odd.column) == (1, "orgs")
    assert odd.text.vi != odd.text.en


def wrong_values(rows: dict[str, list[Row]]) -> None:
    users, enrolments = rows["users"], rows["enrollments"]
    users[0]["givenName"] = {"first": "An"}
    users[1] = 17  # type: ignore[call-overload]
    users[2]["identifier"] = 79
    users[3]["sourcedId"] = None
    users[4]["roles"] = "teacher"
    enrolments[5]["class"] = "lop1"
    enrolments[6]["class"] = {"href": "/classes/lop2"}
    enrolments[7]["beginDate"] = "31/02/2026"
    enrolments[8]["beginDate"] = "2026-09-05T00:00:00Z"
    enrolments[9]["user"]["sourcedId"] = "nobody"
    rows["classes"][0]["terms"] = {"sourcedId": "hk1", "type": "academicSession"}
    rows["classes"][1]["title"] = "10\0A"


def test_values_of_the_wrong_kind_are_told_with_collection_place_and_field(server: OneRosterServer) -> None:
    wrong_values(server.rows)
    server.sorts = False
    found = pull(server).found
    places = {(one.file, one.row, one.column): one.severity for one in found.findings.problems}
    error, warning = Severity.ERROR, Severity.WARNING
    expected = {
        ("users", 1, "givenName"): error,
        ("users", 2, None): error,
        ("users", 3, "identifier"): warning,
        ("users", 4, "sourcedId"): error,
        ("users", 5, "roles"): error,
        ("enrollments", 6, "class"): warning,
        ("enrollments", 7, "class"): error,
        ("enrollments", 8, "beginDate"): error,
        ("enrollments", 9, "beginDate"): warning,
        ("enrollments", 10, "user"): error,
        ("classes", 1, "terms"): warning,
        ("classes", 2, "title"): error,
    }
    assert expected.items() <= places.items()
    assert all(one.text.vi and one.text.en for one in found.findings.problems)
    ids = {one.id for one in found.roster.enrolments}
    assert "gd-hs00005" in ids
    assert not {"gd-hs00006", "gd-hs00009"} & ids
    assert next(one for one in found.roster.enrolments if one.id == "gd-hs00007").begin is None


def test_records_without_status_or_time_are_taken_and_told_once(server: OneRosterServer) -> None:
    for user in server.rows["users"]:
        for name in ("status", "dateLastModified", "enabledUser"):
            del user[name]
    found = pull(server).found
    assert len(found.roster.people) == 44
    assert {one.column for one in told(found.findings.problems, "users", Severity.WARNING)} == {
        "status", "dateLastModified", "enabledUser",
    }  # fmt: skip
    assert found.findings.bad == 0


def test_a_delta_brings_what_changed_and_what_goes(server: OneRosterServer) -> None:
    server.rows["users"][3] |= {"dateLastModified": "2026-10-01T00:00:00.000Z", "givenName": "Mới"}
    server.rows["enrollments"][4] |= {"dateLastModified": "2026-10-02T00:00:00.000Z", "status": "tobedeleted"}
    pulled = pull(server, "2026-09-30T00:00:00Z")
    roster = pulled.found.roster
    assert [one.given_name for one in roster.people] == ["Mới"]
    assert roster.gone["enrollments"] == {"gd-hs00004"}
    assert roster.delta >= {"users", "enrollments", "orgs", "classes"}
    assert pulled.records == 2
    assert pulled.found.findings.bad == 0
    assert pull(server, "2026-10-02T00:00:00.000Z").records == 0


@pytest.mark.parametrize("refusal", ["filters", "ignored"])
def test_a_server_without_deltas_is_found_out(server: OneRosterServer, refusal: str) -> None:
    if refusal == "filters":
        server.filters = False
    else:  # gives everything whatever it is asked
        answer = server.page
        server.page = lambda collection, query: answer(collection, query | {"filter": ""})  # type: ignore[method-assign]
    with pytest.raises(DeltaRefused):
        pull(server, "2026-09-30T00:00:00Z")


def test_one_failing_collection_leaves_the_others_and_what_was_known(server: OneRosterServer) -> None:
    server.faults = [Fault("classes", times=100, status=500)]
    pulled = pull(server)
    roster = pulled.found.roster
    assert pulled.failed == ("classes", "enrollments")
    assert len(roster.people) == 44
    assert not {"classes", "enrollments"} & set(roster.gone), "the tables of the hub are left as they are"
    assert not roster.enrolments
    assert pulled.since == "", "the next pull asks for all of it"
    said = {one.file: one.text for one in pulled.found.findings.problems}
    assert "500" in said["classes"].en
    assert "classes" in said["enrollments"].vi
    assert pulled.found.modes["classes"] == pulled.found.modes["enrollments"] == "absent"


def test_missing_courses_are_no_failure(server: OneRosterServer) -> None:
    del server.rows["courses"]
    pulled = pull(server)
    assert pulled.failed == ()
    assert len(pulled.found.roster.classes) == 4


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Server("http://127.0.0.1:1/x?token=geheim"), "cannot be reached"),
        (Server("ftp://truong.example/x?token=geheim"), "http(s)"),
        (Server("http://truong.example/x?token=geheim"), "not encrypted"),
        (Server("https://127.0.0.1:1/", ca_file="/nowhere/ca.crt"), "ca_file"),
    ],
)
def test_what_cannot_be_reached_is_refused_in_words_without_secrets(wrong: Server, words: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_server(wrong, limits=QUICK)
    assert words in refused.value.problem.text.en
    assert "geheim" not in str(refused.value) + refused.value.problem.file


def test_secrets_do_not_show(server: OneRosterServer) -> None:
    assert server.secret not in repr(reach(server))
    with pytest.raises(Unreadable) as refused:
        read_server(Server(server.url, Credentials(server.token_url, "wer", "geheimnis-xyz")), limits=QUICK)
    assert "geheimnis" not in str(refused.value)
    assert "401" in refused.value.problem.text.en


def test_no_oneroster_there(server: OneRosterServer) -> None:
    server.rows.clear()
    with pytest.raises(Unreadable, match="v1p2"):
        pull(server)


def test_users_of_1_2_with_the_one_role_of_1_1(server: OneRosterServer) -> None:
    for user in server.rows["users"]:
        user["role"] = user.pop("roles")[0]["role"]
    found = pull(server).found
    assert {one.role for one in found.roster.people} == {"student", "teacher"}
    assert [(one.file, one.column) for one in found.findings.problems] == [("users", "role")]
