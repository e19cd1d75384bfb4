"""Sets the stage: a folder with all that the demo's processes start from; the hub is prepared by its own commands."""

import fcntl
import secrets
import shutil
import time
from pathlib import Path
from typing import IO

import msgspec

from demo.bells import Bells, lay_bells
from demo.cast import SCHOOL, Cast, make_cast
from demo.crew import run_commands
from demo.diary import Diary, write_diary
from demo.exports import write_asc, write_oneroster
from demo.life import live_past
from demo.plan import DIARY_FILE, PORTS, Plan, free_ports, save
from demo.recording import EVERY_MS, write_recordings
from demo.script import Script
from demo.settings import PULL, PULLED, write_edges, write_hub, write_local_broker, write_school
from demo.timetable import make_timetable
from wire.text import Text

_MARK = ".classhub-demo"
OPERATOR = "demo"
ROSTER, TIMETABLE = "danh-sach-oneroster.zip", "thoi-khoa-bieu-asc.xml"
SHRUNKEN = "danh-sach-moi.zip"


class StageProblem(Exception):
    """The demo cannot be set up here; `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


class Stage(msgspec.Struct, frozen=True):
    plan: Plan
    bells: Bells
    password: str
    readings: int  # how many measured values of the past day the gateways bring along
    diary: Diary = Diary()


def claim_folder(folder: Path) -> IO[bytes]:
    """Make the folder ours, emptied of what an earlier demo left; it stays ours while the returned file is open.

    Raises StageProblem where it holds anything else, or another demo is running in it.
    """
    mark = folder / _MARK
    if folder.exists() and not mark.exists() and any(folder.iterdir()):
        raise StageProblem(
            Text(
                f"{folder} đã có thứ khác; chọn thư mục khác bằng --dir",
                f"{folder} holds something else; choose another folder with --dir",
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    claim = mark.open("ab")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        claim.close()
        raise StageProblem(
            Text(
                f"một bản chạy thử khác đang dùng {folder}; chọn thư mục khác bằng --dir",
                f"another demo is running in {folder}; choose another folder with --dir",
            )
        ) from taken
    for left in folder.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        elif left != mark:
            left.unlink()
    (folder / PORTS).mkdir()
    return claim


def set_stage(folder: Path, web_port: int, *, changes: bool = True) -> Stage:
    """Write everything the processes need. Starts nothing. `changes`: whether an office will tell the hub of them."""
    started_ms = time.time_ns() // 1_000_000
    bells, cast = lay_bells(started_ms), make_cast()
    hours = make_timetable(cast, bells)
    diary = write_diary(cast, bells, hours) if changes else Diary()
    past, seen = live_past(Script(cast, bells, hours, diary), bells, started_ms, EVERY_MS)
    plan = Plan(str(folder), started_ms, web_port, *free_ports(5))
    save(plan, past)
    _write_exports(folder, cast, bells)
    (folder / DIARY_FILE).write_bytes(msgspec.json.encode(diary))
    write_asc(folder / TIMETABLE, cast, bells, hours)
    password = secrets.token_urlsafe(9)
    (folder / "password.txt").write_text(password + "\n", encoding="utf-8")
    (folder / "password.txt").chmod(0o600)
    write_local_broker(plan)
    write_school(plan, bells)
    write_edges(plan)
    readings = write_recordings(folder, seen)
    return Stage(plan, bells, password, readings, diary)


def _write_exports(folder: Path, cast: Cast, bells: Bells) -> None:
    """The roster that is imported, and in the folder that is looked at by itself the one of somebody in a hurry."""
    write_oneroster(folder / ROSTER, cast, bells.today)
    pulled = folder / PULLED
    pulled.mkdir()
    write_oneroster(pulled / SHRUNKEN, cast, bells.today, without="9")


def prepare_hub(stage: Stage) -> None:
    """What a person would type before the first start. Raises SetupFailed."""
    plan = stage.plan
    config, folder = str(plan.hub_toml()), str(plan.folder)
    init = ["hub", "init", "--dir", str(plan.hub_toml().parent), "--operator", OPERATOR]
    run_commands(
        [*init, "--password-file", f"{folder}/password.txt"],
        ["hub", "apply", f"{folder}/school.toml", "--config", config],
        ["roster", "import", f"{folder}/{ROSTER}", "--school", SCHOOL, "--source", PULL, "--config", config],
        ["timetable", "import", f"{folder}/{TIMETABLE}", "--school", SCHOOL, "--config", config],
    )
    write_hub(plan)
