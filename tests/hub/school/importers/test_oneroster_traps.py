"""OneRoster: what real bundles were seen to do, and another importer's verdicts on single values beside ours."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hub.school.importers.formats import read_roster, read_timetable
from hub.school.importers.found import RosterImport
from hub.school.importers.layout import Column
from hub.school.importers.oneroster_columns import COLUMNS, ENUMERATIONS
from hub.school.importers.oneroster_values import doubts_of
from hub.school.problems import Severity, Unreadable
from tests.hub.school.conftest import FIXTURES

KINDS = {
    "is_valid_human_readable_string": Column("title"),
    "is_list_of_strings": Column("subjects", kind="list", several=True),
    "is_valid_subject_codes": Column("subjectCodes", kind="list", several=True),
    "is_valid_periods": Column("periods", kind="list", several=True),
    "is_datetime_type": Column("dateLastModified", kind="datetime"),
    "is_date_type": Column("beginDate", kind="date"),
    "is_guid_type": Column("sourcedId", kind="key"),
    "is_valid_guid_list": Column("termSourcedIds", kind="ref", several=True),
    "is_year_type": Column("schoolYear", kind="year"),
    "is_valid_grades": Column("grades", kind="grades", several=True),
    "is_valid_grade": Column("grades", kind="grades", several=True),
    "is_primary_enum": Column("primary", kind="bool"),
    "is_email_type": Column("email", kind="email"),
    "is_valid_user_id": Column("userIds", kind="user_ids"),
    "is_status_enum_type": Column("status", kind="enum", choices=ENUMERATIONS["status"]),
    "is_type_enum": Column("type", kind="enum", choices=ENUMERATIONS["session"]),
    "is_class_type_enum": Column("classType", kind="enum", choices=ENUMERATIONS["class"]),
    "is_role_enum": Column("role", kind="enum", choices=ENUMERATIONS["enrollment"]),
    "is_org_type_enum": Column("type", kind="enum", choices=ENUMERATIONS["org"]),
    "is_role_user_enum": Column("role", kind="enum", choices=ENUMERATIONS["user_1_1"]),
}
# Where this importer takes a value (perhaps with a warning) that the Moodle plug-in refuses, and why.
DECIDED = {
    ("is_valid_human_readable_string", "John Doe$"): "a title may hold any character, the standard says string",
    ("is_valid_human_readable_string", "John Doe%"): "a title may hold any character, the standard says string",
    ("is_valid_human_readable_string", "John Doe^"): "a title may hold any character, the standard says string",
    ("is_valid_periods", "A"): "periods are strings in the standard, and schools do call them A",
    ("is_valid_periods", "1, A, 3"): "periods are strings in the standard, and schools do call them A",
    ("is_guid_type", "usr-222-123456-!@#!"): "told as unusual; an id is opaque, refusing it would lose a pupil",
    ("is_valid_guid_list", "usr-222-123456, usr-222-123456, usr-222-123!@456"): "as above",
    ("is_valid_grade", "IT, PR, PK, TK, KG, 01, 02, 03, 04, 05, 06, 07, 08, 09, 10, 11, 12, 13, PS, UG, Other"):
        "no file has a single grade: the column is a list",
    ("is_email_type", "josh@example"): "told; addresses are not kept, so a bad one costs nobody their row",
    ("is_email_type", "josh@"): "told; addresses are not kept, so a bad one costs nobody their row",
    ("is_valid_user_id", "{InvalidFormat}"): "told; user ids are not kept",
    ("is_valid_user_id", "{LDAP:12},{LTI:15},{Fed:}"): "told; user ids are not kept",
}  # fmt: skip


def test_another_importers_verdicts_and_where_ours_differ(shared_data: Path) -> None:
    cases: list[dict[str, Any]] = []
    document = json.loads((shared_data / "oneroster" / "moodle_field_type_cases.json").read_text("utf-8"))
    cases = next(value for value in document.values() if isinstance(value, list))
    assert len(cases) == document.get("count", 91) == 91
    differing: set[tuple[str, str]] = set()
    for case in cases:
        if case["check"] == "is_int_type":
            continue  # integers stand in result files only, which nobody here needs
        doubts = doubts_of(case["value"], KINDS[case["check"]])
        taken = all(doubt.severity is not Severity.ERROR for doubt in doubts)
        if taken is not case["expected"]:
            differing.add((case["check"], case["value"]))
            assert taken, case  # never stricter than that importer
    assert differing == set(DECIDED)
    assert all(column.kind != "int" for table in COLUMNS.values() for columns in table.values() for column in columns)


def bundle(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for stem, text in files.items():
        (folder / f"{stem}.csv").write_text(text, "utf-8")
    return folder


ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\nT1,,,Trường A,school,,\n"
OLD_USERS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName\n"
    "U1,,,true,T1,student,u1,,Ánh,Lê\n"
)
NEW_USERS = (
    "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,primaryOrgSourcedId\n"
    "U1,,,true,u1,Ánh,Lê,T1\n"
)
MANIFEST = "propertyName,value\nmanifest.version,1.0\noneroster.version,{}\nfile.orgs,{}\nfile.users,{}\n"


def told(read: RosterImport, words: str) -> list[Severity]:
    return [one.severity for one in read.findings.problems if words in one.text.en]


@pytest.mark.parametrize(("users", "version"), [(OLD_USERS, "1.1"), (NEW_USERS, "1.2")])
def test_the_version_is_seen_by_columns_where_the_manifest_is_missing_or_lies(
    tmp_path: Path, users: str, version: str
) -> None:
    assert read_roster(bundle(tmp_path / "a", orgs=ORGS, users=users)).version == version
    lie = MANIFEST.format({"1.1": "1.2", "1.2": "1.1"}[version], "bulk", "bulk")
    read = read_roster(bundle(tmp_path / "b", manifest=lie, orgs=ORGS, users=users))
    assert read.version == version
    assert told(read, f"columns are those of {version}") == [Severity.WARNING]
    assert len(read.roster.people) == 1


def test_a_japanese_bundle(tmp_path: Path) -> None:
    users = OLD_USERS.replace("Ánh,Lê", "太郎,山田")
    orgs = ORGS.replace("Trường A", "東京第一高等学校")
    read = read_roster(bundle(tmp_path / "ja", manifest=MANIFEST.format("1.1", "bulk", "bulk"), orgs=orgs, users=users))
    assert (read.roster.orgs[0].name, read.roster.people[0].family_name) == ("東京第一高等学校", "山田")
    assert read.findings.bad == 0


def test_a_delta_of_one_file_leaves_the_others_alone(tmp_path: Path) -> None:
    users = OLD_USERS.replace("U1,,,true", "U1,active,2026-09-05T00:00:00.000Z,true")
    users += "U2,tobedeleted,2026-09-05T00:00:00.000Z,,,,,,,\n"
    manifest = MANIFEST.format("1.1", "absent", "delta")
    read = read_roster(bundle(tmp_path / "delta", manifest=manifest, users=users))
    assert read.modes == {"orgs": "absent", "users": "delta"}
    assert read.roster.delta == {"users"}
    assert read.roster.gone == {"users": {"U2"}}
    assert [one.id for one in read.roster.people] == ["U1"]
    assert read.findings.bad == 0


def test_two_bundles_in_one_folder_and_a_roster_given_as_a_timetable(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "two", orgs=ORGS, users=OLD_USERS, School="SIS ID,Name\n1,A\n", Student="SIS ID\n1\n")
    with pytest.raises(Unreadable, match="two bundles in one"):
        read_roster(folder)
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as packed:
        packed.writestr("orgs.csv", ORGS)
        packed.writestr("manifest.csv", MANIFEST.format("1.1", "bulk", "absent"))
    with pytest.raises(Unreadable, match="this is a roster"):
        read_timetable(tmp_path / "r.zip")


def test_folders_that_hold_no_list_say_what_they_hold(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no OneRoster file"):
        read_roster(tmp_path)
    (tmp_path / "khối 10").mkdir()
    with pytest.raises(Unreadable, match="choose one of khối 10"):
        read_roster(tmp_path)
    (tmp_path / "sample_objects.json").write_text("{}")  # which nothing here reads by itself
    with pytest.raises(Unreadable, match="choose one of khối 10"):
        read_roster(tmp_path)
    (tmp_path / "tkb.xlsx").write_bytes(b"PK")
    with pytest.raises(Unreadable, match=r"files inside: tkb\.xlsx; or one of the folders: khối 10"):
        read_roster(tmp_path)
    with pytest.raises(Unreadable, match="this is a timetable"):
        read_roster(FIXTURES / "asc_school.xml")


def test_every_bundle_of_the_shared_data_is_read(shared_data: Path) -> None:
    folder = shared_data / "oneroster"
    places = [*folder.rglob("*.zip"), *{file.parent for file in folder.rglob("*.csv")}]
    assert len(places) >= 12
    for place in places:
        read = read_roster(place)
        assert read.counts["users"] > 0, place
        assert read.findings.counts[Severity.FATAL] == 0
