"""School Data Sync: Microsoft's own samples against a count of the csv module, and every trap in a fixture of ours."""

import contextlib
import csv
import os
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.school.importers.formats import read_roster
from hub.school.importers.found import RosterImport
from hub.school.importers.sds import read_sds
from hub.school.importers.sds_columns import ONEROSTER_STEM
from hub.school.problems import Severity, Unreadable
from tests.hub.school.conftest import FIXTURES

SAMPLES = {
    "SDS_Format/100_Users": "v1", "SDS_Format/25_Users": "v1", "SDS_Format/Min_Required_Attributes": "v1",
    "UK_Format/100_Users": "v1 UK", "UK_Format/25_Users": "v1 UK", "UK_Format/Min_Required_Attributes": "v1 UK",
    "SDS_v2": "v2", "SDS_v2.1": "v2.1",
}  # fmt: skip
OURS = [FIXTURES / name for name in ("sds_v1", "sds_v1_uk", "sds_v2", "sds_v2_1")]


def said(read: RosterImport, file: str, row: int | None, words: str) -> list[Severity]:
    found = [one for one in read.findings.problems if (one.file, one.row) == (file, row) and words in one.text.en]
    assert all(one.text.vi for one in found)
    return [one.severity for one in found]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("packed", [False, True])
def test_microsofts_samples_are_counted_as_the_csv_module_counts(
    shared_data: Path, tmp_path: Path, name: str, *, packed: bool
) -> None:
    folder = shared_data / "oneroster" / "microsoft_sds" / name
    expected: Counter[str] = Counter()
    for file in folder.glob("*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            expected[ONEROSTER_STEM.get(file.stem, file.stem)] += sum(1 for row in csv.reader(stream) if row) - 1
    path = folder
    if packed:
        path = tmp_path / "sample.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
            for file in folder.glob("*.csv"):
                bundle.write(file, file.name)
    read = read_roster(path)
    assert (read.format, read.version) == ("sds", SAMPLES[name])
    assert {stem: read.counts[stem] for stem in expected} == expected
    assert set(read.counts) - set(expected) <= {"academicSessions"}
    assert read.findings.bad == 0
    assert len(read.roster.enrolments) == expected["enrollments"]
    assert len(read.roster.people) == expected["users"]
    assert len(read.roster.classes) == expected["classes"]


def test_classic_traps_are_told_and_the_rest_is_read() -> None:
    read = read_roster(FIXTURES / "sds_v1")
    assert read.counts == {"academicSessions": 1, "classes": 4, "enrollments": 7, "orgs": 2, "users": 6}
    error, warning = [Severity.ERROR], [Severity.WARNING]
    assert said(read, "School.csv", 3, "already on line 2") == error
    assert said(read, "Section.csv", 1, "no such column 'Colour'") == warning
    assert said(read, "Section.csv", 3, "other dates than before") == warning
    assert said(read, "Section.csv", 4, "School 0099 is not in School.csv") == error
    assert said(read, "Section.csv", 5, "'2/31/2027' is no date") == error
    assert said(read, "Student.csv", 4, "School 0077") == error
    assert said(read, "Student.csv", 5, "required 'SIS ID' is empty") == error
    assert said(read, "Teacher.csv", 3, "teacher:0001") == warning
    assert said(read, "StudentEnrollment.csv", 4, "same enrolment as line 2") == warning
    assert said(read, "StudentEnrollment.csv", 5, "Section S9 is not in Section.csv") == error
    assert said(read, "StudentEnrollment.csv", 6, "Student 0404 is not in Student.csv") == error
    assert [one.id for one in read.roster.classes] == ["S1", "S2", "S4"]
    assert [(one.id, one.role, one.enabled) for one in read.roster.people] == [
        ("0001", "student", True), ("0002", "student", False),
        ("G1", "teacher", True), ("teacher:0001", "teacher", True),
    ]  # fmt: skip
    term = read.roster.sessions[0]
    assert (term.first.isoformat(), term.last.isoformat()) == ("2026-09-05", "2027-01-16")
    assert {(one.school_class, one.person) for one in read.roster.enrolments if one.role == "teacher"} == {
        ("S1", "G1"), ("S2", "teacher:0001"),
    }  # fmt: skip


def test_uk_names_small_letters_days_first_and_a_bundle_without_teachers() -> None:
    read = read_roster(FIXTURES / "sds_v1_uk")
    assert read.version == "v1 UK"
    assert read.roster.sessions[0].first.isoformat() == "2026-09-25"
    assert read.roster.delta == {"users", "enrollments"}  # teachers known so far do not end
    assert said(read, "Teacher.csv", None, "no Teacher.csv") == [Severity.WARNING]
    assert read.roster.enrolments[0].school_class == read.roster.classes[0].id == "S1"


def test_dates_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "uk"
    shutil.copytree(FIXTURES / "sds_v1_uk", folder)
    sections = (folder / "section.csv").read_text("utf-8").replace("18/12/2026", "12/18/2026")
    (folder / "section.csv").write_text(sections, "utf-8")
    read = read_sds(folder)
    assert said(read, "section.csv", 2, "some dates are day/month") == [Severity.ERROR]
    assert read.roster.sessions == ()


def test_version_2() -> None:
    read = read_roster(FIXTURES / "sds_v2")
    assert (read.version, read.counts) == ("v2", {"classes": 1, "enrollments": 4, "orgs": 3, "users": 3})
    assert said(read, "orgs.csv", 4, "'camp' is not in the default list") == [Severity.WARNING]
    assert said(read, "orgs.csv", 4, "orgs 11 is not in orgs.csv") == [Severity.WARNING]
    assert said(read, "users.csv", 3, "orgs 81") == [Severity.ERROR]
    assert said(read, "users.csv", 4, "'wizard'") == [Severity.WARNING]
    assert said(read, "enrollments.csv", 4, "classes C2") == [Severity.ERROR]
    assert said(read, "enrollments.csv", 5, "same enrolment as line 2") == [Severity.WARNING]
    assert [one.role for one in read.roster.people] == ["student", "wizard"]


def test_version_2_with_terms_and_courses_beside_its_four_files(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "sds_v2", tmp_path / "r")
    classes = "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId\nC1,0079,10A1 - Toán,HK1,K1\n"
    terms = "sourcedId,title,type,startDate,endDate,schoolYear\nHK1,Học kỳ I,semester,2026-09-05,2027-01-16,2027\n"
    (tmp_path / "r" / "classes.csv").write_text(classes, "utf-8")
    (tmp_path / "r" / "academicSessions.csv").write_text(terms, "utf-8")
    (tmp_path / "r" / "courses.csv").write_text("sourcedId,orgSourcedId,title,subject\nK1,0079,Toán 10,Toán\n", "utf-8")
    read = read_roster(tmp_path / "r")
    assert read.version == "v2"
    assert (read.counts["academicSessions"], read.counts["courses"]) == (1, 1)
    assert [(one.terms, one.subjects) for one in read.roster.classes] == [(("HK1",), ("Toán",))]
    assert [one.title for one in read.roster.sessions] == ["Học kỳ I"]


def test_version_2_1_counts_guardians_and_birth_data_and_keeps_none_of_it() -> None:
    read = read_roster(FIXTURES / "sds_v2_1")
    assert read.version == "v2.1"
    assert read.counts == {
        "academicSessions": 2, "classes": 1, "courses": 1, "demographics": 1, "enrollments": 2, "orgs": 1,
        "relationships": 2, "roles": 4, "userFlags": 1, "users": 3,
    }  # fmt: skip
    assert said(read, "roles.csv", 5, "users 0404") == [Severity.ERROR]
    assert said(read, "relationships.csv", 3, "users 0505") == [Severity.ERROR]
    assert said(read, "classes.csv", 2, "NH27") == [Severity.WARNING]
    assert said(read, "academicSessions.csv", 3, "day or month first") == [Severity.ERROR]
    assert said(read, "demographics.csv", 2, "not shown") == [Severity.ERROR]
    assert [one.role for one in read.roster.people] == ["student", "teacher", ""]
    assert {one.role for one in read.roster.enrolments} == {"student", "teacher"}
    assert read.roster.classes[0].subjects == ("Toán",)


@pytest.mark.parametrize("folder", OURS, ids=lambda folder: folder.name)
def test_no_password_telephone_or_birthday_is_kept_or_told(folder: Path) -> None:
    read = read_roster(folder)
    kept = repr((read.roster, read.findings.problems))
    assert not [secret for secret in ("MatKhau", "0900000", "@x.vn", "2010", "Huế", "iep") if secret in kept]


EXAMPLES = 2_000 if os.environ.get("CLASSHUB_SOAK") else 150


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_damage_is_a_problem_never_a_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damage") / "r"
    shutil.copytree(data.draw(st.sampled_from(OURS)), folder)
    for _ in range(data.draw(st.integers(1, 5))):
        file = data.draw(st.sampled_from(sorted(folder.iterdir())))
        content = bytearray(file.read_bytes())
        at = data.draw(st.integers(0, max(0, len(content) - 1)))
        content[at : at + data.draw(st.integers(0, 60))] = data.draw(
            st.binary(max_size=16) | st.sampled_from([b"", b'"', b",,,", b"\r", b"\n", b"\0", b"\xff\xfe", b";"])
        )
        file.write_bytes(bytes(content))
    with contextlib.suppress(Unreadable):
        read = read_sds(folder)
        ids = [one.id for one in read.roster.enrolments]
        assert len(set(ids)) == len(ids)
        assert all(one.text.vi and one.text.en and one.file for one in read.findings.problems)
