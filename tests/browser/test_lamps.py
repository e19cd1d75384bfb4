"""A projector's lamp: its rated hours are set, changed and given back to the usual on the devices page."""

import re
from typing import Any

import msgspec
import pytest
from playwright.sync_api import expect

from hub.forecasts.rows import ForecastRows
from hub.live.views import DeviceView, RoomStatus
from tests.browser.conftest import School, shot
from tests.hub.web.doubles import SCHOOL, value

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
PROJECTOR = "a101-projector"


@pytest.fixture
def lamp(school: School) -> School:
    now_ms = school.clock()
    registry = school.stand.hub.registry
    registry.note_devices([(SCHOOL, PROJECTOR, "gw-a1", now_ms, "EB-X49")])
    registry.assign(SCHOOL, PROJECTOR, "a101", 0)
    hours = {"lamp_hours_h": value("lamp_hours_h", 2_310.0, now_ms, device=PROJECTOR)}
    school.stand.live.heard[PROJECTOR] = DeviceView(
        SCHOOL, PROJECTOR, PROJECTOR, "EB-X49", "gw-a1", "a101", now_ms, 60.0, False, True, hours
    )
    return school


def test_a_lamps_hours_are_set_and_given_back(lamp: School, page_of: Any) -> None:
    rows = ForecastRows(lamp.stand.hub.engine)
    with page_of(operator=True) as page:
        page.goto(f"{lamp.address}/devices")
        row = page.locator(".device", has_text=PROJECTOR)
        row.get_by_role("button", name="Sửa").click()
        form = row.locator("form", has_text="Tuổi thọ đèn")
        field = form.get_by_label("Giờ (100 đến")
        expect(field).to_have_attribute("placeholder", re.compile(r"^4\s000$"))
        field.fill("6000")
        form.get_by_role("button", name="Lưu").click()
        expect(page.locator(".toast.shown")).to_have_text("Đã lưu")
        assert rows.ratings(SCHOOL) == {PROJECTOR: 6_000}
        page.reload()
        row.get_by_role("button", name="Sửa").click()
        expect(field).to_have_value("6000")
        shot(page, "devices-lamp-desktop")
        field.fill("5")
        form.get_by_role("button", name="Lưu").click()
        assert rows.ratings(SCHOOL) == {PROJECTOR: 6_000}, "the browser holds back what no lamp lives"
        field.fill("")
        form.get_by_role("button", name="Lưu").click()
        expect(page.locator(".toast.shown")).to_have_text("Đã lưu")
        assert rows.ratings(SCHOOL) == {}
        other = page.locator(".device", has=page.locator("b", has_text="a101-co2"))
        other.get_by_role("button", name="Sửa").click()
        expect(other.locator("form", has_text="Tuổi thọ đèn")).to_have_count(0)


def test_the_room_page_tells_whether_the_limit_comes_before_the_bell(school: School, page_of: Any) -> None:
    view = school.stand.live.rooms[f"{SCHOOL}.a101"]
    calm = msgspec.structs.replace(view.forecast, minutes=None, minutes_low=None, minutes_high=None, over=False)
    with page_of() as page:
        page.goto(f"{school.address}/rooms/{SCHOOL}.a101")
        for chance, words in ((0.12, "không vượt"), (0.33, "Có thể vượt"), (0.6, "Có thể vượt")):
            told = msgspec.structs.replace(calm, before_bell=chance)
            school.show(msgspec.structs.replace(view, status=RoomStatus.IN_LESSON, forecast=told))
            expect(page.locator("#forecast .outlook")).to_contain_text(words)
            expect(page.locator("#forecast .outlook")).to_contain_text(f"{round(100 * chance)} %")
        told = msgspec.structs.replace(calm, minutes=12.0, minutes_low=6.0, before_bell=0.6)
        school.show(msgspec.structs.replace(view, status=RoomStatus.IN_LESSON, forecast=told))
        expect(page.locator("#forecast .outlook")).to_contain_text("sau khoảng 12 phút (sớm nhất 6)")
        shot(page, "room-before-bell-desktop")
