"""The import centre and the page on school data in a real browser: a file's way in and out again, at both sizes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from hub.school.kept import held_folder
from hub.school.repository import Schools
from tests.browser.conftest import School, shot
from tests.hub.school.conftest import FIXTURES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
LOOKS = [(size, scheme) for size in ("desktop", "phone") for scheme in ("light", "dark")]


@pytest.fixture
def office(school: School) -> School:
    hub = school.stand.hub
    hub.schools = Schools(hub.engine, held_folder=held_folder(hub.config.hub.data_dir))
    return school


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_a_file_on_its_way(office: School, page_of: Callable[..., Any], size: str, scheme: str, tmp_path: Path) -> None:
    with page_of(size, scheme, operator=True) as page:
        page.goto(f"{office.address}/imports")
        expect(page.get_by_text("Chưa nhập tệp nào")).to_be_visible()
        shot(page, f"imports-empty-{size}-{scheme}")
        page.set_input_files("#file", str(FIXTURES / "asc_school.xml"))
        page.get_by_role("button", name="Xem trước thay đổi").click()
        expect(page.get_by_role("heading", name="asc_school.xml")).to_be_visible()
        expect(page.get_by_role("heading", name="Sẽ thay đổi")).to_be_visible()
        cards = page.locator(".row-tables button").last
        cards.click()
        expect(cards).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".rows-part .changes > li.added")).to_have_count(5)
        expect(page.get_by_text("phòng của tệp")).to_be_visible()
        shot(page, f"imports-difference-{size}-{scheme}")
        apply = page.locator(".opened .button").first
        apply.click()
        apply.click()
        expect(page.locator("#history").get_by_text("đang dùng")).to_be_visible()
        shrunk = tmp_path / "tkb-moi.xml"
        lines = (FIXTURES / "asc_school.xml").read_text("utf-8").splitlines(keepends=True)
        shrunk.write_text("".join(one for one in lines if "<card " not in one or "L1" in one), "utf-8")
        page.set_input_files("#file", str(shrunk))
        page.get_by_role("button", name="Xem trước thay đổi").click()
        expect(page.get_by_text("Hãy xem kỹ trước khi áp dụng")).to_be_visible()
        shot(page, f"imports-doubts-{size}-{scheme}")
        reject = page.get_by_role("button", name="Bỏ tệp này")
        reject.click()
        page.get_by_role("button", name="Bấm lần nữa để bỏ").click()
        expect(page.locator("#history").get_by_text("đã từ chối")).to_be_visible()
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0
        page.goto(f"{office.address}/school-data")
        expect(page.get_by_text("mà trường chưa khai báo")).to_be_visible()
        shot(page, f"school-data-{size}-{scheme}")
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0


def test_undone_by_keyboard(office: School, page_of: Callable[..., Any]) -> None:
    office.stand.hub.schools.import_timetable("thcs-hoa-binh", FIXTURES / "asc_school.xml", office.clock(), force=True)
    with page_of("desktop", operator=True) as page:
        page.goto(f"{office.address}/imports")
        page.locator("#history").get_by_role("button").first.focus()
        page.keyboard.press("Enter")
        undo = page.get_by_role("button", name="Hoàn tác")
        expect(undo).to_be_visible()
        undo.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.locator("#history").get_by_text("đã hoàn tác")).to_be_visible()
        taken_back, brought_in = page.locator("#history .import-line").all()
        expect(taken_back.locator("b")).to_have_text("Hoàn tác asc_school.xml")  # its file is no longer in use
        expect(taken_back.get_by_text("đang dùng")).to_have_count(0)
        expect(brought_in.locator("b")).to_have_text("asc_school.xml")
    assert {one.status for one in office.stand.hub.schools.imports()} == {"applied", "undone"}
    back = office.stand.hub.schools.imports()[0].id
    office.stand.hub.schools.undo(back, "operator", office.clock())
    with page_of("desktop", operator=True) as page:
        page.goto(f"{office.address}/imports")
        expect(page.locator("#history .import-line b").first).to_have_text("Dùng lại asc_school.xml")


def test_a_notice_opens_an_import_ready_to_be_read_and_walked_by_keyboard(
    office: School, page_of: Callable[..., Any]
) -> None:
    schools = office.stand.hub.schools
    number = schools.import_timetable("thcs-hoa-binh", FIXTURES / "asc_school.xml", office.clock(), force=True).id
    with page_of("desktop", operator=True) as page:
        page.goto(f"{office.address}/imports?show={number}")
        part = page.locator(".rows-part")
        expect(part.locator(".changes > li").first).to_be_visible()
        expect(part).not_to_have_attribute("aria-busy", "true")
        cards = page.locator(".row-tables button").last
        cards.focus()
        page.keyboard.press("Enter")
        expect(part.locator(".changes > li.added")).to_have_count(5)
        expect(cards).to_be_focused()


def test_a_held_roster_opens_with_its_classes_and_words(
    office: School, page_of: Callable[..., Any], tmp_path: Path
) -> None:
    pupils = tmp_path / "lop.csv"
    lines = "".join(f"HS{number},Bí Mật {number},6A{number % 2 + 1}\n" for number in range(8))
    pupils.write_text(f"Mã,Họ và tên,Lớp\n{lines}", "utf-8")
    bells = tmp_path / "gio.xml"
    plan = (FIXTURES / "asc_school.xml").read_text("utf-8")
    bells.write_text(plan.replace('starttime="7:00"', 'starttime="6:46"'), "utf-8")
    office.stand.hub.schools.import_timetable("thcs-hoa-binh", FIXTURES / "asc_school.xml", office.clock(), force=True)
    with page_of("phone", operator=True) as page:
        page.goto(f"{office.address}/imports")
        page.set_input_files("#file", str(pupils))
        page.get_by_role("button", name="Xem trước thay đổi").click()
        expect(page.get_by_text("4 học sinh mới ở lớp 6A1")).to_be_visible()
        expect(page.get_by_text("8 dòng về người không nêu tên")).to_be_visible()
        expect(page.get_by_text("6A2", exact=True)).to_be_visible()
        expect(page.get_by_text("8 dòng học sinh trong lớp chỉ được đếm")).to_be_visible()
        expect(page.locator(".rows-part li", has_text="#").first).to_be_hidden()
        expect(page.locator(".opened .meta-line")).to_contain_text("bảng tính")
        shot(page, "imports-roster")
        page.set_input_files("#file", str(bells))
        page.get_by_role("button", name="Xem trước thay đổi").click()
        expect(page.get_by_text("bắt đầu: 07:00 → 06:46")).to_be_visible()


def test_without_a_name_nothing_can_be_changed(office: School, page_of: Callable[..., Any]) -> None:
    with page_of("phone") as page:
        page.goto(f"{office.address}/imports")
        expect(page.get_by_text("Bạn đang xem, chưa đăng nhập")).to_be_visible()
        expect(page.locator("#upload")).to_have_count(0)
