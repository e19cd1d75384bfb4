"""Every page, desktop and phone, light and dark: drawn, nothing overflows, targets large enough, texts legible."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SIZES, School, shot
from tests.hub.web.doubles import SCHOOL

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
PAGES = {
    "wall": ("/", ".card:not(.skeleton)"),
    "room": (f"/rooms/{SCHOOL}.a101", ".line"),
    "devices": ("/devices", ".gateway"),
    "quarantine": ("/quarantine", ".entry"),
    "login": ("/login", "form.login"),
    "about": ("/about", "table"),
}
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
SMALL_TARGETS = (Path(__file__).parent / "targets.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_pages_look_right(school: School, page_of: Any, size: str, scheme: str) -> None:
    with page_of(size, scheme) as page:
        for name, (path, drawn) in PAGES.items():
            page.goto(school.address + path)
            page.locator(drawn).first.wait_for()
            page.wait_for_function("document.fonts.ready")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= SIZES[size][0], f"{name} is {width} px wide"
            assert page.evaluate(CONTRAST) == [], name
            shot(page, f"{name}-{size}-{scheme}")


def test_the_picture_for_the_readme(school: School, page_of: Any) -> None:
    with page_of("desktop") as page:
        page.goto(school.address)
        page.locator(".card:not(.skeleton)").first.wait_for()
        shot(page, "wall", full=False)


APART = """() => [...document.querySelectorAll('.chart')].flatMap((chart) => {
  const frame = chart.getBoundingClientRect();
  const boxes = [...chart.querySelectorAll('.tick + text')].map((e) => e.getBoundingClientRect());
  return boxes.filter((box, place) => box.left < frame.left || box.right > frame.right
    || (place && box.right > boxes[place - 1].left)).map(() => chart.getAttribute('aria-label'));
})"""


@pytest.mark.parametrize("size", list(SIZES))
def test_every_date_below_a_chart_is_whole_and_apart(school: School, page_of: Any, size: str) -> None:
    with page_of(size) as page:
        page.goto(f"{school.address}/rooms/{SCHOOL}.a101")
        for days in ("7d", "30d"):
            with page.expect_response(lambda answer, days=days: f"range={days}" in answer.url):
                page.locator(f"[data-range='{days}']").click()
            page.locator(".tick + text", has_text="/11").first.wait_for()
            assert page.evaluate(APART) == [], days


def test_touch_targets_are_large_enough(school: School, page_of: Any) -> None:
    with page_of("phone", operator=True) as page:
        for path, drawn in PAGES.values():
            if path == "/login":
                continue
            page.goto(school.address + path)
            page.locator(drawn).first.wait_for()
            assert page.evaluate(SMALL_TARGETS) == [], path


def test_nothing_moves_when_values_change(school: School, page_of: Any) -> None:
    import msgspec

    from tests.hub.web.doubles import value

    with page_of("desktop") as page:
        page.goto(school.address)
        page.locator(".card:not(.skeleton)").first.wait_for()
        boxes = "[...document.querySelectorAll('.card')].map((c) => JSON.stringify(c.getBoundingClientRect())).join()"
        before = page.evaluate(boxes)
        view = school.stand.live.rooms[f"{SCHOOL}.a102"]
        many = view.values | {"co2_ppm": value("co2_ppm", 9999, school.clock())}
        school.show(msgspec.structs.replace(view, values=many, lesson=None, reasons=view.reasons[:0]))
        page.get_by_text("9 999").wait_for()
        assert page.evaluate(boxes) == before
