"""Quarantine with nothing in between: a gateway's bad rows, a real hub, and a person who replays and discards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import shot
from tests.failure.stand import OPERATOR, PASSWORD, SCHOOL, Stand, wait_until
from tests.protocol.gateway import Gateway, now

pytestmark = [pytest.mark.browser, pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]
AHEAD_MS = 64_000  # more than 60 s in the future is set aside; a few seconds later it can be believed


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path, places=2) as running:
        secret = tmp_path / "password"
        secret.write_text(PASSWORD)
        running.command("hub", "password", "--operator", OPERATOR, "--password-file", str(secret))
        yield running


@pytest.fixture
def page(browser: Browser, stand: Stand) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{stand.web_port}/login?next=/quarantine")
    page.get_by_label("Tên").fill(OPERATOR)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**/quarantine")
    yield page
    context.close()


def test_bad_rows_are_seen_replayed_and_discarded(stand: Stand, page: Page) -> None:
    expect(page.get_by_text("Không có gì trong cách ly")).to_be_visible()
    gateway = Gateway(stand.broker.port, SCHOOL, "h1")
    assert gateway.wait_for_hub(), stand.hub.text()[-2000:]
    early = now() + AHEAD_MS
    gateway.measure(stand.device, {"illuminance_lx": 5, "co2_ppm": -7})
    gateway.measure(stand.device, {"illuminance_lx": 6, "made_up_unit": 3})
    gateway.measure(stand.device, {"illuminance_lx": 7}, early)
    gateway.send()
    assert gateway.settle()
    gateway.stop()
    wait_until(lambda: len(stand.web("/api/v1/quarantine")) == 3, 10, "three entries")
    page.reload()
    shot(page, "quarantine-real-phone")
    unknown = page.locator(".entry", has_text="made_up_unit")
    unknown.get_by_role("button", name="Chạy lại").click()
    expect(page.locator(".toast.shown")).to_contain_text("vẫn chưa dùng được")
    expect(unknown.locator(".tag")).to_have_text("đang chờ")
    negative = page.locator(".entry", has_text="co2_ppm")
    negative.get_by_role("button", name="Bỏ").click()
    negative.get_by_role("button", name="Bấm lần nữa để bỏ").click()
    expect(negative.locator(".tag")).to_have_text("đã bỏ")
    expect(negative.get_by_role("button")).to_have_count(0)
    wait_until(lambda: now() > early - 58_000, 30, "a row of the near future to be believed")
    future = page.locator(".entry").filter(has_not_text="co2_ppm").filter(has_not_text="made_up_unit")
    future.get_by_role("button", name="Chạy lại").click()
    expect(future.locator(".tag")).to_have_text("đã chạy lại")
    shot(page, "quarantine-settled-phone")
    assert [(row["quantity"], row["value"], row["time_ms"]) for row in stand.readings(stand.device)][-1] == (
        "illuminance_lx", 7, early,
    )  # fmt: skip
    assert sorted(entry["status"] for entry in stand.web("/api/v1/quarantine")) == ["discarded", "open", "replayed"]
    page.reload()
    expect(page.locator(".entry .tag").first).to_have_text("đang chờ")
