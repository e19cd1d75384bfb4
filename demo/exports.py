"""The demo school's paperwork: a OneRoster 1.2 CSV bundle and an aSc Timetables XML, as its systems export them."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import quoteattr

import msgspec

from demo.bells import Bells
from demo.cast import CLASSES, COMPUTING, PE, PLACES, SCHOOL, SCHOOL_NAME, SHORTS, SUBJECTS, Cast, form_teachers
from demo.timetable import DAYS, Hour, lesson_ids

# Every file OneRoster 1.2 knows has its line in the manifest, present or not.
_PRESENT = ("academicSessions", "classes", "courses", "enrollments", "orgs", "roles", "users")
_ABSENT = (
    "categories", "classResources", "courseResources", "demographics", "lineItemLearningObjectiveIds", "lineItems",
    "lineItemScoreScales", "resources", "resultLearningObjectiveIds", "results", "resultScoreScales", "scoreScales",
    "userProfiles", "userResources",
)  # fmt: skip
_COLUMNS = {
    "academicSessions": "title,type,startDate,endDate,parentSourcedId,schoolYear",
    "orgs": "name,type,identifier,parentSourcedId",
    "courses": "schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
    "classes": "title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,"
    "subjectCodes,periods",
    "users": "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,"
    "grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,"
    "primaryOrgSourcedId,pronouns",
    "roles": "userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId",
    "enrollments": "classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
}
_DAY_NAMES = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_DAY_SHORTS = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
OTHER_NAME, _OTHER_NAME_ID = "B102 T. học", "pmt"  # the computer room, as nobody else calls it
_AUGUST = 8  # the school year turns here

Row = Sequence[object]


def write_oneroster(path: Path, cast: Cast, today: date, *, without: str = "") -> None:
    """A bulk bundle: organisation, year and terms, one homeroom class each, staff and pupils with role and enrolment.

    `without`: the grade somebody forgot to tick when exporting.
    """
    pupils = tuple(pupil for pupil in cast.pupils if not (without and pupil.group.startswith(without)))
    tables = _roster(msgspec.structs.replace(cast, pupils=pupils), today)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("manifest.csv", _csv("propertyName,value", _manifest()))
        for name, rows in tables.items():
            header = f"sourcedId,status,dateLastModified,{_COLUMNS[name]}"
            bundle.writestr(f"{name}.csv", _csv(header, ((row[0], "", "", *row[1:]) for row in rows)))


def _manifest() -> list[Row]:
    rows: list[Row] = [("manifest.version", "1.0"), ("oneroster.version", "1.2")]
    rows += [(f"file.{name}", "bulk" if name in _PRESENT else "absent") for name in sorted((*_PRESENT, *_ABSENT))]
    return [*rows, ("source.systemName", "ClassHub demo"), ("source.systemCode", "classhub-demo")]


def _roster(cast: Cast, today: date) -> dict[str, list[Row]]:
    year = today.year if today.month >= _AUGUST else today.year - 1
    begins, ends = f"{year}-{_AUGUST:02d}-01", f"{year + 1}-{_AUGUST - 1:02d}-31"
    school, term = f"org-{SCHOOL}", f"nam-hoc-{year}"
    forms = form_teachers(cast)
    users: list[Row] = []
    roles: list[Row] = []
    people = [(teacher.id, teacher.name, "teacher", "") for teacher in cast.teachers]
    people += [(pupil.id, pupil.name, "student", pupil.group[0].zfill(2)) for pupil in cast.pupils]
    for person, name, role, grade in people:
        identity = ("true", person, "", name.given, name.family, name.middle, person.upper())
        users.append((person, *identity, "", "", "", "", grade, "", "", "", "", "", school, ""))
        roles.append((f"vt-{person}", person, "primary", role, begins, "", school, ""))
    enrolled: list[Row] = [
        (f"gd-{pupil.id}", f"lop-{pupil.group.lower()}", school, pupil.id, "student", "false", begins, "")
        for pupil in cast.pupils
    ]
    enrolled += [
        (f"cn-{group.lower()}", f"lop-{group.lower()}", school, forms[group].id, "teacher", "true", begins, "")
        for group in CLASSES
    ]
    return {
        "orgs": [(school, SCHOOL_NAME, "school", "9900000001", "")],
        "academicSessions": [
            (term, f"Năm học {year}–{year + 1}", "schoolYear", begins, ends, "", year + 1),
            (f"{term}-1", "Học kỳ I", "term", begins, f"{year + 1}-01-15", term, year + 1),
            (f"{term}-2", "Học kỳ II", "term", f"{year + 1}-01-16", ends, term, year + 1),
        ],
        "courses": [
            (f"khoi-{grade}", term, f"Chương trình lớp {grade}", f"L{grade}", f"0{grade}", school, "", "")
            for grade in (6, 7, 8, 9)
        ],
        "classes": [_class(group, school, term) for group in CLASSES],
        "users": users,
        "roles": roles,
        "enrollments": enrolled,
    }


def _class(group: str, school: str, term: str) -> Row:
    home = next((place.name for place in PLACES if place.home == group), "")
    ids = (f"khoi-{group[0]}", group, "homeroom", home, school, term)
    return (f"lop-{group.lower()}", group, f"0{group[0]}", *ids, "", "", "")


def _csv(header: str, rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()


def write_asc(path: Path, cast: Cast, bells: Bells, hours: tuple[Hour, ...]) -> None:
    """An aSc Timetables 2012 XML export: bell periods, days, subjects, people, rooms, lessons and cards."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<timetable ascttversion="2012.1.1" importtype="database" options="idprefix:CH,daynumbering1">')
    for wrapper, rows in _asc_tables(cast, bells, hours).items():
        child = "card" if wrapper == "cards" else wrapper.removesuffix("es" if wrapper == "classes" else "s")
        lines.append(f"  <{wrapper}>")
        for row in rows:
            attributes = " ".join(f"{key}={quoteattr(str(value))}" for key, value in row.items())
            lines.append(f"    <{child} {attributes}/>")
        lines.append(f"  </{wrapper}>")
    lines.append("</timetable>\n")
    path.write_text("\n".join(lines), encoding="utf-8")


def _asc_tables(cast: Cast, bells: Bells, hours: tuple[Hour, ...]) -> dict[str, list[dict[str, object]]]:
    forms = form_teachers(cast)
    homes = {place.home: place.id for place in PLACES if place.home}
    subjects = {subject: f"mh{number:02d}" for number, subject in enumerate(SUBJECTS, 1)}
    lessons, cards = _lessons(hours, subjects, (bells.today.weekday() + 1) % DAYS)
    return {
        "periods": [
            {
                "period": bell.number, "name": bell.name, "short": bell.number,
                "starttime": _clock(bell.start), "endtime": _clock(bell.end),
            }
            for bell in bells.periods
        ],
        "daysdefs": _days(),
        "weeksdefs": [{"id": "w", "weeks": "1", "name": "Tất cả các tuần", "short": "Tất cả"}],
        "termsdefs": [{"id": "t", "terms": "1", "name": "Cả năm", "short": "Năm"}],
        "subjects": [{"id": key, "name": name, "short": SHORTS[name]} for name, key in subjects.items()],
        "teachers": [
            {"id": teacher.id, "name": teacher.name.full, "short": f"{teacher.name.given}{teacher.id[2:]}",
             "gender": "F" if teacher.name.girl else "M"}
            for teacher in cast.teachers
        ],
        "classrooms": [
            {"id": key, "name": name, "short": short}
            for key, name, short in (
                *((place.id, place.name, place.id.upper()) for place in PLACES),
                (_OTHER_NAME_ID, OTHER_NAME, OTHER_NAME),
            )
        ],
        "grades": [{"grade": grade, "name": f"Khối {grade}", "short": grade} for grade in (6, 7, 8, 9)],
        "classes": [
            {"id": f"l{group.lower()}", "name": group, "short": group, "teacherid": forms[group].id,
             "classroomids": homes.get(group, ""), "grade": group[0]}
            for group in CLASSES
        ],
        "groups": [
            {"id": f"n{group.lower()}", "classid": f"l{group.lower()}", "name": "Cả lớp", "entireclass": 1,
             "divisiontag": 0, "studentcount": sum(pupil.group == group for pupil in cast.pupils)}
            for group in CLASSES
        ],
        "lessons": lessons,
        "cards": cards,
    }  # fmt: skip


def _lessons(
    hours: tuple[Hour, ...], subjects: dict[str, str], tomorrow: int
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """One lesson for each class, subject and teacher, with a card for every hour of its week."""
    weekly: dict[tuple[str, str, str], list[Hour]] = {}
    for hour in hours:
        weekly.setdefault((hour.group, hour.subject, hour.teacher), []).append(hour)
    lessons: list[dict[str, object]] = []
    cards: list[dict[str, object]] = []
    ids = lesson_ids(hours)
    for (group, subject, teacher), held in weekly.items():
        lesson = ids[group, subject, teacher]
        rooms = sorted({hour.room for hour in held if hour.room})
        lessons.append({
            "id": lesson, "classids": f"l{group.lower()}", "subjectid": subjects[subject], "periodspercard": 1,
            "periodsperweek": f"{len(held)}.0", "teacherids": teacher, "groupids": f"n{group.lower()}",
            # The yard is no room of the list: physical education stands there without one.
            "classroomids": "" if subject == PE else ",".join(rooms), "seminargroup": "", "termsdefid": "t",
            "weeksdefid": "w", "daysdefid": "dx", "capacity": "*",
        })  # fmt: skip
        cards += [
            {"lessonid": lesson, "classroomids": _called(hour, tomorrow), "period": hour.period,
             "weeks": "1", "terms": "1", "days": _mask(hour.day)}
            for hour in held
        ]  # fmt: skip
    return lessons, cards


def _called(hour: Hour, tomorrow: int) -> str:
    """Whoever typed tomorrow's plan has a name of his own for the computer room."""
    return _OTHER_NAME_ID if hour.subject == COMPUTING and hour.day == tomorrow else hour.room or ""


def _days() -> list[dict[str, object]]:
    days: list[dict[str, object]] = [
        {"id": f"d{day}", "days": _mask(day), "name": _DAY_NAMES[day], "short": _DAY_SHORTS[day]} for day in range(DAYS)
    ]
    return [*days, {"id": "dx", "days": ",".join(map(_mask, range(DAYS))), "name": "Ngày bất kỳ", "short": "X"}]


def _mask(day: int) -> str:
    return "".join("1" if index == day else "0" for index in range(DAYS))


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"
