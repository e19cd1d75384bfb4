import json
import re
from pathlib import Path

import msgspec

from hub.live.views import Reason
from hub.registry.registry import Registry
from hub.stores.duckdb import DuckDbSeries
from hub.web.app import create_app
from hub.web.pages.frame import STATIC, embedded
from hub.web.texts import TEXTS
from tests.hub.web.conftest import Client, client_of
from tests.hub.web.doubles import SCHOOL, Stand, backfill, build
from wire.text import Text

WEB = STATIC.parent
UID = f"{SCHOOL}.a101"


def block(page: str, name: str) -> dict[str, object]:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found, name
    data: dict[str, object] = json.loads(found.group(1))
    return data


async def test_the_first_response_holds_all_of_the_first_view(stand: Stand, client: Client) -> None:
    backfill(stand, "a101")
    wall = block((await client.get("/")).text, "board")["all"]
    assert isinstance(wall, dict)
    assert len([key for key in wall if key.startswith("room/")]) == 12
    assert wall["period"]["now"]["name"] == "Tiết 3"
    page = (await client.get(f"/rooms/{UID}")).text
    history = block(page, "history-data")
    assert history["range"] == "3h"
    assert history["series"]["co2_ppm"]  # type: ignore[index]
    board = block(page, "board")["all"]
    assert {key.split("/")[0] for key in board} >= {"room", "device", "period", "notices"}  # type: ignore[attr-defined]


async def test_pages_hold_no_inline_script_or_style_and_nothing_from_elsewhere(client: Client) -> None:
    for path in ("/", f"/rooms/{UID}", "/devices", "/quarantine", "/about", "/login", "/nowhere"):
        page = (await client.get(path)).text
        scripts = re.findall(r"<script([^>]*)>", page)
        assert all("src=" in script or "application/json" in script for script in scripts), path
        assert not re.search(r"<[^>]+ (style|on[a-z]+)=", page), path
        assert "<style" not in page
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page), path


async def test_texts_of_people_cannot_become_markup(stand: Stand, client: Client) -> None:
    view = stand.live.rooms[UID]
    evil = "</script><img src=x onerror=alert(1)>"
    stand.live.rooms[UID] = msgspec.structs.replace(view, name=evil, reasons=(Reason(Text(evil, evil)),))
    page = (await client.get("/")).text
    assert evil not in page
    assert block(page, "board")["all"][f"room/{UID}"]["name"] == evil  # type: ignore[index]
    assert embedded({"x": "<"}) == '{"x":"\\u003c"}'


async def test_the_language_is_kept_and_every_page_speaks_it(client: Client) -> None:
    assert 'lang="vi"' in (await client.get("/")).text
    answer = await client.get("/language/en?next=/devices")
    assert (answer.status_code, answer.headers["location"]) == (303, "/devices")
    page = (await client.get("/devices")).text
    assert 'lang="en"' in page
    assert "Devices and gateways" in page
    assert (await client.get("/language/vi?next=https://evil.example")).headers["location"] == "/"
    assert "Thiết bị và cổng" in (await client.get("/devices")).text


async def test_scripts_and_styles_may_be_kept_for_ever_and_exist(client: Client) -> None:
    page = (await client.get("/")).text
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        answer = await client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
    assert (await client.get("/static/000000000000/wall.js")).status_code == 404
    assert (await client.get("/static/../app.py")).status_code == 404


async def test_an_empty_hub_explains_the_first_steps(tmp_path: Path) -> None:
    stand = build(tmp_path, DuckDbSeries)
    with stand.hub.engine.begin() as connection:
        for name in ("assignment", "device", "gateway", "room", "building", "school", "registry_version"):
            connection.exec_driver_sql(f"DELETE FROM {name}")  # noqa: S608 - names above
    stand.hub.registry = stand.live.registry = stand.gateways.registry = Registry(stand.hub.engine)
    async with client_of(stand) as client:
        for path in ("/", "/devices"):
            page = (await client.get(path)).text
            assert "classhub gateway add" in page
            assert "classhub hub apply" in page
        assert (await client.get("/quarantine")).status_code == 200
    stand.close()


async def test_a_failing_page_says_so_without_inner_detail(stand: Stand) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("secret detail")

    stand.hub.schools.known = broken  # type: ignore[method-assign,assignment]
    import httpx

    transport = httpx.ASGITransport(app=create_app(stand.hub), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_every_word_that_is_used_exists_and_every_word_is_used() -> None:
    sources = [file for folder in ("templates", "static") for file in (WEB / folder).iterdir()]
    sources += [*WEB.rglob("*.py")]
    called, used, built = set(), set(), set()
    for file in sources:
        if file.name.endswith("texts.py"):
            continue
        content = file.read_text(encoding="utf-8")
        used |= set(re.findall(r"""["'`]([a-z]+\.[a-z0-9_]+)["'`]""", content))
        called |= set(re.findall(r"""\b(?:t|say|text)\(\s*["']([a-z]+\.[a-z0-9_]*[a-z0-9])["']""", content))
        built |= set(re.findall(r"""[`"']([a-z]+\.[a-z_]*)(?:\$\{|["'] ~|\{)""", content))
    assert called - set(TEXTS) == set()
    prefixes = tuple(built | {"age.", "span."})
    assert {name for name in TEXTS if name not in used and not name.startswith(prefixes)} == set()


def test_both_languages_have_the_same_places() -> None:
    for key, row in TEXTS.items():
        assert sorted(re.findall(r"\{\w+\}", row.vi)) == sorted(re.findall(r"\{\w+\}", row.en)), key
        assert row.vi.strip(), key
        assert row.en.strip(), key
