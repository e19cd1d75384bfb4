import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.school.importers.found import RosterImport
from hub.school.importers.oneroster import read_oneroster
from hub.school.problems import Problem, Severity, Unreadable
from hub.school.roster import Enrolment
from tests.hub.school.conftest import FIXTURES

SOUND, DEFECTS, OLD = FIXTURES / "roster_1_2", FIXTURES / "roster_defects", FIXTURES / "roster_1_0_names"


@pytest.fixture(scope="module")
def defects() -> RosterImport:
    return read_oneroster(DEFECTS)


def matching(read: RosterImport, file: str, row: int | None, column: str | None) -> list[Problem]:
    """Of that place; a note that is gathered names several files and no row."""
    return [
        one
        for one in read.findings.problems
        if (one.file, one.row, one.column) == (file, row, column)
        or (file in one.file.split(", ") and ", " in one.file and one.column == column)
    ]


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for file in sorted(folder.iterdir()):
            bundle.write(file, file.name)
    return target


def test_a_sound_bundle_from_folder_and_zip(tmp_path: Path) -> None:
    folder, packed = read_oneroster(SOUND), read_oneroster(zipped(SOUND, tmp_path / "r.zip"))
    for read in (folder, packed):
        assert (read.format, read.version) == ("oneroster", "1.2")
        assert read.counts == {
            "academicSessions": 3, "classes": 2, "courses": 1, "enrollments": 5, "orgs": 1, "roles": 5, "users": 5,
        }  # fmt: skip
        assert read.findings.counts[Severity.ERROR] == read.findings.counts[Severity.WARNING] == 0
    assert folder.roster == packed.roster
    assert folder.roster.people[0].id == "0001"  # leading zeros stay
    assert folder.roster.people[0].family_name == "Nguyễn Thị"
    assert {person.role for person in folder.roster.people} == {"teacher", "student"}
    assert folder.roster.enrolments[2].end is not None


@pytest.mark.parametrize(
    ("file", "row", "column", "severity", "words"),
    [
        ("manifest.csv", 9, "propertyName", "warning", "file.demographics"),
        ("manifest.csv", 11, "value", "warning", "expected bulk, delta or absent"),
        ("manifest.csv", 12, "value", "warning", "source.systemName"),
        ("manifest.csv", 13, "value", "warning", "source.systemCode"),
        ("manifest.csv", 11, "file.userProfiles", "warning", "userprofiles.csv is in the bundle"),
        ("manifest.csv", None, None, "note", "CRLF"),
        ("manifest.csv", 14, None, "note", "no newline"),
        ("userprofiles.csv", None, None, "warning", "userProfiles.csv"),
        ("userprofiles.csv", 1, None, "error", "content of roles.csv"),
        ("orgs.csv", 1, "dataLastModified", "warning", "dateLastModified"),
        ("orgs.csv", 2, "parentSourcedId", "warning", "T9"),
        ("roles.csv", 1, "#11", "warning", "header cell 11 is empty"),
        ("roles.csv", 1, "#12", "warning", "header cell 12 is empty"),
        ("roles.csv", 2, "role", "warning", "'teacher'"),
        ("users.csv", 1, "prefferedGivenName", "warning", "preferredGivenName"),
        ("users.csv", 2, None, "error", "not UTF-8"),
        ("users.csv", 2, "enabledUser", "warning", "'true'"),
        ("users.csv", 3, "familyName", "error", "required"),
        ("users.csv", 4, "enabledUser", "error", "neither true nor false"),
        ("users.csv", 5, None, "error", "4 cells"),
        ("users.csv", 6, "status", "warning", "inactive"),
        ("academicSessions.csv", 2, "startDate", "error", "day or month first"),
        ("academicSessions.csv", 3, "type", "warning", "'term'"),
        ("academicSessions.csv", 3, "endDate", "warning", "the last day the one before"),
        ("academicSessions.csv", 4, "endDate", "error", "2023-02-30"),
        ("academicSessions.csv", 4, "schoolYear", "error", "no year"),
        ("classes.csv", 1, None, "warning", "BOM"),
        ("classes.csv", 2, "classType", "warning", "'scheduled'"),
        ("classes.csv", 2, "grades", "note", "blanks after its commas"),
        ("classes.csv", 2, "courseSourcedId", "warning", "manifest: absent"),
        ("classes.csv", 2, "termSourcedIds", "error", "K7"),
        ("classes.csv", 3, "sourcedId", "error", "already on line 2"),
        ("classes.csv", 4, "classType", "error", "none of"),
        ("enrollments.csv", 2, "endDate", "warning", "no later than it begins"),
        ("enrollments.csv", 3, "classSourcedId", "error", "C9"),
        ("enrollments.csv", 4, "userSourcedId", "error", "U77"),
        ("enrollments.csv", 5, "role", "error", "none of"),
        ("enrollments.csv", 6, "userSourcedId", "warning", "line 2"),
        ("enrollments.csv", 7, None, "error", "broken CSV"),
    ],
)
def test_each_defect_is_named(
    defects: RosterImport, file: str, row: int | None, column: str | None, severity: str, words: str
) -> None:
    assert any(
        words in one.text.en and one.severity.value == severity for one in matching(defects, file, row, column)
    ), matching(defects, file, row, column)


def test_rows_are_counted_good_or_bad_and_only_good_ones_kept(defects: RosterImport) -> None:
    assert defects.counts["enrollments"] == 7
    assert defects.counts["users"] == 5
    assert [one.id for one in defects.roster.enrolments] == ["E1", "E5", "E7"]


def test_names_of_version_1_0_and_a_file_of_headers_only() -> None:
    read = read_oneroster(OLD)
    assert read.version == "1.1"
    assert read.counts["demographics"] == 0
    for column in ("userId", "agents", "grade"):
        assert "OneRoster 1.0" in matching(read, "users.csv", 1, column)[0].text.en
    assert matching(read, "users.csv", 1, "metadata.note") == matching(read, "orgs.csv", 1, "ext_colour") == []
    assert "no timestamp" in matching(read, "orgs.csv", 2, "dateLastModified")[0].text.en
    assert matching(read, "demographics.csv", 1, None)


@pytest.mark.parametrize("name", ["rosterhub_v1p1_en", "rosterhub_v1p1_en.zip"])
def test_a_real_bundle(shared_data: Path, name: str) -> None:
    read = read_oneroster(shared_data / "oneroster" / name)
    assert read.version == "1.1"
    assert read.counts == {"academicSessions": 4, "classes": 5, "courses": 2, "enrollments": 30, "orgs": 1, "users": 20}
    assert read.findings.bad == 0
    assert "fiel.demographics" in matching(read, "manifest.csv", 10, "propertyName")[0].text.en
    for file in ("academicSessions.csv", "classes.csv", "courses.csv", "enrollments.csv", "orgs.csv", "users.csv"):
        assert "every field is quoted" in matching(read, file, 1, None)[0].text.en
        assert matching(read, file, None, "status")
        assert matching(read, file, None, "dateLastModified")
    assert all(matching(read, "academicSessions.csv", row, "endDate") for row in (2, 3, 4, 5))
    assert len(read.roster.enrolments) == 30


@pytest.mark.parametrize("name", ["Test_full_data_set.zip", "Test_minimal_data_set.zip"])
def test_real_bundles_whose_courses_are_absent(shared_data: Path, name: str) -> None:
    read = read_oneroster(shared_data / "oneroster" / "moodle_zips" / name)
    assert read.counts == {"academicSessions": 5, "classes": 2, "enrollments": 6, "orgs": 1, "users": 6}
    for row in (2, 3):
        assert "manifest: absent" in matching(read, "classes.csv", row, "courseSourcedId")[0].text.en
    assert "'scheduled'" in matching(read, "classes.csv", 2, "classType")[0].text.en
    assert any("CRLF" in one.text.en for one in matching(read, "classes.csv", None, None))
    assert any("no newline" in one.text.en for one in matching(read, "classes.csv", 3, None))
    if "full" in name:
        assert "inactive" in matching(read, "academicSessions.csv", 4, "status")[0].text.en
        assert "blanks after its commas" in matching(read, "classes.csv", 2, "subjects")[0].text.en
        assert "as-syr-222-2023" in matching(read, "academicSessions.csv", 3, "parentSourcedId")[0].text.en


def test_a_delta_asks_for_status_and_knows_who_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "delta"
    shutil.copytree(SOUND, folder)
    manifest = (folder / "manifest.csv").read_text("utf-8").replace("file.enrollments,bulk", "file.enrollments,delta")
    (folder / "manifest.csv").write_text(manifest, "utf-8")
    (folder / "enrollments.csv").write_text(
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n"
        "E2,tobedeleted,2026-10-01T00:00:00Z,,,,,,,\n"
        "E9,active,2026-10-01T00:00:00Z,L10A9,0079,0002,student,false,,\n"
        "E8,,,L10A1,0079,0003,student,false,,\n",
        "utf-8",
    )
    read = read_oneroster(folder)
    assert read.modes["enrollments"] == "delta"
    assert read.roster.gone["enrollments"] == {"E2"}
    assert read.roster.delta == {"enrollments"}
    assert [one.id for one in read.roster.enrolments] == ["E9", "E8"]
    assert matching(read, "enrollments.csv", 4, "status")[0].severity is Severity.ERROR
    assert matching(read, "enrollments.csv", 3, "classSourcedId")[0].severity is Severity.NOTE


def test_semicolons_missing_manifest_and_unknown_files(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "orgs.csv").write_text("sourcedId;name;type\n01;Trường;school\n", "utf-8")
    (folder / "pets.csv").write_text("a\n", "utf-8")
    (folder / "note.txt").write_text("x", "utf-8")
    read = read_oneroster(folder)
    assert "semicolon" in matching(read, "orgs.csv", 1, None)[0].text.en
    assert matching(read, "manifest.csv", None, None)[0].severity is Severity.ERROR
    assert matching(read, "pets.csv", None, None)
    assert matching(read, "note.txt", None, None)
    assert read.roster.orgs[0].id == "01"


def test_rows_without_the_cells_of_empty_header_cells(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "orgs.csv").write_text(
        "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId,,\n"
        "1,,,A,school,,\n2,,,B,school,,,,\n3,,,C,school,,,\n4,,,D,school,,,,,\n5,,,E,school,,,,,x\n6,,,F\n",
        "utf-8",
    )
    read = read_oneroster(folder)
    assert [org.id for org in read.roster.orgs] == ["1", "2", "3", "4"]
    assert [one.row for one in read.findings.problems if one.file == "orgs.csv" and one.severity is Severity.ERROR] == [
        6,
        7,
    ]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no OneRoster file"):
        read_oneroster(tmp_path)


@given(st.data())
def test_damage_is_a_problem_never_a_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damage") / "r"
    shutil.copytree(data.draw(st.sampled_from([SOUND, DEFECTS, OLD])), folder)
    for _ in range(data.draw(st.integers(1, 5))):
        file = data.draw(st.sampled_from(sorted(folder.iterdir())))
        content = bytearray(file.read_bytes())
        at = data.draw(st.integers(0, max(0, len(content) - 1)))
        content[at : at + data.draw(st.integers(0, 60))] = data.draw(
            st.binary(max_size=16)
            | st.sampled_from([b"", b'"', b",,,", b"\r", b"\n", b"x" * 140_000, b"\0", b"\xff\xfe"])
        )
        file.write_bytes(bytes(content))
    read = read_oneroster(folder)
    assert all(one.text.vi and one.text.en and one.file for one in read.findings.problems)
    assert all(isinstance(one, Enrolment) and one.id for one in read.roster.enrolments)


@given(st.binary(max_size=300))
def test_any_bytes_as_a_zip_are_refused_or_read(tmp_path_factory: pytest.TempPathFactory, tail: bytes) -> None:
    whole = zipped(SOUND, tmp_path_factory.mktemp("zip") / "r.zip")
    content = bytearray(whole.read_bytes())
    at = sum(tail) * 7 % len(content)
    content[at : at + len(tail)] = tail
    whole.write_bytes(bytes(content))
    try:
        read = read_oneroster(whole)
    except Unreadable as refused:
        words = refused.problem.text.vi
    else:
        words = read.format
    assert words


def test_what_several_files_have_in_common_is_one_note(tmp_path: Path) -> None:
    for name, header in (("orgs", "name,type"), ("courses", "title"), ("demographics", "sex")):
        (tmp_path / f"{name}.csv").write_bytes(f"sourcedId,status,dateLastModified,{header}\r\n".encode()[:-2])
    (tmp_path / "manifest.csv").write_bytes(b"propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.1\r\n")
    notes = [one for one in read_oneroster(tmp_path).findings.problems if one.severity is Severity.NOTE]
    said = {one.text.en: (one.file, one.row) for one in notes}
    assert len(said) == len(notes)
    assert said["no newline at the end of the file"] == ("courses.csv, demographics.csv, orgs.csv", None)
    assert said["only a header, no rows"] == ("courses.csv, demographics.csv, orgs.csv", None)
    assert said["lines end with CRLF"] == ("manifest.csv", None)
    begins = "missing properties: file.academicSessions, file.categories"
    assert sum(one.text.en.startswith(begins) for one in notes) == 1
