"""THE tables of Microsoft School Data Sync files: classic (v1), its UK form, v2 and v2.1.

Source: learn.microsoft.com/schooldatasync "SDS V1 CSV file format", "SDS V2.1 CSV file format", "Default list of
values"; OfficeDev/O365-EDU-Tools `CSV Samples/` (which columns the minimum has). Names may be left out in all of them:
what Microsoft needs to make accounts (user names, addresses) is nothing the hub needs.
"""

from enum import StrEnum

from hub.school.importers.layout import Layout, layout_of
from hub.school.importers.table import Family


class Variant(StrEnum):
    """Which form of School Data Sync files; the value is what people see."""

    CLASSIC = "v1"
    UK = "v1 UK"
    V2 = "v2"
    V2_1 = "v2.1"


ENUMERATIONS: dict[str, tuple[str, ...]] = {
    "org": (
        "school", "department", "district", "local", "state", "national", "ministryOfEducation", "university",
        "college", "campus", "adultEducation", "municipality", "departmentOfEducation", "localAuthority", "region",
        "division", "province", "researchCenter", "program", "academicTrust",
    ),
    "role": (
        "principal", "chair", "professor", "researcher", "adjunct", "affiliate", "occupationalTherapist",
        "physicalTherapist", "speechTherapist", "visionTherapist", "paraprofessional", "specialServices", "advisor",
        "proctor", "nurse", "officeStaff", "lecturer", "itAdmin", "administrator", "teacher", "faculty", "staff",
        "teacherAssistant", "assistant", "instructor", "substitute", "coach", "alumni", "student", "other", "aide",
        "guardian", "parent", "relative",
    ),
    "session": ("gradingPeriod", "semester", "schoolYear", "term", "quarter", "trimester", "session", "other"),
}  # fmt: skip
TEACHING = frozenset({"teacher", "professor", "faculty", "instructor", "lecturer", "adjunct", "substitute"})

_PERSON = "SIS ID*:key, School SIS ID*>School, First Name, Last Name, Username, Password, State ID, Secondary Email, "
_CLASSIC = {
    "School": "SIS ID*:key, Name*, School Number, School NCES_ID, State ID, Grade Low, Grade High, Principal SIS ID, "
    "Principal Name, Principal Secondary Email, Address, City, State, Country, Zip, Phone, Zone",
    "Section": "SIS ID*:key, School SIS ID*>School, Section Name*, Section Number, Term SIS ID, Term Name, "
    "Term StartDate, Term EndDate, Course SIS ID, Course Name, Course Number, Course Description, Course Subject, "
    "Periods, Status",
    "Student": _PERSON + "Student Number, Middle Name, Grade, Status, Birthdate, Graduation Year",
    "Teacher": _PERSON + "Teacher Number, Status, Middle Name, Title, Qualification",
    "StudentEnrollment": "Section SIS ID*>Section, SIS ID*>Student",
    "TeacherRoster": "Section SIS ID*>Section, SIS ID*>Teacher",
    "GuardianRelationship": "SIS ID*>Student, Email, Role",
    "User": "Email, First Name, Last Name, Phone, SIS ID",
}
_UK_NAMES = {"School SIS ID": "School DfE Number", "Section SIS ID": "Section ID", "SIS ID": "ID", "Zip": "Postal Code"}
_ORGS = "sourcedId*:key, name*, type*=~org, parentSourcedId>orgs"
_ENROLMENTS = "classSourcedId*>classes, userSourcedId*>users, role*=~role"
_ACCOUNT = "username, givenName, familyName, password, activeDirectoryMatchId, email, phone, sms"
_CLASSES = (
    "sourcedId*:key, orgSourcedId*>orgs, title*, sessionSourcedIds>>academicSessions, courseSourcedId>courses, code"
)
_MORE = {  # files either form may have beside the ones it needs
    "academicSessions": "sourcedId*:key, title*, type*=~session, schoolYear*:year, startDate*:date, endDate*:date",
    "courses": "sourcedId*:key, orgSourcedId*>orgs, title*, code, schoolYearSourcedId>academicSessions, subject, grade",
    "demographics": "userSourcedId*>users, sex, birthDate:date, birthCity, birthState, birthCountry, ethnicityCodes, "
    "raceCodes",
    "userFlags": "userSourcedId*>users, flag",
    "relationships": "userSourcedId*>users, relationshipUserSourcedId*>users, relationshipRole",
}
_V2 = _MORE | {
    "orgs": _ORGS,
    "users": f"sourcedId*:key, orgSourcedIds*>>orgs, role*=~role, grade, {_ACCOUNT}",
    "classes": _CLASSES,
    "enrollments": _ENROLMENTS,
}
_V2_1 = _MORE | {
    "orgs": _ORGS,
    "users": f"sourcedId*:key, {_ACCOUNT}",
    "roles": "userSourcedId*>users, orgSourcedId*>orgs, role*=~role, sessionSourcedId>academicSessions, grade, "
    "isPrimary:flag, roleStartDate:date, roleEndDate:date",
    "classes": _CLASSES,
    "enrollments": _ENROLMENTS,
}


def uk_name(stem: str, name: str) -> str:
    """What the UK form calls a column of the classic form."""
    if (stem, name) == ("School", "SIS ID"):
        return "DfE Number"
    return _UK_NAMES.get(name, name)


def _uk(stem: str, text: str) -> str:
    parts = (part.strip() for part in text.split(","))
    renamed: list[str] = []
    for part in parts:
        end = next((at for at, sign in enumerate(part) if sign in "*:>="), len(part))
        renamed.append(uk_name(stem, part[:end]) + part[end:])
    return ", ".join(renamed)


LAYOUTS: dict[Variant, Layout] = {
    variant: layout_of(files, ENUMERATIONS, separator=",")
    for variant, files in (
        (Variant.CLASSIC, _CLASSIC),
        (Variant.UK, {stem: _uk(stem, text) for stem, text in _CLASSIC.items()}),
        (Variant.V2, _V2),
        (Variant.V2_1, _V2_1),
    )
}
NEEDED: dict[Variant, tuple[str, ...]] = {
    Variant.CLASSIC: ("School", "Section", "Student", "Teacher", "StudentEnrollment", "TeacherRoster"),
    Variant.UK: ("School", "Section", "Student", "Teacher", "StudentEnrollment", "TeacherRoster"),
    Variant.V2: ("orgs", "users", "classes", "enrollments"),
    Variant.V2_1: ("orgs", "users", "roles"),
}
ONEROSTER_STEM = {
    "School": "orgs", "Section": "classes", "Student": "users", "Teacher": "users", "StudentEnrollment": "enrollments",
    "TeacherRoster": "enrollments", "GuardianRelationship": "relationships", "User": "guardians",
}  # fmt: skip


def family(variant: Variant) -> Family:
    return Family(layouts=(LAYOUTS[variant],), additions=("metadata.", "ext_", "ext:"))
