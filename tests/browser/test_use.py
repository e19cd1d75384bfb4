"""What people do: filter, switch language, settle things in two clicks, watch values change and grow old."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from hub.live.publish import Changes
from hub.live.views import RoomStatus
from hub.stores.duckdb import DuckDbSeries
from tests.browser.conftest import School, shot
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL, build, value
from tests.hub.web.stand import MovingClock, served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
UID = f"{SCHOOL}.a101"
NEW = "0x00158d0007a3c1f2"

HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def cards(page: Page) -> Any:
    return page.locator(".card:not(.skeleton)")


def test_a_change_arrives_without_reload(school: School, page_of: Any) -> None:
    with page_of() as page:
        page.goto(school.address)
        expect(cards(page)).to_have_count(12)
        page.evaluate("window.stayed = true")
        view = school.stand.live.rooms[UID]
        began = time.monotonic()
        values = view.values | {"co2_ppm": value("co2_ppm", 1777, school.clock())}
        school.show(msgspec.structs.replace(view, values=values, status=RoomStatus.OCCUPIED_UNSCHEDULED))
        card = page.locator(f'[data-room="{UID}"]')
        expect(card.locator(".figure")).to_contain_text("1 777")
        assert time.monotonic() - began < 1.0
        expect(card.locator(".tag")).to_have_text("Có người, không có tiết")
        expect(page.locator('.chip[data-status="occupied_unscheduled"] b')).to_have_text("2")
        assert page.evaluate("window.stayed") is True


def test_filters_by_mouse_and_keyboard_and_address(school: School, page_of: Any) -> None:
    with page_of() as page:
        page.goto(school.address)
        page.locator('.chip[data-status="idle"]').click()
        expect(cards(page)).to_have_count(2)
        assert "status=idle" in page.url
        page.locator('.chip[data-status=""]').focus()
        page.keyboard.press("Enter")
        expect(cards(page)).to_have_count(12)
        page.locator("#building").select_option("b")
        expect(cards(page)).to_have_count(6)
        page.locator("#attention").focus()
        page.keyboard.press("Space")
        expect(page.locator(".building h2").first).to_have_text("Cần chú ý")
        page.reload()
        expect(cards(page)).to_have_count(6)
        expect(page.locator("#attention")).to_have_attribute("aria-pressed", "true")
        page.locator('.chip[data-status="occupied_unscheduled"]').click()
        expect(page.get_by_text("Không phòng nào khớp")).to_be_visible()
        page.get_by_role("button", name="Hiện mọi phòng").click()
        expect(cards(page)).to_have_count(12)
        shot(page, "wall-attention-desktop")


def test_the_language_switch_keeps_the_place(school: School, page_of: Any) -> None:
    with page_of() as page:
        page.goto(f"{school.address}/?status=idle")
        expect(cards(page)).to_have_count(2)
        page.get_by_role("link", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(cards(page)).to_have_count(2)
        expect(page.locator(".card .tag").first).to_have_text("Free")
        expect(page.locator(".fact").first).to_contain_text(".")
        shot(page, "wall-english-desktop")


def test_old_values_look_old_and_a_lost_hub_is_said(school: School, page_of: Any) -> None:
    with page_of(cut=True) as page:
        page.goto(school.address)
        expect(page.locator(f'[data-room="{SCHOOL}.a104"]')).to_have_class("card stale")
        fresh = page.locator(f'[data-room="{UID}"]')
        first = fresh.locator(".age").inner_text()
        expect(fresh.locator(".age")).not_to_have_text(first)
        page.context.set_offline(True)
        school.soon(school.end_streams)
        expect(page.locator("#lost")).to_be_visible()
        expect(page.locator("#lost")).to_contain_text("Mất kết nối trực tiếp từ")
        later = fresh.locator(".age").inner_text()
        expect(fresh.locator(".age")).not_to_have_text(later)
        page.evaluate("const real = Date.now; Date.now = () => real() + 120000")
        expect(fresh).to_have_class("card hot stale")
        shot(page, "wall-lost-desktop")
        page.context.set_offline(False)
        expect(page.locator("#lost")).to_be_hidden()


def test_one_old_figure_among_fresh_ones_looks_old_and_says_since_when(school: School, page_of: Any) -> None:
    view = school.stand.live.rooms[UID]
    old = msgspec.structs.replace(view.values["co2_ppm"], at_ms=school.clock() - 20 * 60_000, stale=True)
    with page_of() as page:
        page.goto(school.address)
        card = page.locator(f'[data-room="{UID}"]')
        expect(card.locator(".figure")).not_to_have_class("figure old")
        school.show(msgspec.structs.replace(view, values=view.values | {"co2_ppm": old}))
        expect(card.locator(".figure")).to_have_class("figure old")
        expect(card.locator(".since-old")).to_contain_text("cũ, lúc")
        expect(card.locator(".trend")).to_have_count(0)
        expect(card.locator(".spark")).to_have_class("spark old")
        expect(card).not_to_have_class("card stale")


def test_a_room_under_maintenance_says_so_and_not_that_it_has_no_data(school: School, page_of: Any) -> None:
    view = school.stand.live.rooms[UID]
    with page_of() as page:
        page.goto(school.address)
        expect(cards(page)).to_have_count(12)
        chip = page.locator('.chip[data-status="maintenance"]')
        expect(chip.locator("b")).to_have_text("1")
        unknown = page.locator('.chip[data-status="unknown"] b').inner_text()
        school.show(msgspec.structs.replace(view, status=RoomStatus.UNKNOWN, maintenance="Thay cửa sổ"))
        card = page.locator(f'[data-room="{UID}"]')
        expect(card.locator(".tag")).to_have_text("Đang bảo trì")
        expect(card.locator(".why")).to_have_text("Thay cửa sổ")
        expect(page.locator('.chip[data-status="unknown"] b')).to_have_text(unknown)
        chip.click()
        expect(cards(page)).to_have_count(2)


def test_signed_out_the_first_press_leads_to_signing_in_and_a_wrong_password_keeps_the_name(
    school: School, page_of: Any
) -> None:
    with page_of("phone", cut=True) as page:
        page.goto(f"{school.address}/devices")
        page.locator(".task").first.get_by_role("button", name="Chấp nhận").click()
        page.wait_for_url("**/login?next=*")
        page.get_by_label("Tên").fill("operator")
        page.get_by_label("Mật khẩu").fill("sai")
        page.get_by_role("button", name="Đăng nhập").click()
        expect(page.get_by_role("alert")).to_have_text("Tên hoặc mật khẩu không đúng.")
        expect(page.get_by_label("Tên")).to_have_value("operator")
        expect(page.get_by_label("Mật khẩu")).to_be_focused()


def test_a_gateway_is_accepted_in_two_clicks(school: School, page_of: Any) -> None:
    with page_of(operator=True) as page:
        page.goto(f"{school.address}/devices")
        expect(page.locator(".task")).to_have_count(2)
        shot(page, "devices-operator-desktop")
        page.locator(".task").first.get_by_role("button", name="Chấp nhận").click()
        page.get_by_role("button", name="Bấm lần nữa để chấp nhận").click()
        expect(page.locator(".toast.shown")).to_have_text("Đã chấp nhận gw-b2")
        expect(page.locator(".task")).to_have_count(1)
        assert school.stand.hub.registry.accepted(SCHOOL, "gw-b2")


def test_a_device_gets_its_room_by_keyboard(school: School, page_of: Any) -> None:
    with page_of("phone", operator=True) as page:
        page.goto(f"{school.address}/devices")
        task = page.locator(".task", has=page.locator("select"))
        task.get_by_label("Phòng").first.focus()
        page.keyboard.type("B1")
        assert task.locator("select").first.input_value().startswith("b1")
        chosen = task.locator("select").first.input_value()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".toast.shown")).to_contain_text("Đã gán")
        expect(task).to_have_count(0)
        device = school.stand.hub.registry.device(SCHOOL, NEW)
        assert device is not None
        assert device.room == chosen
        assert school.stand.hub.registry.room_of(SCHOOL, NEW, school.clock() - 8 * 60_000) == chosen


def test_a_sensor_is_calibrated_and_put_under_maintenance(school: School, page_of: Any) -> None:
    with page_of(operator=True) as page:
        page.goto(f"{school.address}/devices")
        row = page.locator(".device", has_text="a101-co2")
        row.get_by_role("button", name="Sửa").click()
        shot(page, "devices-change-desktop")
        row.get_by_label("Độ lệch").fill("-25")
        row.locator("form", has_text="Hiệu chuẩn").get_by_role("button", name="Lưu").click()
        expect(page.locator(".toast.shown")).to_have_text("Đã lưu")
        now_ms = school.clock()
        registry = school.stand.hub.registry
        assert registry.calibrated(SCHOOL, "a101-co2", now_ms + 1000, {"co2_ppm": 1000.0}) == {"co2_ppm": 975.0}
        page.goto(f"{school.address}/rooms/{UID}")
        page.get_by_label("Việc đang làm").fill("Thay cửa")
        page.get_by_role("button", name="Bắt đầu bảo trì").click()
        expect(page.locator(".toast.shown")).to_have_text("Đang bảo trì")
        assert registry.maintenance_of(SCHOOL, room="a101", t_ms=school.clock()) is not None


def test_a_replaced_sensor_gives_its_room_and_waits_for_nobody(school: School, page_of: Any) -> None:
    with page_of(operator=True) as page:
        page.goto(f"{school.address}/devices")
        expect(page.locator(".task")).to_have_count(2)
        row = page.locator(".device", has_text=NEW)
        row.get_by_role("button", name="Sửa").click()
        form = row.locator("form", has_text="Thay cảm biến hỏng")
        form.get_by_label("Thiết bị cũ").select_option("a101-co2")
        form.get_by_role("button", name="Lưu").click()
        expect(page.locator(".toast.shown")).to_have_text("Đã lưu")
        expect(page.locator(".task")).to_have_count(1)
        assert school.stand.hub.registry.room_of(SCHOOL, NEW, school.clock() + 1_000) == "a101"
        expect(page.locator(".device", has_text="đã tháo khỏi phòng")).to_have_count(1)


def test_charts_are_read_by_mouse_and_keys_and_ranges_change(school: School, page_of: Any) -> None:
    with page_of() as page:
        page.goto(f"{school.address}/rooms/{UID}")
        chart = page.locator(".plot.wide .chart")
        chart.locator(".line").first.wait_for()
        expect(chart.locator(".fan")).to_have_count(1)
        box = chart.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 100)
        readouts = page.locator(".readout")
        expect(readouts.first).to_contain_text("ppm")
        expect(readouts.nth(1)).to_contain_text("°C")
        shot(page, "room-readout-desktop")
        page.mouse.move(10, 10)
        expect(readouts.first).to_have_text("")
        chart.focus()
        page.keyboard.press("ArrowLeft")
        before = readouts.first.inner_text()
        page.keyboard.press("ArrowLeft")
        expect(readouts.first).not_to_have_text(before)
        for name in ("24 giờ", "7 ngày", "30 ngày"):
            page.get_by_role("button", name=name).click()
            expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
            page.wait_for_function("document.querySelectorAll('.plot.wide .line').length > 0")
            shot(page, f"room-{name.replace(' ', '')}-desktop")


def test_hidden_tabs_give_their_connection_back(school: School, page_of: Any) -> None:
    with page_of() as page:
        page.goto(school.address)
        expect(cards(page)).to_have_count(12)
        fanout = school.stand.hub.fanout
        wait_until(lambda: fanout.viewers == 1)
        page.evaluate(HIDE, True)
        wait_until(lambda: fanout.viewers == 0)
        view = school.stand.live.rooms[UID]
        school.show(
            msgspec.structs.replace(view, values=view.values | {"co2_ppm": value("co2_ppm", 1888, school.clock())})
        )
        page.evaluate(HIDE, False)
        expect(page.locator(f'[data-room="{UID}"] .figure')).to_contain_text("1 888")


def test_a_thousand_rooms_stay_light(browser: Browser, tmp_path: Path) -> None:
    clock = MovingClock()
    stand = build(tmp_path, DuckDbSeries, rooms=1000, clock=clock)
    with served(stand) as (address, loop):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        expect(cards(page)).to_have_count(1000)
        expect(page.locator(".card .tag").first).to_be_visible()
        views = tuple(stand.live.rooms.values())
        changed = tuple(
            msgspec.structs.replace(v, values=v.values | {"co2_ppm": value("co2_ppm", 1234, clock())}) for v in views
        )
        loop.call_soon_threadsafe(stand.hub.fanout.publish, Changes(clock(), changed))
        expect(page.locator(".card .figure").first).to_contain_text("1 234")
        # A room far below is drawn, with its newest value, when somebody goes there.
        last = cards(page).last
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        expect(last.locator(".figure")).to_contain_text("1 234")
        assert page.locator(".card .tag svg").count() < 400
        page.close()
    stand.close()


def wait_until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_maintenance_of_the_past_is_told_and_taken_back_by_keyboard(school: School, page_of: Any) -> None:
    registry, past_ms = school.stand.hub.registry, NOW_MS - 24 * 60 * MIN
    with page_of("phone", operator=True) as page:
        page.goto(f"{school.address}/rooms/{SCHOOL}.a101")
        works = page.locator("#works")
        works.locator("summary").focus()
        page.keyboard.press("Enter")
        works.get_by_text("Chưa ghi lần bảo trì nào.").wait_for()
        works.locator("[name=from]").fill(local_time(past_ms))
        works.locator("[name=to]").fill(local_time(past_ms - 60 * MIN))
        works.locator("[name=note]").fill("Sơn tường")
        page.keyboard.press("Enter")
        works.get_by_text("bảo trì phải kết thúc sau khi bắt đầu").wait_for()
        expect(works.locator("[name=to]")).to_be_focused()
        works.locator("[name=to]").fill(local_time(past_ms + 60 * MIN))
        page.keyboard.press("Enter")
        told = works.locator("#work-list li", has_text="Sơn tường")
        expect(told).to_contain_text("2026")
        assert works.locator(".field-error").count() == 0
        assert registry.maintenance_of(SCHOOL, room="a101", t_ms=past_ms + 30 * MIN) is not None
        told.get_by_role("button").focus()
        page.keyboard.press("Enter")
        expect(told.get_by_role("button")).to_have_text("Bấm lần nữa để xóa")
        page.keyboard.press("Enter")
        works.get_by_text("Chưa ghi lần bảo trì nào.").wait_for()
        expect(works.locator("summary")).to_be_focused()
        assert registry.maintenance_of(SCHOOL, room="a101", t_ms=past_ms + 30 * MIN) is None


def local_time(t_ms: int) -> str:
    """As a field for date and time takes it, in the school's zone."""
    return datetime.fromtimestamp(t_ms / 1000, ZoneInfo("Asia/Ho_Chi_Minh")).strftime("%Y-%m-%dT%H:%M")
