"""Which weekday the days of an aSc export are: by their names where it has them, else the first is a Monday. Pure.

Source: real exports: `daysdef` with one 1 in its mask, or `day` with a number, each with a name in the school's
language; weeks of Arab countries begin on Sunday. Units: masks as in hub.school.masks, character 0 is Monday.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator

from hub.school.importers.asc_xml import Document, Row
from hub.school.masks import is_mask
from hub.school.problems import Findings
from wire.text import Text

DAYS = 7
_SURE = 2
_NAMES = """
thứ hai, thứ 2, monday, montag, lundi, lunes, segunda, segunda-feira, lunedì, poniedziałek, pondělí, pondelok, hétfő
thứ ba, thứ 3, tuesday, dienstag, mardi, martes, terça, terça-feira, martedì, wtorek, úterý, utorok, kedd
thứ tư, thứ 4, wednesday, mittwoch, mercredi, miércoles, quarta, quarta-feira, mercoledì, środa, středa, streda, szerda
thứ năm, thứ 5, thursday, donnerstag, jeudi, jueves, quinta, quinta-feira, giovedì, czwartek, čtvrtek, štvrtok
thứ sáu, thứ 6, friday, freitag, vendredi, viernes, sexta, sexta-feira, venerdì, piątek, pátek, piatok, péntek
thứ bảy, thứ 7, saturday, samstag, sonnabend, samedi, sábado, sabato, sobota, szombat
chủ nhật, sunday, sonntag, dimanche, domingo, domenica, niedziela, neděle, nedeľa, vasárnap
الاثنين, الإثنين, понедельник, понеділок, senin, isnin, pazartesi
الثلاثاء, вторник, вівторок, selasa, salı
الأربعاء, الاربعاء, среда, середа, rabu, çarşamba
الخميس, четверг, четвер, kamis, perşembe
الجمعة, пятница, jumat, cuma
السبت, суббота, субота, sabtu, cumartesi
الأحد, الاحد, воскресенье, неділя, minggu, ahad, pazar
دوشنبه, יום שני, dushanba, ponedjeljak, ponedeljak, ponedeljek, понеделник, luni, maandag, måndag, mandag, δευτέρα
سه شنبه, יום שלישי, seshanba, utorak, torek, вторник, marți, dinsdag, tisdag, tirsdag, τρίτη
چهارشنبه, יום רביעי, chorshanba, srijeda, sreda, сряда, miercuri, woensdag, onsdag, τετάρτη
پنجشنبه, יום חמישי, payshanba, khamis, četvrtak, četrtek, четвъртък, joi, donderdag, torsdag, πέμπτη
جمعه, יום שישי, juma, jumaat, jum'at, petak, petek, петък, п'ятниця, п’ятниця, vineri, vrijdag, fredag, παρασκευή
شنبه, שבת, shanba, subota, събота, sâmbătă, zaterdag, lördag, lørdag, σάββατο
یکشنبه, יום ראשון, yakshanba, nedjelja, nedelja, неделя, duminică, zondag, söndag, søndag, κυριακή
"""
_WEEKDAYS = {name: line % DAYS for line, names in enumerate(_NAMES.strip().splitlines()) for name in names.split(", ")}
_SAID = ("Thứ Hai|Monday", "Thứ Ba|Tuesday", "Thứ Tư|Wednesday", "Thứ Năm|Thursday", "Thứ Sáu|Friday",
         "Thứ Bảy|Saturday", "Chủ nhật|Sunday")  # fmt: skip


class Week:
    """The days of one export: `count` of them, the first one's number, and the weekday it is."""

    def __init__(self, document: Document, file: str, findings: Findings) -> None:
        masks = [part.strip() for row in document.rows("daysdef") for part in row.get("days").split(",")]
        self.count = max((len(mask) for mask in masks if is_mask(mask)), default=0) or len(document.rows("day"))
        self.first_number = _first_number(document)
        named = _first_weekday(document, self.first_number)
        self.named, self.first_weekday = named is not None, named or 0
        if self.first_weekday:
            vi, en = _SAID[self.first_weekday].split("|")
            said = Text(
                f"ngày thứ nhất trong tệp là {vi}, theo tên ngày", f"the first day of the file is {en}, by name"
            )
            findings.note(file, said, _line(document), "days")
        if self.count > DAYS:
            said = Text(
                f"chu kỳ {self.count} ngày, không phải tuần: chỉ bảy ngày đầu được xếp vào tuần",
                f"a cycle of {self.count} days, no week: only its first seven have a weekday",
            )
            lost = any("1" in row.get("days")[DAYS:] for row in document.rows("card"))
            told = findings.error if lost else findings.warning
            told(file, said, _line(document), "days")

    def mask(self, mask: str) -> str:
        """A mask of the file as one whose first day is Monday."""
        if not self.first_weekday or len(mask) > DAYS:
            return mask
        padded = mask.ljust(DAYS, "0")
        return padded[DAYS - self.first_weekday :] + padded[: DAYS - self.first_weekday]


def _first_number(document: Document) -> int:
    numbers = [number for row in document.rows("day") if (number := row.number("day")) is not None]
    return 1 if "daynumbering1" in document.options or min(numbers, default=0) == 1 else 0


def _first_weekday(document: Document, first_number: int) -> int | None:
    """Only where at least two names say the same, and none another; None otherwise."""
    said = Counter((weekday - position) % DAYS for position, weekday in _named(document, first_number))
    if len(said) != 1:
        return None
    [(first, times)] = said.items()
    return first if times >= _SURE else None


def _named(document: Document, first_number: int) -> Iterator[tuple[int, int]]:
    """Positions of days with the weekdays their names mean."""
    for row in document.rows("daysdef"):
        mask = row.get("days")
        if is_mask(mask) and mask.count("1") == 1 and (weekday := _weekday(row)) is not None:
            yield mask.index("1"), weekday
    for row in document.rows("day"):
        number, weekday = row.number("day"), _weekday(row)
        if number is not None and weekday is not None:
            yield number - first_number, weekday


def _weekday(row: Row) -> int | None:
    name = " ".join(unicodedata.normalize("NFC", row.get("name")).casefold().split())
    return _WEEKDAYS.get(name)


def _line(document: Document) -> int | None:
    rows = document.rows("daysdef") or document.rows("day")
    return rows[0].line if rows else None
