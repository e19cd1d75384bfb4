"""Bells by hand: the form starts from what rings, a change is told period by period, the imported ones come back."""

from typing import Any

import msgspec
import pytest

from hub.school.timetable import Bell
from hub.web.bells import Said, differences, ringing
from tests.hub.web.conftest import Client
from tests.hub.web.doubles import PERIODS, SCHOOL

EDITS = f"/api/v1/schools/{SCHOOL}/edits"


async def told(client: Client, edit: dict[str, Any]) -> Any:
    found = await client.get(f"{EDITS}/preview", params={"edit": msgspec.json.encode(edit).decode()})
    assert found.status_code == 200, found.text
    return found.json()


async def in_force(client: Client) -> dict[str, Any]:
    return {one["schedule"]: one for one in (await client.get(EDITS)).json()["bells"]}


async def test_the_form_starts_from_what_rings_with_source_and_age(planner: Client) -> None:
    usual = (await in_force(planner))[""]
    assert (usual["by_hand"], usual["source"], usual["file"]) == (False, "", "tkb.xml")
    assert usual["at"].endswith("+07:00")
    assert [bell["name"] for bell in usual["bells"]] == [name for name, _ in PERIODS]
    page = (await planner.get(f"/school?school={SCHOOL}")).text
    assert '"file":"tkb.xml"' in page


async def test_one_bell_is_moved_told_and_taken_back_to_the_imported(planner: Client) -> None:
    usual = (await in_force(planner))[""]
    before = usual["bells"]
    moved = [dict(bell) for bell in before]
    moved[-1]["end"] = "23:15"
    edit = {"type": "bells", "schedule": "", "bells": moved}
    preview = await told(planner, edit)
    last = before[-1]
    assert preview["words"][1:] == [
        {
            "vi": f"tiết {last['number']}: {last['start']}–{last['end']} → {last['start']}–23:15",
            "en": f"period {last['number']}: {last['start']}–{last['end']} → {last['start']}–23:15",
        }
    ]
    assert "thường ngày" in preview["words"][0]["vi"]
    assert "usual" in preview["words"][0]["en"]
    assert (await planner.post(EDITS, json=edit)).json()["status"] == "applied"
    now = (await in_force(planner))[""]
    assert (now["by_hand"], now["file"], now["bells"], now["imported"]) == (True, "", moved, before)

    back = {"type": "bells", "schedule": "", "bells": []}
    words = (await told(planner, back))["words"]
    assert f"{last['start']}–23:15 → {last['start']}–{last['end']}" in words[1]["vi"]
    assert (await planner.post(EDITS, json=back)).json()["status"] == "applied"
    again = (await in_force(planner))[""]
    assert (again["by_hand"], again["bells"], again["at"]) == (False, before, usual["at"])


async def test_a_period_left_out_has_to_be_meant(planner: Client) -> None:
    before = (await in_force(planner))[""]["bells"]
    edit = {"type": "bells", "schedule": "", "bells": before[:-1]}
    preview = await told(planner, edit)
    number = before[-1]["number"]
    assert f"bỏ tiết {number}" in preview["words"][1]["vi"]
    assert f"tiết {number} không còn giờ" in preview["clashes"][0]["vi"]
    assert (await planner.post(EDITS, json=edit)).status_code == 409
    assert "Không tiết nào khác" in (await told(planner, edit | {"bells": before}))["words"][1]["vi"]


async def test_a_schedule_of_ones_own_goes_as_a_whole(planner: Client) -> None:
    bells = [{"number": "1", "start": "07:30", "end": "08:10"}]
    assert (await planner.post(EDITS, json={"type": "bells", "schedule": "Đông", "bells": bells})).status_code == 200
    assert (await in_force(planner))["Đông"]["imported"] is None
    gone = {"type": "bells", "schedule": "Đông", "bells": []}
    assert "không còn giờ nào" in (await told(planner, gone))["words"][0]["vi"]
    assert (await planner.post(EDITS, json=gone)).status_code == 200
    assert set(await in_force(planner)) == {""}


def bell(number: str, start: int, schedule: str = "", name: str = "") -> Bell:
    return Bell(number, name, number, start, start + 45, schedule)


def test_the_hand_rings_before_the_usual_import_and_that_before_pulls() -> None:
    said = [Said(bell("1", 430), "so", "so.xml", 5), Said(bell("1", 420), "", "tkb.xml", 3)]
    assert [(one.source, one.at_ms, one.imported) for one in ringing(said)] == [("", 3, (bell("1", 420),))]
    by_hand = ringing([*said, Said(bell("1", 440), "hand", "set_bells", 9)])
    assert [(one.by_hand, one.bells[0].start_min, one.imported) for one in by_hand] == [(True, 440, (bell("1", 420),))]
    assert [one.schedule for one in ringing([Said(bell("1", 1, "Hè"), "", "", 1), Said(bell("1", 1), "", "", 1)])] == [
        "",
        "Hè",
    ]


@pytest.mark.parametrize(
    ("old", "new", "numbers"),
    [
        ([bell("1", 420)], [bell("1", 420)], []),
        ([bell("1", 420)], [bell("1", 425), bell("2", 480)], ["1", "2"]),
        ([bell("1", 420), bell("2", 480)], [bell("2", 480)], ["1"]),
        ([bell("1", 420)], [bell("1", 420, name="1")], []),
        ([bell("1", 420, name="Một")], [bell("1", 420, name="Hai")], ["1"]),
    ],
)
def test_only_what_differs_is_a_difference(old: list[Bell], new: list[Bell], numbers: list[str]) -> None:
    assert [one.number for one in differences(old, new)] == numbers
