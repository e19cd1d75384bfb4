"""A hub that runs learns within seconds what the command line imported and set up meanwhile."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from hub.registry.model import School
from hub.registry.registry import Registry
from hub.school import journal
from hub.school.repository import Schools
from hub.school.saved_maps import COLUMN_MAP
from tests.hub.process import HubProcess, wait
from tests.patience import PATIENCE_S
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SCHOOL = """[school]
id = "s"
name = "S"
[[building]]
id = "a"
name = "A"
[[room]]
id = "a101"
name = "Phòng 101"
building = "a"
"""
# One lesson from midnight to midnight on every day of the week, so that it runs whenever the test does.
CARDS = "".join(
    f'<card lessonid="L{number}" classroomids="R{number}" period="1" days="{day}" weeks="1"/>'
    for number in (1, 2)
    for day in (f"{1 << place:07b}" for place in range(7))
)
TIMETABLE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<timetable ascttversion="2026.5.1">'
    '<periods><period name="1" short="1" period="1" starttime="00:00" endtime="24:00"/></periods>'
    '<subjects><subject id="S1" name="Toán" short="T"/></subjects>'
    '<teachers><teacher id="T1" name="Ánh" short="A"/></teachers>'
    '<classrooms><classroom id="R1" name="Phòng 101" short="101"/><classroom id="R2" name="P. Tin" short="T"/>'
    '</classrooms><classes><class id="C1" name="10A1" short="10A1"/><class id="C2" name="10A2" short="10A2"/></classes>'
    '<groups><group id="G1" name="Cả lớp" classid="C1" entireclass="1"/>'
    '<group id="G2" name="Cả lớp" classid="C2" entireclass="1"/></groups><lessons>'
    '<lesson id="L1" subjectid="S1" classids="C1" groupids="G1" teacherids="T1" classroomids="R1" periodspercard="1"/>'
    '<lesson id="L2" subjectid="S1" classids="C2" groupids="G2" teacherids="T1" classroomids="R2" periodspercard="1"/>'
    f"</lessons><cards>{CARDS}</cards></timetable>"
)


def test_import_and_room_reach_a_running_hub(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path, "embedded", free_port(), SCHOOL)
    (tmp_path / "timetable.xml").write_text(TIMETABLE)
    try:
        hub.start()
        assert lesson(hub, "a101") is None
        hub.command("timetable", "import", str(tmp_path / "timetable.xml"), "--school", "s")
        wait(lambda: (lesson(hub, "a101") or {}).get("classes") == ["10A1"], "the imported lesson on the room")
        (tmp_path / "school.toml").write_text(f'{SCHOOL}[[room]]\nid = "tin"\nname = "P. Tin"\nbuilding = "a"\n')
        hub.command("hub", "apply", str(tmp_path / "school.toml"))
        wait(lambda: (lesson(hub, "tin") or {}).get("classes") == ["10A2"], "the lesson of a room made later")
    finally:
        hub.close()
    assert "Traceback" not in hub.log()


def test_the_command_line_checks_decides_and_takes_back_beside_a_running_hub(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path, "embedded", free_port(), SCHOOL)
    whole, less = tmp_path / "whole.xml", tmp_path / "less.xml"
    whole.write_text(TIMETABLE)
    less.write_text(re.sub('<card lessonid="L2"[^>]*>', "", TIMETABLE))
    of_school = ("--school", "s", "--json")
    try:
        hub.start()
        assert json.loads(hub.command("timetable", "check", str(whole), *of_school))["would_be"] == "applied"
        assert hub.web("/api/v1/imports") == []
        first = json.loads(hub.command("timetable", "import", str(whole), *of_school))["id"]
        wait(lambda: lesson(hub, "a101") is not None, "the imported lesson")
        held = run(hub, "timetable", "import", str(less), *of_school)
        assert (held.returncode, json.loads(held.stdout)["status"]) == (1, "held")
        number = str(json.loads(held.stdout)["id"])
        assert hub.web("/api/v1/imports")[0]["status"] == "held"
        assert json.loads(hub.command("timetable", "decide", number, "apply", "--json"))["status"] == "applied"
        again = run(hub, "roster", "decide", number, "apply")
        assert (again.returncode, "không chờ quyết định" in again.stderr) == (1, True)
        resting = run(hub, "timetable", "undo", str(first))
        assert (resting.returncode, f"number {number} first" in resting.stderr) == (1, True)
        for one in (number, str(first)):
            assert json.loads(hub.command("roster", "undo", one, "--json"))["status"] == "undone"
        wait(lambda: lesson(hub, "a101") is None, "the lesson taken back")
        for words in (("undo", "999"), ("import", str(whole), "--school", "s", "--source", "hand")):
            assert run(hub, "timetable", *words).returncode == 2
        named_otherwise = tmp_path / os.fsdecode(b"t\xff.xml")
        named_otherwise.write_text(TIMETABLE)
        refused = run(hub, "timetable", "import", str(named_otherwise), "--school", "s")
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    finally:
        hub.close()
    assert "Traceback" not in hub.log()


def test_the_command_line_reads_spreadsheets_as_the_school_said(state_engine: Engine, tmp_path: Path) -> None:
    Registry(state_engine).add_school(School("s", "S"))
    sheet = tmp_path / "la.csv"
    sheet.write_text("Số thẻ;Người học;Nhóm\n0001;Bí Mật Một;7A\n", "utf-8")
    schools = Schools(state_engine)
    assert schools.import_roster("s", sheet, 1).status == "refused"
    wanted = {"kind": "pupils", "columns": {"id": "Số thẻ", "full_name": "Người học", "class": "Nhóm"}}
    with state_engine.begin() as connection:
        journal.choose(connection, "s", f"{COLUMN_MAP}pupils", wanted, "operator", 2)
    assert schools.import_roster("s", sheet, 3).status == "applied"
    assert schools.import_roster("s", sheet, 4).status == "unchanged"


def run(hub: HubProcess, *words: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "classhub", *words, "--config", str(hub.config)]
    return subprocess.run(line, check=False, timeout=120, capture_output=True, text=True)


def lesson(hub: HubProcess, room: str) -> dict[str, Any] | None:
    answer = httpx.get(f"http://127.0.0.1:{hub.web_port}/api/v1/rooms/s.{room}", timeout=PATIENCE_S)
    found: dict[str, Any] | None = answer.json().get("lesson") if answer.is_success else None
    return found
