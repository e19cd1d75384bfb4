"""The demo's gateways and sensors for a hub that runs already: the simulated school as its first customer."""

import shutil
import sys
import time
import tomllib
from pathlib import Path

import msgspec

from demo.cast import GATEWAYS, SCHOOL
from demo.crew import Crew, SetupFailed, run_commands
from demo.processes import DemoBroken, Stopped, check_crew, end_crew, listen_for_end, start_gateways
from demo.settings import PULL, write_edge
from demo.stage import ROSTER, TIMETABLE, Stage, StageProblem, claim_folder, set_stage

_NO_PAGES = 8080  # the plan wants a port for pages; the running hub has its own
_WATCH_S = 2.0


def feed(hub_toml: Path, folder: Path) -> int:
    """Until somebody ends it. Returns the exit code; what is wrong is printed."""
    listen_for_end()
    try:
        claim = claim_folder(folder)
    except StageProblem as problem:
        print(problem.text.both(), file=sys.stderr)
        return 1
    crew = Crew(folder)
    try:
        stage = set_stage(folder, _NO_PAGES, changes=False)
        introduce(stage, hub_toml)
        start_gateways(stage, crew, tuple(gateway for gateway, _ in GATEWAYS))
        print(f"{SCHOOL}: {len(GATEWAYS)} cổng đang gửi / gateways are sending", flush=True)
        while True:
            check_crew(crew)
            time.sleep(_WATCH_S)
    except Stopped:
        return 0
    except StageProblem as problem:
        print(problem.text.both(), file=sys.stderr)
    except (SetupFailed, DemoBroken) as failed:
        print(failed, file=sys.stderr)
    finally:
        end_crew(crew)
        claim.close()
    return 1


def introduce(stage: Stage, hub_toml: Path) -> None:
    """The school, its people and timetable, and a credential for each gateway, by a person's commands."""
    plan, config = stage.plan, ["--config", str(hub_toml)]
    run_commands(
        ["hub", "apply", f"{plan.folder}/school.toml", *config],
        ["roster", "import", f"{plan.folder}/{ROSTER}", "--school", SCHOOL, "--source", PULL, *config],
        ["timetable", "import", f"{plan.folder}/{TIMETABLE}", "--school", SCHOOL, *config],
        *(_add(stage, gateway, hub_toml) for gateway, _ in GATEWAYS),
    )
    for gateway, _ in GATEWAYS:
        broker = tomllib.loads(_given(stage, gateway).read_text(encoding="utf-8"))["broker"]
        lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in broker.items()]
        write_edge(plan, gateway, lines)
        for file in _given(stage, gateway).parent.iterdir():
            if file != _given(stage, gateway):
                shutil.copy(file, plan.edge_toml(gateway).parent)


def _add(stage: Stage, gateway: str, hub_toml: Path) -> list[str]:
    """An earlier feed may have added it; its files are gone with the folder, so its password is made anew."""
    words = ["gateway", "add", SCHOOL, gateway, "--renew", *_beside(hub_toml)]
    return [*words, "--config", str(hub_toml), "--out", str(_given(stage, gateway))]


def _beside(hub_toml: Path) -> list[str]:
    """The broker's address as the hub itself reaches it: these gateways run where the hub does, not outside."""
    broker = tomllib.loads(hub_toml.read_text(encoding="utf-8")).get("broker", {})
    words = [("--broker-host", broker.get("host")), ("--broker-port", broker.get("port"))]
    return [part for option, value in words if value is not None for part in (option, str(value))]


def _given(stage: Stage, gateway: str) -> Path:
    """Where `gateway add` writes what it made."""
    return stage.plan.folder / "given" / gateway / "edge.toml"
