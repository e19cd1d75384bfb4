"""Every page at desktop and phone size, light and dark: drawn, nothing overflows, targets large enough, texts legible."""

from typing import Any

import pytest

from tests.browser.conftest import SIZES, School, shot
from tests.hub.web.doubles import SCHOOL

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(90)]
PAGES = {
    "wall": ("/", ".card:not(.skeleton)"),
    "room": (f"/rooms/{SCHOOL}.a101", ".line"),
    "devices": ("/devices", ".gateway"),
    "quarantine": ("/quarantine", ".entry"),
    "login": ("/login", "form.login"),
    "about": ("/about", "table"),
}
# Every text against the surface beneath it, by the WCAG formula; figures of colour mixes come as "color(srgb r g b)".
CONTRAST = """() => {
  const parse = (c) => { const n = c.match(/[\\d.]+/g).map(Number); return c.startsWith('color') ? [n[0]*255,n[1]*255,n[2]*255,n[3]??1] : [n[0],n[1],n[2],n[3]??1]; };
  const lum = ([r,g,b]) => { const f = (v) => { v/=255; return v<=.03928 ? v/12.92 : ((v+.055)/1.055)**2.4; }; return .2126*f(r)+.7152*f(g)+.0722*f(b); };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || el.closest('script,noscript,.sr,.skip,.sprite,.toast,option,svg') || !el.checkVisibility() || el.disabled) continue;
    const style = getComputedStyle(el);
    let under = el, back = [0,0,0,0];
    while (under && back[3] < .95) { const b = parse(getComputedStyle(under).backgroundColor); if (b[3] >= .95) back = b; under = under.parentElement; }
    const ink = parse(style.color), l1 = lum(ink), l2 = lum(back);
    const ratio = (Math.max(l1,l2)+.05)/(Math.min(l1,l2)+.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push([el.className || el.tagName, walker.currentNode.textContent.trim().slice(0, 30), ratio.toFixed(2)]);
  }
  return found;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll('a,button,select,input:not([type=hidden]),summary')]
  .filter((el) => el.checkVisibility() && !el.closest('.skip,p,td,.banner,.notices'))
  .map((el) => [el.className || el.tagName, el.textContent.trim().slice(0, 20), el.getBoundingClientRect().height])
  .filter(([name, , height]) => height < 37.5 || (height < 43.5 && !document.querySelector('.switch')?.innerHTML.includes(name)))"""


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


def test_touch_targets_are_large_enough(school: School, page_of: Any) -> None:
    with page_of("phone", operator=True) as page:
        for path, drawn in PAGES.values():
            if path == "/login":
                continue
            page.goto(school.address + path)
            page.locator(drawn).first.wait_for()
            small = [found for found in page.evaluate(SMALL_TARGETS) if found[2] < 44 - 6.5]
            assert small == [], path


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
