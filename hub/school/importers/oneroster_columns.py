"""THE table of OneRoster CSV files: columns, what is required, types, enumerations and references, for 1.1 and 1.2.

Source: imsglobal.org/spec/oneroster v1p1 and v1p2, CSV binding (facts.md 2). After a name: `*` required, `:type`,
`=enumeration`, `>file` one reference, `>>file` a list of references. Files nobody here needs have no column table.
"""

from hub.school.importers.layout import Column, layout_of
from hub.school.importers.table import Family

ENUMERATIONS: dict[str, tuple[str, ...]] = {
    "status": ("active", "tobedeleted"),
    "org": ("department", "school", "district", "local", "state", "national"),
    "session": ("gradingPeriod", "semester", "schoolYear", "term"),
    "class": ("homeroom", "scheduled"),
    "user_1_1": ("administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher"),
    "role": (
        "aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor", "relative",
        "siteAdministrator", "student", "systemAdministrator", "teacher",
    ),
    "role_type": ("primary", "secondary"),
    "enrollment": ("administrator", "proctor", "student", "teacher"),
    "sex": ("male", "female", "unspecified", "other"),
}  # fmt: skip
GRADES = frozenset({"IT", "PR", "PK", "TK", "KG", *(f"{grade:02d}" for grade in range(1, 14)), "PS", "UG", "Other"})

_BOTH = {
    "orgs": "name* type*=org identifier parentSourcedId>orgs",
    "academicSessions": "title* type*=session startDate*:date endDate*:date parentSourcedId>academicSessions "
    "schoolYear*:year",
    "courses": "schoolYearSourcedId>academicSessions title* courseCode grades:grades orgSourcedId*>orgs subjects:list "
    "subjectCodes:list",
    "classes": "title* grades:grades courseSourcedId*>courses classCode classType*=class location "
    "schoolSourcedId*>orgs termSourcedIds*>>academicSessions subjects:list subjectCodes:list periods:list",
    "enrollments": "classSourcedId*>classes schoolSourcedId*>orgs userSourcedId*>users role*=enrollment primary:bool "
    "beginDate:date endDate:date",
    "demographics": "birthDate:date sex=sex americanIndianOrAlaskaNative:bool asian:bool blackOrAfricanAmerican:bool "
    "nativeHawaiianOrOtherPacificIslander:bool white:bool demographicRaceTwoOrMoreRaces:bool "
    "hispanicOrLatinoEthnicity:bool countryOfBirthCode stateOfBirthAbbreviation cityOfBirth "
    "publicSchoolResidenceStatus",
}
_V1_1 = _BOTH | {
    "users": "enabledUser*:bool orgSourcedIds*>>orgs role*=user_1_1 username* userIds:user_ids givenName* familyName* "
    "middleName identifier email:email sms phone agentSourcedIds>>users grades:grades password",
}
_V1_2 = _BOTH | {
    "users": "enabledUser*:bool username* userIds:user_ids givenName* familyName* middleName identifier email:email "
    "sms phone agentSourcedIds>>users grades:grades password userMasterIdentifier preferredGivenName "
    "preferredMiddleName preferredFamilyName primaryOrgSourcedId>orgs pronouns",
    "roles": "userSourcedId*>users roleType*=role_type role*=role beginDate:date endDate:date orgSourcedId*>orgs "
    "userProfileSourcedId>userProfiles",
    "userProfiles": "userSourcedId*>users profileType* vendorId* applicationId description credentialType* username* "
    "password",
}
_FILES_1_1 = (
    "academicSessions categories classes classResources courses courseResources demographics enrollments lineItems "
    "orgs resources results users"
)
_FILES_1_2 = (
    _FILES_1_1 + " lineItemLearningObjectiveIds lineItemScoreScales resultLearningObjectiveIds resultScoreScales roles "
    "scoreScales userProfiles userResources"
)
FILES = {"1.1": tuple(sorted(_FILES_1_1.split())), "1.2": tuple(sorted(_FILES_1_2.split()))}
NEEDED = ("orgs", "academicSessions", "classes", "users", "enrollments")
OLD_NAMES = {  # of OneRoster 1.0, seen in exports that call themselves 1.1
    "grade": "grades", "userId": "userIds", "agents": "agentSourcedIds", "orgSourcedId": "orgSourcedIds",
    "termSourcedId": "termSourcedIds", "metadata": "metadata.*", "subject": "subjects",
}  # fmt: skip


_HEAD = (Column("sourcedId", required=True, kind="key"), Column("status", kind="enum", choices=ENUMERATIONS["status"]),
         Column("dateLastModified", kind="datetime"))  # fmt: skip


COLUMNS = {version: layout_of(files, ENUMERATIONS, _HEAD) for version, files in (("1.1", _V1_1), ("1.2", _V1_2))}
COMMON = _HEAD
FAMILY = Family(
    layouts=tuple(COLUMNS.values()),
    old_names=OLD_NAMES,
    additions=("metadata.", "ext_", "ext:"),
    ordered=True,
    expected=frozenset({"status", "dateLastModified"}),
)


def columns(version: str, stem: str) -> tuple[Column, ...] | None:
    """The columns of a file, None where this table does not know them."""
    return COLUMNS[version].get(stem)
