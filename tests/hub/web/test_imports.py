"""The import centre through the real application: difference first, apply, reject, undo; operators only."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from hub import audit
from hub.school.kept import UPLOAD, held_folder
from hub.school.reading_children import Children
from hub.school.repository import Schools
from hub.web.imports import incoming, received
from hub.web.problem import Problem
from tests.hub.school.conftest import FIXTURES
from tests.hub.web.conftest import client_of, csrf_of, sign_in
from tests.hub.web.doubles import SCHOOL, Stand
from tests.patience import PATIENCE_S, until

TIMETABLE = (FIXTURES / "asc_school.xml").read_bytes()
Client = httpx.AsyncClient


@pytest.fixture
def office(stand: Stand) -> Stand:
    """The stand with the real school data instead of the staged plan."""
    stand.hub.schools = Schools(stand.hub.engine, held_folder=held_folder(stand.hub.config.hub.data_dir))
    return stand


@pytest.fixture
async def operator(office: Stand) -> AsyncIterator[Client]:
    async with client_of(office) as client:
        await sign_in(client)
        client.headers["x-csrf-token"] = await csrf_of(client)
        yield client


@pytest.fixture
def bundle(tmp_path: Path) -> bytes:
    """A roster as schools send it."""
    return Path(shutil.make_archive(str(tmp_path / "roster"), "zip", FIXTURES / "roster_1_2")).read_bytes()


async def sent(client: Client, content: bytes, name: str = "tkb.xml", **query: str) -> httpx.Response:
    return await client.post("/api/v1/imports", params={"school": SCHOOL, "name": name} | query, content=content)


async def test_a_file_is_shown_applied_and_taken_back(office: Stand, operator: Client) -> None:
    shown = (await sent(operator, TIMETABLE)).json()
    entry = shown["entry"]
    assert (entry["kind"], entry["status"], entry["by"], shown["may_decide"]) == ("timetable", "held", "operator", True)
    cards = next(table for table in shown["tables"] if table["table"] == "cards")
    assert (cards["added"], cards["changed"], cards["ended"]) == (5, 0, 0)
    assert office.hub.schools.schedule(SCHOOL) is None
    kept = list(held_folder(office.hub.config.hub.data_dir).glob("*.json"))
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]

    applied = (await operator.post(f"/api/v1/imports/{entry['id']}/apply")).json()
    assert (applied["entry"]["status"], applied["why_not_undo"]) == ("applied", None)
    assert office.hub.schools.schedule(SCHOOL) is not None
    assert not list(held_folder(office.hub.config.hub.data_dir).glob("*.json"))
    again = await operator.post(f"/api/v1/imports/{entry['id']}/apply")
    assert again.status_code == 409

    undone = (await operator.post(f"/api/v1/imports/{entry['id']}/undo")).json()
    assert undone["entry"]["undoes"] == entry["id"]
    history = (await operator.get("/api/v1/imports", params={"school": SCHOOL})).json()
    assert [one["status"] for one in history] == ["applied", "undone"]
    said = [one.what for one in audit.entries(office.hub.engine)]
    assert any(what.startswith("undo_import") for what in said)
    assert not any("tkb.xml" in what for what in said)


async def test_a_rejected_file_changes_nothing(office: Stand, operator: Client) -> None:
    number = (await sent(operator, TIMETABLE)).json()["entry"]["id"]
    rejected = (await operator.post(f"/api/v1/imports/{number}/reject")).json()
    assert rejected["entry"]["status"] == "refused"
    assert office.hub.schools.schedule(SCHOOL) is None
    assert not list(held_folder(office.hub.config.hub.data_dir).glob("*.json"))


async def test_without_asking_only_what_is_suspicious_waits(operator: Client) -> None:
    first = (await sent(operator, TIMETABLE, ask="false")).json()
    assert first["entry"]["status"] == "applied"
    shrunk = b"".join(line for line in TIMETABLE.splitlines(keepends=True) if b"<card " not in line or b"L1" in line)
    held = (await sent(operator, shrunk, ask="false")).json()
    assert held["entry"]["status"] == "held"
    assert {doubt["kind"] for doubt in held["doubts"] if doubt["holds"]} == {"shrink"}
    await operator.put(f"/api/v1/schools/{SCHOOL}/import-options", json={"shrink_pct": 100})
    options = (await operator.get(f"/api/v1/schools/{SCHOOL}/import-options")).json()
    assert options == {"shrink_pct": 100}
    lax = (await sent(operator, shrunk, ask="false")).json()
    assert lax["entry"]["status"] == "applied"


async def test_what_cannot_be_read_says_why(operator: Client) -> None:
    for content in (b"PK\x03\x04 broken", b"<timetable", b"\x00\x01\x02 nothing known"):
        answer = (await sent(operator, content, name="../../etc/x.zip")).json()
        assert answer["entry"]["status"] == "refused"
        assert answer["entry"]["file"] == "x.zip"
        assert answer["problems"][0]["problem"]["vi"]
    long = await sent(operator, b"<timetable", name="ấ" * 255 + ".xml")
    assert (long.status_code, long.json()["entry"]["file"]) == (200, "ấ" * 65 + ".xml")
    empty = await sent(operator, b"")
    assert empty.status_code == 422
    assert (await operator.get("/api/v1/imports/999")).status_code == 404
    assert (await operator.post("/api/v1/imports/999/undo")).status_code == 404
    for number in (0, 2**31, 2**63, 10**30):  # more than a database's number holds
        assert (await operator.get(f"/api/v1/imports/{number}")).status_code == 422
        for done in ("apply", "reject", "undo"):
            assert (await operator.post(f"/api/v1/imports/{number}/{done}")).status_code == 422
    assert (await sent(operator, TIMETABLE, school="nobody")).status_code == 404
    assert (await sent(operator, TIMETABLE, kind="edit")).status_code == 422


async def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    told = iter([{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(told)

    with pytest.raises(Problem) as refused, incoming(tmp_path) as folder:
        await received(Request({"type": "http", "headers": []}, receive), Path(folder), "a.zip")
    assert refused.value.status == 400
    assert list(held_folder(tmp_path).iterdir()) == []


async def test_strangers_read_the_history_and_nothing_else(office: Stand, operator: Client) -> None:
    number = (await sent(operator, TIMETABLE)).json()["entry"]["id"]
    async with client_of(office) as stranger:
        assert (await stranger.get("/api/v1/imports")).status_code == 200
        assert (await stranger.get(f"/api/v1/imports/{number}")).status_code == 401
        for action in ("apply", "reject", "undo"):
            assert (await stranger.post(f"/api/v1/imports/{number}/{action}")).status_code == 401
        assert (await sent(stranger, TIMETABLE)).status_code == 401
        page = await stranger.get(f"/imports?show={number}")
        assert page.status_code == 200
        assert "null</script>" in page.text
    operator.headers.pop("x-csrf-token")
    assert (await sent(operator, TIMETABLE)).status_code == 403


async def test_no_pupil_is_named_anywhere(operator: Client, bundle: bytes) -> None:
    answer = await sent(operator, bundle, name="roster.zip")
    shown = answer.json()
    assert (shown["entry"]["kind"], shown["entry"]["status"]) == ("roster", "held")
    page = await operator.get(f"/imports?show={shown['entry']['id']}")
    for named in ("Phạm", "Châu"):
        assert named not in answer.text
        assert named not in page.text
    assert any("học sinh mới ở lớp" in line["vi"] for line in shown["pupils"])
    assert (await operator.get("/imports")).status_code == 200


async def test_a_spreadsheet_is_read_as_the_school_said(operator: Client) -> None:
    sheet = "Mã HS;Họ và tên;Lớp\n0001;Bí Mật Một;7A\n0002;Bí Mật Hai;7B\n".encode()
    shown = (await sent(operator, sheet, name="ds.csv")).json()
    (used,) = shown["column_maps"]
    assert (shown["entry"]["status"], used["kind"]) == ("held", "pupils")
    assert "Bí Mật" not in str(shown["tables"])
    odd = "Số thẻ;Người học;Nhóm\n0001;Bí Mật Một;7A\n".encode()
    assert (await sent(operator, odd, name="la.csv")).json()["entry"]["status"] == "refused"
    wanted = {"kind": "pupils", "columns": {"id": "Số thẻ", "full_name": "Người học", "class": "Nhóm"}}
    saved = await operator.put(f"/api/v1/schools/{SCHOOL}/column-maps", json=wanted)
    assert saved.status_code == 200
    again = (await sent(operator, odd, name="la.csv")).json()
    assert again["entry"]["status"] == "held"
    assert [one["columns"]["id"] for one in again["column_maps"]] == ["Số thẻ"]
    assert len((await operator.get(f"/api/v1/schools/{SCHOOL}/column-maps")).json()) == 1
    wrong = await operator.put(f"/api/v1/schools/{SCHOOL}/column-maps", json={"kind": "pupils", "columns": {}})
    assert wrong.status_code == 422


async def test_files_are_read_in_another_process(office: Stand, operator: Client) -> None:
    """One that takes too long is refused in words; while the hub stops nothing is recorded at all."""
    children = Children()
    office.hub.schools = Schools(office.hub.engine, reader=children.read)
    assert (await sent(operator, TIMETABLE, ask="false")).json()["entry"]["status"] == "applied"
    assert len(children.pids) == 1
    children.close()
    stopping = await sent(operator, TIMETABLE, name="hai.xml")
    assert (stopping.status_code, "Hãy thử lại" in stopping.json()["detail"]["vi"]) == (503, True)
    impatient = Children(longest_s=0.0)
    office.hub.schools = Schools(office.hub.engine, reader=impatient.read)
    refused = (await sent(operator, TIMETABLE, name="ba.xml")).json()
    impatient.close()
    assert refused["entry"]["status"] == "refused"
    assert "too long" in refused["problems"][0]["problem"]["en"]
    history = (await operator.get("/api/v1/imports", params={"school": SCHOOL})).json()
    assert [one["file"] for one in history] == ["ba.xml", "tkb.xml"]


async def test_who_sends_slowly_keeps_nobody_waiting(office: Stand, operator: Client) -> None:
    going_on = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield TIMETABLE[:100]
        await going_on.wait()
        yield TIMETABLE[100:]

    def send(name: str) -> asyncio.Task[httpx.Response]:
        asked = {"school": SCHOOL, "name": name}
        return asyncio.create_task(operator.post("/api/v1/imports", params=asked, content=slowly()))

    slow = [send(f"{number}.xml") for number in range(3)]
    folder = held_folder(office.hub.config.hub.data_dir)
    await until(lambda: len(list(folder.glob(f"{UPLOAD}*/*.xml"))) == len(slow), "all of them began")
    async with asyncio.timeout(PATIENCE_S):
        assert (await sent(operator, TIMETABLE, name="quick.xml")).json()["entry"]["status"] == "held"
    going_on.set()
    assert {answer.status_code for answer in await asyncio.gather(*slow)} == {200}
    assert list(folder.glob(f"{UPLOAD}*")) == []


async def test_an_upload_that_stops_coming_is_given_up(tmp_path: Path) -> None:
    pieces = [b"x" * 100_000, b"x"]

    async def receive() -> dict[str, Any]:
        if not pieces:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": pieces.pop(), "more_body": True}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(Problem) as stopped:
        await received(request, tmp_path, "x.csv", silent_s=0.05)
    assert stopped.value.status == 400


async def test_a_disk_that_takes_nothing_is_told_and_nothing_is_recorded(office: Stand, operator: Client) -> None:
    folder = held_folder(office.hub.config.hub.data_dir)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("no folder")
    refused = await sent(operator, TIMETABLE)
    assert (refused.status_code, "Hãy thử lại" in refused.json()["detail"]["vi"]) == (503, True)
    assert (await operator.get("/api/v1/imports", params={"school": SCHOOL})).json() == []


async def test_a_saved_map_can_be_deleted(office: Stand, operator: Client) -> None:
    url = f"/api/v1/schools/{SCHOOL}/column-maps"
    maps = {kind: {"kind": kind, "columns": {"id": "Số thẻ", "full_name": "Tên"}} for kind in ("pupils", "teachers")}
    for wanted in maps.values():
        assert (await operator.put(url, json=wanted)).status_code == 200
    sheet = "Số thẻ;Tên\n0001;Bí Mật Một\n".encode()
    assert (await sent(operator, sheet, name="la.csv")).json()["entry"]["status"] == "held"
    assert "Số thẻ" in (await operator.get("/imports")).text
    async with client_of(office) as stranger:
        assert (await stranger.delete(f"{url}/pupils")).status_code == 401
        assert "Số thẻ" not in (await stranger.get("/imports")).text
    left = await operator.delete(f"{url}/pupils")
    assert [one["kind"] for one in left.json()] == ["teachers"]
    assert (await operator.delete(f"{url}/teachers")).json() == []
    assert (await sent(operator, sheet, name="la.csv")).json()["entry"]["status"] == "refused"
    assert (await operator.delete(f"{url}/pupils")).status_code == 404
    assert (await operator.delete(f"{url}/unknown")).status_code == 422
    assert any("drop_column_map" in one.what for one in audit.entries(office.hub.engine))


async def test_a_room_is_recognised_on_the_quality_page(office: Stand, operator: Client) -> None:
    assert (await sent(operator, TIMETABLE, ask="false")).json()["entry"]["status"] == "applied"
    plan = office.hub.schools.schedule(SCHOOL)
    assert plan is not None
    alias, room = plan.unmatched_rooms[0], office.hub.registry.rooms(SCHOOL)[0]
    url = f"/api/v1/rooms/{SCHOOL}.{room.id}/aliases"
    wrong = ("", " ", "x" * 101, office.hub.registry.rooms(SCHOOL)[1].name)
    for name in wrong:
        assert (await operator.post(url, json={"alias": name})).status_code == 422
    assert (await operator.post(f"/api/v1/rooms/{SCHOOL}.nowhere/aliases", json={"alias": "x"})).status_code == 404
    async with client_of(office) as stranger:
        assert (await stranger.post(url, json={"alias": alias})).status_code == 401
    names = [alias, "<b>Sân</b>", *(f"Tên {number}" for number in range(8))]
    answers = await asyncio.gather(*(operator.post(url, json={"alias": name}) for name in names))
    assert {one.status_code for one in answers} == {200}
    assert (await operator.post(url, json={"alias": f"  {alias} "})).status_code == 200
    known = office.hub.registry.room(SCHOOL, room.id)
    assert known is not None
    assert sorted(known.aliases) == sorted({*room.aliases, *names})
    again = office.hub.schools.schedule(SCHOOL)
    assert again is not None
    assert alias not in again.unmatched_rooms
    quality = (await operator.get(f"/api/v1/schools/{SCHOOL}/data-quality")).json()
    assert alias not in str([issue["examples"] for issue in quality["issues"] if "room" in issue["kind"]])
    assert "<b>Sân" not in (await operator.get(f"/school-data?school={SCHOOL}")).text
