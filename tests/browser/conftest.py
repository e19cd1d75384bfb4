"""A real Chromium on a real server; every screenshot is kept under artifacts/browser, every console error fails."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from hub.live.publish import Changes
from hub.live.views import RoomView
from hub.stores.duckdb import DuckDbSeries
from tests.hub.web.doubles import PASSWORD, Stand, backfill, build
from tests.hub.web.stand import MovingClock, served
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "artifacts" / "browser"
CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=PATIENCE_S * 1000)  # its own five seconds are few on a busy machine
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


@dataclass
class School:
    """The running stand: its address, and the ways to move what is live."""

    stand: Stand
    address: str
    clock: MovingClock
    soon: Callable[..., object]

    def show(self, view: RoomView) -> None:
        """What the live tick does when a room changed."""
        self.stand.live.rooms[f"{view.school}.{view.room}"] = view
        self.soon(self.stand.hub.fanout.publish, Changes(self.clock(), (view,)))

    def end_streams(self) -> None:
        """What a restart of the hub does to open pages."""
        for shown in self.stand.hub.fanout._shown.values():
            for viewer in shown.viewers:
                viewer.offer(None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not shutil.which(CHROMIUM):
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    clock = MovingClock()
    stand = build(tmp_path, DuckDbSeries, clock=clock)
    backfill(stand, "a101")
    with served(stand) as (address, loop):
        yield School(stand, address, clock, loop.call_soon_threadsafe)
    stand.close()


@pytest.fixture
def page_of(browser: Browser, school: School) -> Callable[..., "object"]:
    """`with page_of(size, scheme) as page:` a page whose every console message of weight fails the test."""

    @contextmanager
    def opened(
        size: str = "desktop", scheme: str = "light", *, operator: bool = False, cut: bool = False
    ) -> Iterator[Page]:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            has_touch=size == "phone",
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        if operator:
            page.goto(f"{school.address}/login")
            page.get_by_label("Tên").fill("operator")
            page.get_by_label("Mật khẩu").fill(PASSWORD)
            page.get_by_role("button", name="Đăng nhập").click()
            page.wait_for_url(f"{school.address}/")
        yield page
        context.close()
        # A test that takes the network away, or is refused, expects the browser to say so, and nothing else.
        assert [text for text in complaints if not (cut and ("ERR_" in text or "401" in text))] == []

    return opened


def shot(page: Page, name: str, *, full: bool = True) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=full)
