"""What an import changed, row by row: alike for one that waits, that holds, and that was taken back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.school import rows as school_rows
from hub.school.held import OWN
from hub.school.kept import held_folder
from hub.school.repository import Schools
from hub.web.texts import TEXTS
from tests.hub.school.conftest import FIXTURES
from tests.hub.web.conftest import Client, client_of, csrf_of, sign_in
from tests.hub.web.doubles import SCHOOL, Stand

LINES = (FIXTURES / "asc_school.xml").read_text("utf-8").splitlines(keepends=True)
WHOLE = "".join(LINES)
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:clb-1\r\nDTSTAMP:20261101T000000Z\r\n"
    "DTSTART;TZID=Asia/Ho_Chi_Minh:20261126T160000\r\nDTEND;TZID=Asia/Ho_Chi_Minh:20261126T170000\r\n"
    "SUMMARY:CLB Cờ vua\r\nLOCATION:P.101\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
async def operator(stand: Stand) -> AsyncIterator[Client]:
    stand.hub.schools = Schools(stand.hub.engine, held_folder=held_folder(stand.hub.config.hub.data_dir))
    async with client_of(stand) as made:
        await sign_in(made)
        made.headers["x-csrf-token"] = await csrf_of(made)
        yield made


async def sent(client: Client, content: str, name: str = "tkb.xml", **query: str) -> Any:
    answer = await client.post("/api/v1/imports", params={"school": SCHOOL, "name": name} | query, content=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def rows(client: Client, number: int, **query: object) -> Any:
    answer = await client.get(f"/api/v1/imports/{number}/rows", params={k: str(v) for k, v in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def content(page: Any) -> list[tuple[Any, ...]]:
    return sorted((row["table"], row["state"], row["key"], row["name"]) for row in page["rows"])


async def test_waiting_holding_and_taken_back_are_told_alike(operator: Client) -> None:
    number = (await sent(operator, WHOLE))["entry"]["id"]
    waiting = await rows(operator, number, limit=500)
    cards = next(one for one in waiting["tables"] if one["table"] == "cards")
    assert (cards["added"], cards["changed"], cards["ended"], cards["name"]["vi"]) == (5, 0, 0, "ô thời khóa biểu")
    assert waiting["total"] == sum(one["added"] for one in waiting["tables"]) == waiting["states"]["added"]
    await operator.post(f"/api/v1/imports/{number}/apply")
    holding = await rows(operator, number, limit=500)
    assert content(holding) == content(waiting)
    assert holding["tables"] == waiting["tables"]
    back = (await operator.post(f"/api/v1/imports/{number}/undo")).json()["entry"]["id"]
    undone = await rows(operator, number, limit=500)
    assert content(undone) == content(waiting)
    undoing = await rows(operator, back, limit=500)
    assert {row["state"] for row in undoing["rows"]} == {"ended"}
    assert len(undoing["rows"]) == len(waiting["rows"])


async def test_a_change_an_end_and_what_stays_of_a_second_file(operator: Client) -> None:
    await sent(operator, WHOLE, ask="false")
    fewer = "".join(one for one in LINES if "<card " not in one or 'lessonid="L1"' in one)
    changed = fewer.replace('name="Toán"', 'name="Toán học"')
    assert changed != fewer
    number = (await sent(operator, changed))["entry"]["id"]
    seen = []
    for _ in range(2):  # waiting, then applied
        page = await rows(operator, number, limit=500)
        subject = next(row for row in page["rows"] if row["table"] == "subjects")
        assert (subject["state"], subject["fields"]) == (
            "changed",
            [{"field": "name", "old": "Toán", "new": "Toán học"}],
        )
        ended = await rows(operator, number, shown="ended", table="cards")
        assert ended["total"] == ended["states"]["ended"] == len(ended["rows"]) > 0
        assert all("giảm" in row["why"]["vi"] for row in ended["rows"])  # the shrink it was held for
        assert all(" · " in row["name"] for row in ended["rows"])  # lesson, time and room in words
        suspicious = await rows(operator, number, shown="suspicious", table="cards")
        assert content(suspicious) == content(ended)
        seen.append((page["tables"], content(page)))
        await operator.post(f"/api/v1/imports/{number}/apply")
    assert seen[0] == seen[1]


async def test_pages_do_not_overlap_and_miss_nothing(operator: Client) -> None:
    number = (await sent(operator, WHOLE))["entry"]["id"]
    every = (await rows(operator, number, limit=500))["rows"]
    paged: list[Any] = []
    while len(paged) < len(every):
        page = await rows(operator, number, offset=len(paged), limit=7)
        assert (page["total"], page["offset"]) == (len(every), len(paged))
        assert page["rows"]
        paged += page["rows"]
    assert paged == every
    assert (await rows(operator, number, offset=9_999))["rows"] == []


async def test_pupils_are_digests_and_counts(operator: Client) -> None:
    sheet = "Mã HS;Họ và tên;Lớp\n0001;Bí Mật Một;7A\n0002;Bí Mật Hai;7B\n"
    number = (await sent(operator, sheet, name="ds.csv"))["entry"]["id"]
    for _ in range(2):
        page = await rows(operator, number, limit=500)
        assert "Bí Mật" not in str(page)
        assert "0001" not in str(page["rows"])
        assert page["pupils"][0]["vi"] == "1 học sinh mới ở lớp 7A"
        assert {row["table"] for row in page["rows"]} >= {"classes", "people"}
        assert "enrolments" not in {row["table"] for row in page["rows"]}
        await operator.post(f"/api/v1/imports/{number}/apply")


async def test_rooms_nobody_knows_are_one_line_with_their_names(stand: Stand, operator: Client) -> None:
    number = (await sent(operator, WHOLE, ask="false"))["entry"]["id"]
    met = (await rows(operator, number))["rooms"]
    assert (met["total"], met["known"], len(met["unknown"])) == (met["total"], 0, met["total"])
    suspicious = await rows(operator, number, shown="suspicious", table="rooms")
    assert suspicious["total"] == met["total"]
    assert all("trường không có phòng" in row["why"]["vi"] for row in suspicious["rows"])
    room = stand.hub.registry.rooms(SCHOOL)[0]
    url = f"/api/v1/rooms/{SCHOOL}.{room.id}/aliases"
    assert (await operator.post(url, json={"alias": met["unknown"][0]})).status_code == 200
    assert (await rows(operator, number))["rooms"]["known"] == 1


async def test_a_calendar_beside_the_timetable_is_offered_a_source_of_its_own(stand: Stand, operator: Client) -> None:
    await sent(operator, WHOLE, ask="false")
    held = (await sent(operator, CALENDAR, name="clb.ics"))["entry"]
    assert held["status"] == "held"
    hint = (await rows(operator, held["id"]))["other_source"]
    assert "tkb.xml" in hint["vi"]
    assert "là lịch iCalendar" in hint["vi"]
    assert "is iCalendar; what is in force came from tkb.xml (aSc Timetables)" in hint["en"]
    beside = await sent(operator, CALENDAR, name="clb.ics", source="câu lạc bộ")
    assert (beside["entry"]["status"], beside["entry"]["source"]) == ("held", "câu lạc bộ")  # it was asked for
    page = await rows(operator, beside["entry"]["id"])
    assert (page["other_source"], page["states"]["ended"]) == (None, 0)
    await operator.post(f"/api/v1/imports/{beside['entry']['id']}/apply")
    plan = stand.hub.schools.schedule(SCHOOL)
    assert plan is not None
    assert {"CLB Cờ vua"} <= {
        one.subject for one in plan.school_day(_thursday()).elsewhere + plan.school_day(_thursday()).lessons
    }
    listed = (await operator.get(f"/imports?school={SCHOOL}")).text
    assert '<option value="câu lạc bộ">' in listed
    for wrong in ("hand", " x", "a\tb"):
        answer = await operator.post(
            "/api/v1/imports", params={"school": SCHOOL, "name": "x.ics", "source": wrong}, content=CALENDAR
        )
        assert (answer.status_code, answer.json()["field"]) == (422, "source"), wrong


def _thursday() -> Any:
    from datetime import date

    return date(2026, 11, 26)


async def test_an_edit_by_hand_is_told_by_its_rows(operator: Client) -> None:
    edit = {"type": "day", "day": "2026-11-25", "kind": "holiday", "title": "Hội khỏe"}
    done = (await operator.post(f"/api/v1/schools/{SCHOOL}/edits", json=edit)).json()
    page = await rows(operator, done["import_id"])
    assert content(page) == [("days", "added", "2026-11-25", "Hội khỏe")]


async def test_a_refused_file_and_a_number_nobody_has(operator: Client, stand: Stand) -> None:
    refused = (await sent(operator, "không là gì cả", name="x.txt"))["entry"]
    assert refused["status"] == "refused"
    page = await rows(operator, refused["id"])
    assert (page["total"], page["tables"], page["rooms"]) == (0, [], None)
    assert (await operator.get("/api/v1/imports/999999/rows")).status_code == 404
    assert (await operator.get(f"/api/v1/imports/{2**40}/rows")).status_code == 422
    async with client_of(stand) as stranger:
        assert (await stranger.get(f"/api/v1/imports/{refused['id']}/rows")).status_code == 401


async def test_a_link_opens_the_import_with_its_first_page(operator: Client, tmp_path: Path) -> None:
    del tmp_path
    number = (await sent(operator, WHOLE))["entry"]["id"]
    page = (await operator.get(f"/imports?school={SCHOOL}&show={number}")).text
    first = page.split('id="rows-data">')[1].split("</script>")[0]
    assert '"states"' in first
    assert (await operator.get(f"/imports?school={SCHOOL}&show=999999")).status_code == 200
    assert (await operator.get(f"/imports?school={SCHOOL}&show=²")).status_code == 200


async def test_a_roster_of_classes_another_source_has_is_offered_that_source(operator: Client) -> None:
    lists = "Mã,Họ và tên,Lớp\n" + "".join(f"HS{n},Bí Mật {n},6A{n % 2 + 1}\n" for n in range(6))
    whole = await sent(operator, lists, name="all.csv", source="van-phong", ask="false")
    assert whole["entry"]["status"] == "applied"
    part = await sent(operator, "\n".join(lists.split("\n")[:4]), name="two.csv", ask="false")
    assert part["entry"]["status"] == "held"
    assert "đã có trong nguồn van-phong" in part["doubts"][0]["reason"]["vi"]
    assert (await rows(operator, part["entry"]["id"]))["other_source"]["en"].startswith("It has classes another source")


def test_every_field_a_row_may_change_has_words() -> None:
    models = [*(model for _, model, _ in school_rows.ROSTER), *(model for _, model, _, _ in school_rows.PLAN)]
    tables = [model.metadata.tables[model.__tablename__] for model in models]
    fields = {column.name for table in tables for column in table.columns} - OWN - {"key"}
    assert {f"imports.field_{field}" for field in fields} == {key for key in TEXTS if key.startswith("imports.field_")}
