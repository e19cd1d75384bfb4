"""The timetable, a teacher's page and editing by hand, driven in a real browser on a real timetable."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from playwright.sync_api import expect

from hub.registry.retiring import Retiring
from hub.school.changes import ChangeKind, DayChange
from hub.school.edits import SetChange
from tests.browser.conftest import SIZES, School, shot
from tests.browser.test_look import CONTRAST, SMALL_TARGETS
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL
from tests.hub.web.planned import DAY_MS, lived, plan_of, planned_stand, used
from tests.hub.web.stand import MovingClock, served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    """As everywhere, with a real timetable, records of yesterday and today, and one use nobody planned."""
    clock = MovingClock()
    stand = planned_stand(tmp_path, clock)
    stand.hub.schools.make_ready(SCHOOL, clock())
    for room in ("a101", "a102"):
        lived(stand, room, NOW_MS)
    used(stand, "a101", NOW_MS - DAY_MS - 170 * MIN, 40)
    with served(stand) as (address, loop):
        yield School(stand, address, clock, loop.call_soon_threadsafe)
    stand.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_the_pages_look_right(school: School, page_of: Any, size: str, scheme: str) -> None:
    teacher = plan_of(school.stand).teachers.all[0].key
    pages = {
        "timetable": ("/timetable?room=a101", ".slot.held"),
        "now-choice": ("/now", "#teachers a"),
        "now": (f"/now/me?school={SCHOOL}&teacher={teacher}", "#day li"),
        "school": ("/school#rooms", ".room-card"),
    }
    with page_of(size, scheme, operator=True) as page:
        for name, (path, drawn) in pages.items():
            page.goto(school.address + path)
            page.locator(drawn).locator("visible=true").first.wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], name
            assert page.evaluate(CONTRAST) == [], name
            if size == "phone":
                assert page.evaluate(SMALL_TARGETS) == [], name
            shot(page, f"{name}-{size}-{scheme}")


def test_a_lesson_says_what_happened(school: School, page_of: Any) -> None:
    with page_of("desktop") as page:
        page.goto(f"{school.address}/timetable?room=a101")
        page.locator(".slot.uneven").first.click()
        detail = page.locator("#detail")
        detail.get_by_text("Muộn 12, nghỉ sớm 15 phút").wait_for()
        detail.get_by_text("34 (30–38)").wait_for()
        expect(page.locator(".slot.uneven .figures").first).to_contain_text("≈ 30–38 người")
        page.keyboard.press("Escape")
        assert not detail.is_visible()
        page.get_by_text("Dùng ngoài lịch").first.wait_for()
        page.locator("#picker summary").click()
        page.get_by_role("button", name="Giáo viên").click()
        page.get_by_placeholder("Tìm theo tên").fill("do khanh")
        page.get_by_role("link", name="Đỗ Khánh Linh").click()
        page.get_by_role("heading", name="Giáo viên Đỗ Khánh Linh").wait_for()
        assert "linh" not in page.url.lower()


WORDS_FIT = "(card) => [...card.querySelectorAll('.what, .when')].every((e) => e.scrollWidth <= e.clientWidth)"
BOXES = "[...document.querySelectorAll('.day.today .slot')].map((e) => e.getBoundingClientRect().toJSON())"


def test_short_lessons_stay_readable_and_now_is_marked(school: School, page_of: Any) -> None:
    """A quarter of an hour and five minutes right after it: each a line of words, none over another."""
    teacher, at_ms = plan_of(school.stand).teachers.all[0], school.clock()
    day = datetime.fromtimestamp(NOW_MS / 1000, ZoneInfo("Asia/Ho_Chi_Minh")).date()
    for number, (subject, start_min, end_min) in enumerate([("Chào cờ", 605, 620), ("Điểm danh", 620, 625)]):
        added = DayChange(
            f"X{number}", day, ChangeKind.EXTRA, start_min=start_min, end_min=end_min, rooms=("a101",),
            teachers=(teacher.id,), classes=("C0",), subject=subject,
        )  # fmt: skip
        school.stand.hub.schools.edit(SCHOOL, SetChange(added), "operator", at_ms + number)
    school.stand.hub.schools.make_ready(SCHOOL, at_ms)
    with page_of("desktop") as page:
        page.goto(f"{school.address}/timetable?room=a101")
        for subject in ("Chào cờ", "Điểm danh"):
            card = page.locator(".day.today .slot.short", has_text=subject)
            card.wait_for()
            assert card.evaluate(WORDS_FIT), subject
            assert "6A1" in (card.get_attribute("title") or "")
        boxes = page.evaluate(BOXES)
        for one, other in combinations(boxes, 2):
            apart = one["bottom"] <= other["top"] + 1 or other["bottom"] <= one["top"] + 1
            assert apart or one["right"] <= other["left"] + 1 or other["right"] <= one["left"] + 1
        page.wait_for_function(
            "document.querySelector('#clock').innerText.startsWith(document.querySelector('.now-time').innerText)"
        )
        assert page.locator(".now-line").is_visible()
        school.clock.shift_ms += 12 * 60 * MIN  # in the evening no line stands for now
        page.reload()
        page.locator(".day.today .slot").first.wait_for()
        assert not page.locator(".now-line").is_visible()


def test_on_a_phone_it_is_one_day_at_a_time(school: School, page_of: Any) -> None:
    with page_of("phone") as page:
        page.goto(f"{school.address}/timetable?room=a101")
        page.locator(".day.shown").wait_for()
        assert page.locator(".day.shown").get_attribute("id") == "day-2026-11-24"  # today first
        page.get_by_role("tab", name="23").click()
        assert page.locator(".day.shown").get_attribute("id") == "day-2026-11-23"
        page.keyboard.press("ArrowRight")
        assert page.locator(".day.shown").get_attribute("id") == "day-2026-11-24"


def test_a_lesson_is_moved_and_the_move_taken_back(school: School, page_of: Any) -> None:
    with page_of("desktop", operator=True) as page:
        page.goto(f"{school.address}/school")
        page.get_by_role("button", name="Đổi phòng").click()
        page.locator("#changes-panel [name=day]").fill("2026-11-25")
        page.wait_for_function("document.querySelector('[name=lesson]').options.length > 5")
        form = page.locator("#changes-panel form").first
        form.get_by_role("button", name="Xem trước").click()
        page.locator(".field-error").wait_for()  # no lesson chosen: said beside the field
        assert form.locator("[name=lesson]").get_attribute("aria-invalid") == "true"
        form.locator("[name=lesson]").select_option(index=1)
        form.locator("[name=rooms]").select_option("b202")
        form.get_by_role("button", name="Xem trước").click()
        page.locator("#propose-words").get_by_text("1 tiết đổi phòng").wait_for()
        shot(page, "school-preview-desktop", full=False)
        page.locator("#propose-apply").click()
        page.locator("#changes-panel .hand li").first.wait_for()
        page.locator("#undo-bar button").click()
        page.get_by_text("Chưa có thay đổi nào bằng tay.").wait_for()


def test_a_device_is_hung_in_two_clicks(school: School, page_of: Any) -> None:
    with page_of("phone", operator=True) as page:
        page.goto(f"{school.address}/school#rooms")
        page.locator("#room-a101 > summary").click()
        page.locator("#room-a101 [name=device]").select_option("+0x00158d0007a3c1f2")
        page.locator("#room-a101").get_by_role("button", name="Ghi").click()
        page.locator("#room-a101 .hung li", has_text="0x00158d0007a3c1f2").wait_for()
        assert school.stand.hub.registry.room_of(SCHOOL, "0x00158d0007a3c1f2", school.clock()) == "a101"


def test_a_room_is_renamed_by_keyboard_and_one_stays_at_it(school: School, page_of: Any) -> None:
    registry = school.stand.hub.registry
    room = registry.room(SCHOOL, "a101")
    assert room is not None
    registry.add_room(msgspec.structs.replace(room, aliases=(room.name, "P.101")), now_ms=school.clock())
    with page_of("desktop", operator=True) as page:
        page.goto(f"{school.address}/school#rooms")
        summary = page.locator("#room-a101 > summary")
        expect(summary.locator(".small").first).to_have_text("P.101")  # its name stands there already
        summary.focus()
        page.keyboard.press("Enter")
        page.locator("#room-a101 [name=name]").first.fill("Phòng nhạc")
        page.keyboard.press("Enter")
        expect(summary.get_by_text("Phòng nhạc")).to_be_visible()
        expect(summary).to_be_focused()
        expect(page.locator("#room-a101")).to_have_attribute("open", "")


def test_who_retires_a_room_reads_what_is_planned_there(school: School, page_of: Any) -> None:
    with page_of("phone", operator=True) as page:
        page.goto(f"{school.address}/school#rooms")
        page.locator("#room-a103 > summary").click()
        box = page.locator("#room-a103 .retire")
        box.locator("summary").click()
        expect(box.get_by_role("status")).to_contain_text("tiết mỗi tuần xếp ở đây từ 25/11/2026")
        box.locator("[name=since]").fill("2026-11-24")
        expect(box.get_by_role("status")).to_contain_text("hôm nay vẫn tính là đang dùng")


def test_how_long_until_the_next_lesson_is_told_to_the_minute(school: School, page_of: Any) -> None:
    plan = plan_of(school.stand)
    first = min(plan.day("a101", NOW_MS), key=lambda one: one.start_ms)
    teacher = plan.teachers.by_id[first.teacher_ids[0]].key
    school.clock.shift_ms = first.start_ms - 87 * MIN - NOW_MS
    with page_of("phone") as page:
        page.goto(f"{school.address}/now/me?school={SCHOOL}&teacher={teacher}")
        expect(page.locator("#left")).to_contain_text(re.compile(r"sau 1 giờ \d+ phút"))


def test_days_of_a_room_out_of_use_say_so(school: School, page_of: Any) -> None:
    order = Retiring(date(2026, 11, 26), "Sửa mái", take_out=True)
    hub = school.stand.hub
    hub.registry.retire_room(SCHOOL, "a103", order, school.clock())
    hub.schools.notice_rooms(hub.registry.rooms_ever)
    with page_of("desktop") as page:
        page.goto(f"{school.address}/timetable?room=a103")
        note = page.locator("#day-2026-11-26 .free-note")
        expect(note).to_have_text("Phòng ngừng dùng từ 26/11")
        expect(page.locator("#day-2026-11-25 .slot").first).to_be_visible()
        page.goto(f"{school.address}/timetable?room=a103&week=2027-W01")
        expect(page.locator("#plan")).to_contain_text("Phòng ngừng dùng từ 26/11/2026")


def test_a_teachers_page_follows_the_room(school: School, page_of: Any) -> None:
    from tests.hub.web.doubles import value

    lesson = plan_of(school.stand).at("a101", NOW_MS)
    assert lesson is not None
    teacher = plan_of(school.stand).teachers.by_id[lesson.teacher_ids[0]].key
    with page_of("phone") as page:
        page.goto(f"{school.address}/now/me?school={SCHOOL}&teacher={teacher}")
        page.locator("#room header b").wait_for()
        uid = f"{SCHOOL}.{page.locator('#room header b').inner_text().lower()}"
        view = school.stand.live.rooms[uid]
        many = view.values | {"co2_ppm": value("co2_ppm", 2345, school.clock())}
        over = msgspec.structs.replace(view.forecast, over=True)
        school.show(msgspec.structs.replace(view, values=many, forecast=over, stale=False, maintenance=None))
        page.get_by_text("2 345 ppm").wait_for()
        page.get_by_text("Mở cửa sổ").wait_for()
        expect(page.locator("#room dt", has_text="CO₂").locator("+ dd small")).to_contain_text(
            re.compile("vừa xong|trước")
        )


def test_who_is_relieved_reads_it_and_the_substitute_has_the_lesson(school: School, page_of: Any) -> None:
    plan, at_ms = plan_of(school.stand), school.clock()
    lesson = next(one for one in plan.day("a101", NOW_MS) if one.start_ms > NOW_MS)
    relieved, other = (plan.teachers.by_id[lesson.teacher_ids[0]], _free(plan, lesson))
    change = DayChange(
        "S1", datetime.fromtimestamp(NOW_MS / 1000, ZoneInfo("Asia/Ho_Chi_Minh")).date(), ChangeKind.SUBSTITUTION,
        lesson=lesson.id.partition("@")[0], teachers=(other.id,),
    )  # fmt: skip
    school.stand.hub.schools.edit(SCHOOL, SetChange(change), "operator", at_ms)
    school.stand.hub.schools.make_ready(SCHOOL, at_ms)
    with page_of("phone") as page:
        page.goto(f"{school.address}/now/me?school={SCHOOL}&teacher={relieved.key}")
        expect(page.locator("#taken")).to_contain_text(f"do {other.name} dạy thay bạn")
        expect(page.locator("#day .off")).to_contain_text(f"{other.name} dạy thay")
        assert page.evaluate(CONTRAST) == []
        page.goto(f"{school.address}/now/me?school={SCHOOL}&teacher={other.key}")
        page.locator("#day li", has_text="dạy thay").wait_for()
        assert not page.locator("#taken").is_visible()
        two = DayChange("S2", change.day, ChangeKind.ROOM, lesson=change.lesson, rooms=("b202", "a102"))
        school.stand.hub.schools.edit(SCHOOL, SetChange(two), "operator", at_ms + 1)
        school.stand.hub.schools.make_ready(SCHOOL, at_ms)
        page.goto(f"{school.address}/now/me?school={SCHOOL}&teacher={relieved.key}")
        expect(page.locator("#day .off")).to_have_count(2)  # a lesson in two rooms is still one that is taken
        assert page.locator("#taken").inner_text().count(other.name) == 1


def _free(plan: Any, lesson: Any) -> Any:
    """A teacher without a lesson when that one begins."""
    return next(one for one in plan.teachers.all if plan.at_teacher(one.id, lesson.start_ms) is None)
