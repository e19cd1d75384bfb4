"""Defects one at a time, in a bundle that is sound otherwise."""

import shutil
from pathlib import Path

import pytest

from hub.school.importers.oneroster import read_oneroster
from hub.school.importers.oneroster_columns import COLUMNS, ENUMERATIONS, FILES
from hub.school.problems import MAX_PROBLEMS, Findings, Severity
from hub.school.report import problem_lines
from tests.hub.school.conftest import FIXTURES
from wire.text import Text


def damaged(tmp_path: Path, file: str, before: str, after: str) -> Path:
    folder = tmp_path / "r"
    shutil.copytree(FIXTURES / "roster_1_2", folder)
    content = (folder / file).read_text("utf-8")
    assert before in content
    (folder / file).write_text(content.replace(before, after, 1), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("file", "before", "after", "where", "severity", "words"),
    [
        ("manifest.csv", "propertyName,value", "name,value", "manifest.csv:1", "error", "propertyName,value"),
        ("manifest.csv", "manifest.version,1.0", "manifest.version,2", "manifest.csv:2", "warning", "expected 1.0"),
        ("manifest.csv", "version,1.2", "version,3.0", "manifest.csv:3", "error", "known are 1.1 and 1.2"),
        ("manifest.csv", "orgs,bulk", "orgs,BULK", "manifest.csv:15", "warning", "'bulk'"),
        ("manifest.csv", "orgs,bulk", "orgs,some", "manifest.csv:15", "error", "expected bulk, delta or absent"),
        ("manifest.csv", "orgs,bulk", "orgs,absent", "manifest.csv:15", "warning", "yet orgs.csv is in the bundle"),
        (
            "manifest.csv",
            "results,absent",
            "results,bulk",
            "manifest.csv:18",
            "error",
            "results.csv is not in the bundle",
        ),
        ("manifest.csv", "file.results", "file.orgs", "manifest.csv:18", "error", "appears twice"),
        ("manifest.csv", "file.results", "colour", "manifest.csv:18", "warning", "no such property 'colour'"),
        ("orgs.csv", "0079,,,", "00 79!,,,", "orgs.csv:2", "warning", "unusual characters"),
        ("orgs.csv", "0079,,,", "7.9E+10,,,", "orgs.csv:2", "warning", "spreadsheet"),
        ("orgs.csv", "0079,,,", f"{'7' * 300},,,", "orgs.csv:2", "error", "longer than 255"),
        ("orgs.csv", "0079,,,", " 0079,,,", "orgs.csv:2", "note", "stray blanks"),
        ("orgs.csv", "sourcedId,status", "SourcedId,status", "orgs.csv:1", "warning", "'sourcedId'"),
        ("orgs.csv", "name,type", "type,name", "orgs.csv:1", "note", "order"),
        ("orgs.csv", "name,type", "name,name", "orgs.csv:1", "error", "twice"),
        ("orgs.csv", "identifier", "colour", "orgs.csv:1", "warning", "no such column 'colour'"),
        ("orgs.csv", ",name,", ",nom,", "orgs.csv:1", "error", "'name' is missing"),
        ("users.csv", "0002,,,true,binh,,", "0002,,,true,binh,abc,", "users.csv:3", "warning", "{type:id}"),
        ("users.csv", "0002,,,,,10,", "0002,x@y,,,,10,", "users.csv:3", "warning", "e-mail"),
        ("users.csv", "0002,,,,,10,", "0002,,,,,lớp 10,", "users.csv:3", "note", "CEDS"),
        ("classes.csv", '"HK1,HK2"', '"HK1,,HK2"', "classes.csv:2", "warning", "empty item"),
        ("classes.csv", '"HK1,HK2",,', '"HK1,HK2","Toán,,Văn",', "classes.csv:2", "warning", "empty item"),
        ("classes.csv", "homeroom,P.101,0079", "homeroom,P.101,0080", "classes.csv:2", "error", "orgs 0080"),
        ("academicSessions.csv", "2027-05-31,,2027", "2026-09-01,,2027", "academicSessions.csv:2", "error", "no later"),
        ("academicSessions.csv", "2027-01-16", "2028-01-16", "academicSessions.csv:3", "warning", "beyond its parent"),
        ("users.csv", ",binh,", f",{'b' * 2_001},", "users.csv:3", "error", "a text longer than 2000"),
        ("enrollments.csv", "E1,,,L10A1,0079,0001", "E1,,,L10A1,0079,", "enrollments.csv:2", "error", "required"),
        ("enrollments.csv", "student,false", "student,FALSE", "enrollments.csv:3", "warning", "'false'"),
        ("enrollments.csv", "false,2026-09-05,2", "false,2026-09-05T07:00:00Z,2", "enrollments.csv:4", "error", "date"),
        (
            "enrollments.csv",
            "E5,,,L10A2,0079,0005,student,false",
            ",,,,,,,",
            "enrollments.csv:6",
            "warning",
            "an empty row",
        ),
    ],
)
def test_a_single_defect(
    tmp_path: Path, file: str, before: str, after: str, where: str, severity: str, words: str
) -> None:
    read = read_oneroster(damaged(tmp_path, file, before, after))
    said = [
        one
        for one in read.findings.problems
        if f"{one.file}:{one.row}" == where and one.severity.value == severity and words in one.text.en
    ]
    assert said, [(one.file, one.row, one.severity, one.text.en) for one in read.findings.problems]


@pytest.mark.parametrize("midnight", ["T00:00:00.000Z", "T00:00:00+00:00", " 00:00:00", "T00:00"])
def test_a_date_with_a_midnight_behind_it_is_that_date(tmp_path: Path, midnight: str) -> None:
    folder = damaged(tmp_path, "academicSessions.csv", "2026-09-05,2027-05-31", f"2026-09-05{midnight},2027-05-31")
    enrolments = folder / "enrollments.csv"
    enrolments.write_text(enrolments.read_text("utf-8").replace("2026-12-01", f"2026-12-01{midnight}"), "utf-8")
    read, sound = read_oneroster(folder), read_oneroster(FIXTURES / "roster_1_2")
    assert (read.roster, read.counts) == (sound.roster, sound.counts)
    told = [
        (one.file, one.row, one.column) for one in read.findings.problems if "should be written 2026" in one.text.en
    ]
    assert told == [("academicSessions.csv", 2, "startDate"), ("enrollments.csv", 4, "endDate")]


def test_a_manifest_with_other_headers_and_blanks_around_its_cells_says_what_it_says(tmp_path: Path) -> None:
    folder = damaged(tmp_path, "manifest.csv", "propertyName,value", "property,setting")
    manifest = folder / "manifest.csv"
    lines = "".join(f"      {line}\n" for line in manifest.read_text("utf-8").splitlines())
    manifest.write_text(f"\n{lines}      ", "utf-8")
    read, sound = read_oneroster(folder), read_oneroster(FIXTURES / "roster_1_2")
    assert (read.version, read.modes, read.roster) == (sound.version, sound.modes, sound.roster)
    assert [one.text.en for one in read.findings.problems if one.severity is Severity.ERROR] == [
        "the header must be propertyName,value"
    ]


def test_a_school_that_is_not_the_classes_and_a_second_file_of_one_name(tmp_path: Path) -> None:
    folder = damaged(tmp_path, "orgs.csv", "0079,", "0080,,,Khoa,department,,0079\n0079,")
    enrolments = (folder / "enrollments.csv").read_text("utf-8").replace("L10A2,0079", "L10A2,0080")
    (folder / "enrollments.csv").write_text(enrolments, "utf-8")
    (folder / "ORGS.csv").write_text((folder / "orgs.csv").read_text("utf-8"), "utf-8")
    said = {
        (one.file, one.row): one.text.en for one in read_oneroster(folder).findings.problems if one.severity != "note"
    }
    assert "belongs to the school 0079" in said["enrollments.csv", 6]
    assert "should be called orgs.csv" in said["ORGS.csv", None]
    assert "the same file as ORGS.csv" in said["orgs.csv", None]


def test_problems_are_bounded_and_all_counted() -> None:
    findings = Findings()
    for row in range(MAX_PROBLEMS + 10):
        findings.error("x.csv", Text("hỏng", "broken"), row)
    assert len(findings.problems) == MAX_PROBLEMS
    assert findings.counts[Severity.ERROR] == findings.bad == MAX_PROBLEMS + 10


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read_and_told(tmp_path: Path, encoding: str) -> None:
    folder = damaged(tmp_path, "users.csv", "binh", "Bình")
    content = (folder / "users.csv").read_text("utf-8")
    (folder / "users.csv").write_bytes(content.encode(encoding))
    read = read_oneroster(folder)
    told = [one for one in read.findings.problems if one.severity == Severity.ERROR]
    assert [(one.file, one.row, encoding.upper() in one.text.en) for one in told] == [("users.csv", 1, True)]
    assert len(read.roster.people) == read.counts["users"] == 5


def test_every_row_is_named_to_people() -> None:
    findings = Findings()
    for row in (*range(2, 300), 400, 500, 501):
        findings.error("x.csv", Text("hỏng", "broken"), row, "a")
    for name in "bcdefgh":
        findings.note("x.csv", Text(f"thiếu {name}", f"{name} is missing"))
    lines = problem_lines(findings)
    assert "… +296: dòng / rows 7-299, 400, 500-501" in lines[5]
    assert [line[-9:] for line in lines if "missing" in line] == [f"{name} is missing"[-9:] for name in "bcdefgh"]
    assert len(lines) == 5 + 1 + 7


def test_what_is_said_of_personal_data_holds_none_of_it(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "roster_1_2", tmp_path / "r")
    header = "sourcedId,status,dateLastModified,birthDate,sex,asian"
    (tmp_path / "r" / "demographics.csv").write_text(f"{header}\n0001,,,31/12/2010,nam,maybe\n", "utf-8")
    found = [one for one in read_oneroster(tmp_path / "r").findings.problems if one.row == 2]
    assert [one.column for one in found] == ["birthDate", "sex", "asian"]
    assert not [one for one in found if any(value in one.text.both() for value in ("2010", "nam”", "maybe"))]


def test_the_table_of_columns_is_sound() -> None:
    for version, table in COLUMNS.items():
        for stem, columns in table.items():
            assert stem in FILES[version]
            names = [column.name for column in columns]
            assert names[:3] == ["sourcedId", "status", "dateLastModified"]
            assert len(set(names)) == len(names)
            for column in columns:
                assert not set(column.name) & set("*:=>")
                assert not column.target or column.target in FILES[version]
                assert column.kind != "enum" or column.choices in ENUMERATIONS.values()
