"""Exports nobody here had seen before: other names, delimiters and systems; each told in words, nothing guessed."""

from pathlib import Path

import pytest

from hub.school.importers.column_map import SheetKind
from hub.school.importers.formats import read_roster
from hub.school.importers.found import RosterImport
from hub.school.problems import Severity, Unreadable

MANIFEST = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,bulk\n"
ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\nt1,,,Trường Thử,school,,\n"
USERS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password\nh1,,,true,t1,student,h1,,An,Lê,,,,,,,09,\n"
)


def folder(place: Path, **files: str) -> RosterImport:
    """`files`: content by name, "__" for the dot before csv."""
    made = place / "bundle"
    made.mkdir()
    for name, content in files.items():
        (made / f"{name}.csv").write_text(content, "utf-8")
    return read_roster(made)


def sheet(place: Path, content: str) -> RosterImport:
    path = place / "danh sách.csv"
    path.write_bytes(content.encode())
    return read_roster(path)


def told(found: RosterImport, severity: Severity | None = None) -> list[str]:
    return [one.text.en for one in found.findings.problems if severity in {None, one.severity}]


def test_files_of_other_names_are_told_by_their_columns(tmp_path: Path) -> None:
    found = folder(tmp_path, **{"manifest": MANIFEST, "OneRoster_orgs_20260901": ORGS, "users (1)": USERS})
    assert found.counts == {"orgs": 1, "users": 1}
    assert [one.id for one in found.roster.people] == ["h1"]
    assert told(found, Severity.WARNING)[:2] == [
        "read as orgs.csv, by its columns",
        "read as users.csv, by its columns",
    ]
    assert not found.findings.bad


def test_a_file_of_the_right_name_comes_before_one_told_by_its_columns(tmp_path: Path) -> None:
    found = folder(tmp_path, manifest=MANIFEST, orgs=ORGS, a_copy=ORGS.replace("t1", "t2"), users=USERS)
    assert [one.id for one in found.roster.orgs] == ["t1"]
    assert "the same file as orgs.csv, ignored" in told(found, Severity.ERROR)


def test_vertical_bars_and_quotes_without_a_manifest(tmp_path: Path) -> None:
    barred = "\n".join("|".join(f'"{cell}"' for cell in line.split(",")) for line in USERS.splitlines())
    found = folder(tmp_path, getAllUsers=barred, orgs=ORGS)
    assert (found.counts["users"], found.roster.people[0].family_name) == (1, "Lê")
    assert "columns are separated by a vertical bar, not a comma" in told(found, Severity.ERROR)


@pytest.mark.parametrize("missing", ["userSourcedId", "classSourcedId"])
def test_without_the_column_that_says_who_nobody_is_enrolled(missing: str, tmp_path: Path) -> None:
    enrolments = (
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role\ne1,,,c1,t1,h1,x\n"
    )
    found = folder(tmp_path, orgs=ORGS, users=USERS, enrollments=enrolments.replace(missing, "who"))
    assert found.counts["enrollments"] == 1
    assert found.roster.enrolments == ()
    assert f"the column '{missing}' is missing" in told(found, Severity.ERROR)


def test_a_bundle_of_sds_that_calls_its_columns_otherwise_enrols_nobody(tmp_path: Path) -> None:
    found = folder(
        tmp_path,
        Student="SIS ID,First Name,Last Name,Grade,Email\nM1,Mai,Lê,7,a@b.vn\n",
        Section="SIS ID,Name\nS1,Toán 7\n",
        StudentEnrollment="Student SIS ID,Section SIS ID\nM1,S1\n",
    )
    assert found.counts == {"classes": 1, "enrollments": 1, "users": 1}
    assert found.roster.enrolments == ()
    assert "the column 'SIS ID' is missing" in told(found, Severity.ERROR)


def test_terms_without_dates_are_no_question_of_days_and_months(tmp_path: Path) -> None:
    found = folder(
        tmp_path,
        School="SIS ID,Name\nsch123,サンプル中学校\n",
        Section="SIS ID,School SIS ID,Section Name,Term SIS ID,Term Name\nsec1,sch123,1年A組数学,t1,2025年度\n",
        Student="SIS ID,School SIS ID,Username,First Name,Last Name\ns1,sch123,a,花子,佐藤\n",
        Teacher="SIS ID,School SIS ID,Username\nl1,sch123,b\n",
        StudentEnrollment="Section SIS ID,SIS ID\nsec1,s1\n",
        TeacherRoster="Section SIS ID,SIS ID\nsec1,l1\n",
    )
    assert told(found) == []
    assert (found.roster.sessions, found.roster.classes[0].title) == ((), "1年A組数学")


def test_clever_s_files_are_named_not_misread(tmp_path: Path) -> None:
    """Its enrollments.csv shares a name with OneRoster's, its lines may end with CR alone."""
    with pytest.raises(Unreadable, match="Clever") as refused:
        folder(
            tmp_path,
            sections="School_id,Section_id,Teacher_id,Name\r1,5,8,Toán 7\r",
            students="School_id,Student_id,Last_name,First_name\r1,9,Lê,An\r",
            enrollments="School_id,Section_id,Student_id\r1,5,9\r",
        )
    assert "OneRoster" in refused.value.problem.text.vi


def test_lines_that_end_with_cr_alone(tmp_path: Path) -> None:
    found = sheet(tmp_path, "Mã HS,Họ và tên,Lớp\r001,Lê An,6A\r002,Vũ Bình,6A\r")
    assert [one.id for one in found.roster.people] == ["001", "002"]


def test_headers_as_programs_write_them(tmp_path: Path) -> None:
    """A comma inside an address without quotes moves every cell after it: such a row is not guessed at."""
    found = sheet(
        tmp_path,
        "MSSV,HoTen,NgaySinh,GioiTinh,DiaChi,MaLop,DiemTB\n"
        "SV1,Lê An,2012-01-15,1,Quận 1, TP.HCM,7A,8.5\n"
        "SV2,Vũ Bình,2012-03-22,0,Thủ Đức,7B,7\n",
    )
    assert [(one.id, one.given_name) for one in found.roster.people] == [("SV2", "Bình")]
    assert [one.title for one in found.roster.classes] == ["7B"]
    (row,) = [one for one in found.findings.problems if one.severity is Severity.ERROR]
    assert (row.row, "a comma without quotes" in row.text.en) == (2, True)


@pytest.mark.parametrize(
    "header", ["ma_hoc_sinh,ho_va_ten,lop", "MaHS,HoVaTen,TenLop", "Ma hoc sinh,Ho va ten,Lop", "MA HS,HO TEN,LOP"]
)
def test_headers_without_accents(header: str, tmp_path: Path) -> None:
    found = sheet(tmp_path, f"{header}\n007,Trần Ánh,6A\n")
    assert [(one.id, one.given_name) for one in found.roster.people] == [("007", "Ánh")]
    assert len(found.roster.enrolments) == 1


def test_staff_of_the_ministry_s_export_are_no_pupils(tmp_path: Path) -> None:
    found = sheet(
        tmp_path,
        "UBND Xã,Tên trường,Mã định danh Bộ GD&ĐT,Họ tên,Ngày sinh,Trạng thái,Vị trí việc làm\n"
        "Xã A,THCS A,0123456789,Lê Hoa,25/02/1980,Đang làm việc,Giáo viên\n"
        "Xã A,THCS A,0123456790,Vũ Nam,05/12/1975,Nghỉ hưu,Nhân viên\n",
    )
    assert [one.kind for one in found.column_maps] == [SheetKind.TEACHERS]
    assert [(one.id, one.role, one.enabled) for one in found.roster.people] == [
        ("0123456789", "teacher", True),
        ("0123456790", "teacher", False),
    ]


def test_the_ministry_s_list_of_a_class(tmp_path: Path) -> None:
    found = sheet(
        tmp_path,
        "SỞ GIÁO DỤC VÀ ĐÀO TẠO\nDANH SÁCH HỌC SINH LỚP 12.6\n\n"
        "STT,Mã định danh Bộ GD&ĐT,Họ tên,Ngày sinh,Giới tính,Dân tộc,Trạng thái,Tên cha,Năm sinh cha,Lớp học,"
        "Khối học,Số định danh cá nhân\n"
        "1,7407137235,Lê An,25/02/2009,Nam,Kinh,Đang học,Lê Ba,1980,12.6,12,074209009517\n"
        "2,7407137236,Vũ Bé,16/02/2009,Nữ,Kinh,Chuyển trường,,,12.6,12,074209009518\n",
    )
    assert [one.id for one in found.roster.people] == ["7407137235", "7407137236"]
    assert [(one.school_class, one.person) for one in found.roster.enrolments] == [("12.6", "7407137235")]


def test_the_lower_row_of_a_header_is_nobody(tmp_path: Path) -> None:
    found = sheet(
        tmp_path,
        "DANH SÁCH LỚP 6A,,,,,\nSTT,Họ và tên,Ngày sinh,Chỗ ở hiện nay,,Mã học sinh\n,,,SN/Xóm,Xã/Phường,\n"
        "1,Lê An,21/02/2013,Xóm 1,Xã A,0012345\n",
    )
    assert [one.id for one in found.roster.people] == ["0012345"]
    assert not found.findings.bad


def test_who_is_in_no_class_is_told_once(tmp_path: Path) -> None:
    rows = "".join(f"HS{number},Lê {number}\n" for number in range(30))
    found = sheet(tmp_path, "Mã HS,Họ và tên\n" + rows)
    assert len(found.roster.people) == 30
    assert [one for one in told(found, Severity.WARNING) if "class" in one] == [
        "no class column, and neither titles nor the sheet's name say which class: nobody is in one"
    ]


def test_two_of_one_name_and_birthday_are_told(tmp_path: Path) -> None:
    found = sheet(tmp_path, "Họ và tên, Giới tính, Ngày sinh\nLê Oanh, Nữ, 20/10/2012\nLê Oanh, Nữ, 20/10/2012\n")
    assert (found.counts["users"], len(found.roster.people)) == (2, 1)
    assert any("taken for one person" in one for one in told(found, Severity.WARNING))


def test_ed_fi_of_the_first_generation_is_named(tmp_path: Path) -> None:
    """Its schools have a StateOrganizationId and its sections a UniqueSectionCode: no id would be found."""
    path = tmp_path / "InterchangeEducationOrganization.xml"
    path.write_text(
        '<?xml version="1.0"?><InterchangeEducationOrganization xmlns="http://ed-fi.org/0100RFC062811"><School>'
        "<StateOrganizationId>9</StateOrganizationId><NameOfInstitution>A</NameOfInstitution></School>"
        "</InterchangeEducationOrganization>"
    )
    with pytest.raises(Unreadable, match="first generation"):
        read_roster(path)


def test_every_trap_of_the_known_exports_in_one_bundle(tmp_path: Path) -> None:
    """Japanese, quoted, names of 1.0, a manifest that lies, mixed case, headers without names, empty files."""
    quoted = '"t1","active","2017-05-06 08:01:05","東京第一中学校","school","",""'
    files = {
        "manifest.csv": MANIFEST.replace("file.users,bulk", "file.users,absent\nfiel.demographics,bulk")
        + "file.roles,",
        "Orgs.CSV": f'"sourcedId","status","dataLastModified","name","type","identifier","parentSourcedId"\n{quoted}',
        "users.csv": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userId,givenName,"
        "familyName,agents,grade,,\r\nh1,inactive,2017-05-06 08:01:05,true,t1,student,h1,,花子,佐藤,,07,,\r\n"
        "g1,,,TRUE,t1,Teacher,g1,,太郎,田中,,,,\r\nh2,active,,true,t1,student,h2,,次郎,鈴木,,07,,",
        "academicSessions.csv": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,"
        "schoolYear\nn1,,,１学期,term,1/04/2026,2026-07-20,,2026\nn2,,,2学期,term,2026-09-01,2026-12-24,,2026\n",
        "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
        'schoolSourcedId,termSourcedIds,subjects\nc1,,,1年A組,"07, 08",k9,1A,Homeroom,,t1,n2,"国語, 数学"\n',
        "enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role\n"
        "e1,,,c1,t1,h1,student\ne2,,,c1,t1,g1,teacher\ne3,,,c1,t1,h2,student\n",
        "demographics.csv": "sourcedId,status,dateLastModified,birthDate,sex",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content.encode())
    found = read_roster(tmp_path)
    assert (found.format, found.version) == ("oneroster", "1.1")
    assert found.counts == {
        "academicSessions": 2,
        "classes": 1,
        "demographics": 0,
        "enrollments": 3,
        "orgs": 1,
        "users": 3,
    }
    assert [(one.id, one.given_name, one.role) for one in found.roster.people] == [
        ("g1", "太郎", "teacher"),
        ("h2", "次郎", "student"),
    ]
    assert [one.id for one in found.roster.sessions] == ["n2"]
    assert [(one.title, one.subjects) for one in found.roster.classes] == [("1年A組", ("国語", "数学"))]
    assert [one.id for one in found.roster.enrolments] == ["e2", "e3"]  # h1 has left: in no class
    said = [(one.file, one.text.en) for one in found.findings.problems]
    for file, words in (
        ("manifest.csv", "no such property 'fiel.demographics'"),
        ("manifest.csv", "declared absent, yet users.csv is in the bundle"),
        ("Orgs.CSV", "should be called orgs.csv"),
        ("Orgs.CSV", "'dataLastModified': a misspelling of 'dateLastModified'"),
        ("Orgs.CSV", "every field is quoted"),
        ("users.csv", "OneRoster 1.0, now 'userIds'"),
        ("users.csv", "OneRoster 1.0, now 'agentSourcedIds'"),
        ("users.csv", "OneRoster 1.0, now 'grades'"),
        ("users.csv", "header cell 13 is empty"),
        ("users.csv", '"inactive" was dropped'),
        ("enrollments.csv", "users h1 is marked inactive"),
        ("users.csv", "'2017-05-06 08:01:05' is no timestamp"),
        ("users.csv", "'TRUE' should be written 'true'"),
        ("users.csv", "'Teacher' should be written 'teacher'"),
        ("users.csv", "lines end with CRLF"),
        ("academicSessions.csv", "'1/04/2026': day or month first?"),
        ("classes.csv", "'Homeroom' should be written 'homeroom'"),
        ("classes.csv", "blanks after its commas"),
        ("classes.csv", "courses k9, but the bundle has no courses.csv"),
        ("demographics.csv", "only a header, no rows"),
        ("demographics.csv", "no newline at the end of the file"),
    ):
        assert any(file in one.split(", ") and words in text for one, text in said), (file, words, said)
