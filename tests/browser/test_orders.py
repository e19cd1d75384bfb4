"""Orders, what gateways hear, and the rule: as they look, and from click to result through a real hub and broker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from hub.commands.configurations import Stored
from hub.live.policy import SCHOOL_DAY_MIN, Mode, Watched
from hub.live.reading import Happening
from tests.browser.conftest import SIZES, School, shot
from tests.browser.test_look import CONTRAST, SMALL_TARGETS
from tests.hub.commands.obedient import PASSWORD, Obedient, Operator, running_hub
from tests.hub.process import HubProcess, wait
from tests.hub.web.doubles import SCHOOL, stage_orders
from tests.sim.broker import Mosquitto
from wire.mapping import Mapping
from wire.messages import Heard

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


def told(school: School, result: str, **more: Any) -> None:
    """Its gateway says what became of the newest order."""
    order = school.stand.hub.desk.recent(SCHOOL)[0]
    data = {"command": order.id, "result": result} | more
    now_ms = school.clock()
    event = Happening(SCHOOL, order.gateway, "event-00001", order.gateway, "command_result", now_ms, now_ms, data)
    school.soon(school.stand.hub.desk.told, [event])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_orders_look_right(school: School, page_of: Any, size: str, scheme: str) -> None:
    stage_orders(school.stand, school.clock())
    with page_of(size, scheme, operator=True) as page:
        page.goto(f"{school.address}/rooms/{SCHOOL}.a101")
        page.locator(".control").first.wait_for()
        page.get_by_role("button", name="Tắt màn hình").click()
        expect(page.locator(".control", has_text="a101-board").locator(".order-state .tag")).to_have_text(
            "đang chờ kết quả"
        )
        told(school, "refused", detail_vi="bảng đang khởi động, thử lại sau một phút", detail_en="starting")
        expect(page.locator(".control .tag.bad")).to_have_text("bị từ chối")
        looked(page, f"orders-room-{size}-{scheme}", size)
        page.goto(f"{school.address}/devices")
        page.locator(".heard-line").first.wait_for()
        page.locator(".device", has_text="a101-plug").get_by_role("button", name="Bật", exact=True).click()
        page.locator(".order-line").nth(1).wait_for()
        page.locator(".device", has_text="a101-co2").get_by_role("button", name="Sửa").click()
        page.locator(".heard-line").nth(1).get_by_role("button", name="Sửa rồi chấp nhận").click()
        looked(page, f"orders-devices-{size}-{scheme}", size)


def looked(page: Page, name: str, size: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0], name
    assert page.evaluate(CONTRAST) == [], name
    if size == "phone":
        assert page.evaluate(SMALL_TARGETS) == [], name
    shot(page, name)


def test_a_calibration_warns_and_asks_twice(school: School, page_of: Any) -> None:
    stage_orders(school.stand, school.clock())
    with page_of(operator=True) as page:
        page.goto(f"{school.address}/devices")
        row = page.locator(".device", has_text="a101-co2")
        row.get_by_role("button", name="Sửa").click()
        form = row.locator("form", has_text="Hiệu chuẩn bằng không khí ngoài trời")
        expect(form.locator(".banner")).to_contain_text("ngoài trời ít nhất 20 phút")
        form.get_by_role("button", name="Gửi lệnh").click()
        assert school.stand.published == []
        form.get_by_role("button", name="Bấm lần nữa để gửi").click()
        expect(row.locator(".order-state .tag")).to_have_text("đang chờ kết quả")
        assert b"calibrate_outdoor" in school.stand.published[0][1]


def test_who_is_not_signed_in_sees_the_state_and_no_buttons(school: School, page_of: Any) -> None:
    stage_orders(school.stand, school.clock())
    with page_of("phone") as page:
        page.goto(f"{school.address}/rooms/{SCHOOL}.a101")
        expect(page.locator(".control")).to_have_count(2)
        expect(page.locator(".control button")).to_have_count(0)
        expect(page.get_by_role("link", name="Đăng nhập để điều khiển")).to_be_visible()
        page.goto(f"{school.address}/devices")
        expect(page.locator(".heard-line")).to_have_count(3)
        expect(page.locator(".heard-line button")).to_have_count(0)


def test_the_rule_runs_dry_before_it_may_be_on(school: School, page_of: Any) -> None:
    policies = school.stand.hub.policies
    with page_of("phone", operator=True) as page:
        page.goto(f"{school.address}/devices")
        rule = page.locator(".rule")
        expect(rule.get_by_role("button", name="Bật", exact=True)).to_be_disabled()
        expect(rule).to_contain_text("hãy cho chạy thử trước")
        rule.get_by_role("button", name="Chạy thử").click()
        expect(rule).to_contain_text(f"0/{SCHOOL_DAY_MIN} phút")
        found = policies.setting(SCHOOL, "displays-off")
        assert (found.mode, found.by) == (Mode.DRY_RUN, "operator")
        enough = msgspec.structs.replace(found, watched=Watched("2026-11-24", SCHOOL_DAY_MIN, SCHOOL_DAY_MIN))
        policies._settings[SCHOOL, "displays-off"] = enough
        rule.get_by_role("button", name="Bật", exact=True).click()
        rule.get_by_role("button", name="Bấm lần nữa để bật").click()
        expect(rule.locator("[data-mode=on]")).to_have_attribute("aria-pressed", "true")
        assert policies.setting(SCHOOL, "displays-off").mode is Mode.ON


def test_what_a_gateway_says_is_text_and_a_newer_configuration_is_not_called_in_use(
    school: School, page_of: Any
) -> None:
    now_ms = school.clock()
    stage_orders(school.stand, now_ms)
    evil = "<img src=x onerror=alert(1)>" * 6
    mapping = Mapping("nha/+/khi", "co2_ppm", evil)
    hub, states = school.stand.hub, school.stand.gateways.states
    states["gw-a1"] = msgspec.structs.replace(states["gw-a1"], heard=[Heard(evil, evil, evil, 1, "1", mapping)])
    hub.configurations._stored[SCHOOL, "gw-a1"] = Stored(SCHOOL, "gw-a1", 1, (mapping,), "op", now_ms)
    with page_of("phone", operator=True) as page:
        page.goto(f"{school.address}/devices")
        expect(page.locator(".heard-line")).to_have_count(2)
        expect(page.locator(".heard-line img")).to_have_count(0)
        expect(page.locator(".heard-line").first.locator(".tag")).to_have_text("không rõ có dùng không")
        page.locator(".heard-line").nth(1).get_by_role("button", name="Sửa rồi chấp nhận").click()
        looked(page, "orders-hostile-phone", "phone")


# ---- with nothing in between ----

HEARD = {
    "source": "mqtt",
    "topic": "vuon/+/khi",
    "path": "co2",
    "count": 12,
    "example": "812",
    "proposal": {"topic": "vuon/+/khi", "quantity": "co2_ppm", "path": "co2", "device": "{1}"},
}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[HubProcess, Obedient]]:
    with Mosquitto(tmp_path) as broker:
        made = running_hub(tmp_path, broker.port)
        Operator(made).close()  # makes the account
        made.start()
        gateway = Obedient(broker.port)
        gateway.heard = [HEARD]
        try:
            assert gateway.wait_for_hub()
            gateway.publish_state()
            wait(lambda: bool(made.web("/api/v1/schools/s/gateways/g1/heard")["heard"]), "the gateway is heard")
            yield made, gateway
        finally:
            gateway.stop()
            made.close()


@pytest.mark.broker
def test_from_click_to_result_and_from_proposal_to_use(browser: Browser, hub: tuple[HubProcess, Obedient]) -> None:
    process, gateway = hub
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://127.0.0.1:{process.web_port}/login?next=/rooms/s.a101")
    page.get_by_label("Tên").fill("op")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("button", name="Tắt màn hình").click()
    state = page.locator(".order-state .tag")
    expect(state).to_have_text("đang chờ kết quả")
    order = gateway.order()
    assert (order["kind"], order["args"]) == ("display_off", {"device": "a101-board"})
    gateway.answer(order["id"], "done")
    expect(state).to_have_text("đã xong")
    page.goto(f"http://127.0.0.1:{process.web_port}/devices")
    gateway.takes_configurations = False
    page.locator(".heard-line").get_by_role("button", name="Chấp nhận", exact=True).click()
    line = page.locator(".heard-line").first
    expect(line.locator(".tag")).to_have_text("chờ cổng xác nhận")
    wait(lambda: len(gateway.configurations) >= 2, "it is sent again")
    assert gateway.configurations[0]["settings"]["mappings"] == [HEARD["proposal"]]
    gateway.takes_configurations = True
    expect(line.locator(".tag")).to_have_text("đang dùng")
    line.get_by_role("button", name="Bỏ").click()
    line.get_by_role("button", name="Bấm lần nữa để bỏ").click()
    wait(lambda: gateway.config_version == 2, "without it is the next version")
    assert gateway.configurations[-1]["settings"] == {}
    expect(page.locator(".heard-line").get_by_role("button", name="Chấp nhận", exact=True)).to_be_visible()
    assert complaints == []
    context.close()
