"""The Containerfiles: what they copy is there, what they run works, and nothing of the build stays at the end.

No engine is at hand here: the very RUN lines that make the environment are run in a folder instead.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.compose import ROOT, services

FOLDER = ROOT / "deploy" / "containers"
NAMES = ("hub", "edge")
BOTH = ("x86_64", "aarch64")
STARTS = {"hub": ["hub", "run", "--help"], "edge": ["edge", "run", "--help"]}


def instructions(name: str) -> list[tuple[str, str]]:
    """(FROM, …) in order, continued lines joined."""
    text = (FOLDER / f"{name}.Containerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines() if line.strip()]


def stages(name: str) -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions(name):
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def lock() -> dict[str, dict[str, Any]]:
    """By name; of a package locked in several versions (one for each range of interpreters) all wheels together."""
    found: dict[str, dict[str, Any]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]:
        held = found.setdefault(package["name"], package | {"wheels": []})
        held["wheels"] = [*held["wheels"], *package.get("wheels", [])]
    return found


def needed(*extras: str) -> set[str]:
    """Every package of an image, by the lock file."""
    packages = lock()
    project = packages["classhub"]
    open_, seen = [each["name"] for each in project["dependencies"]], set()
    for extra in extras:
        open_ += [each["name"] for each in project["optional-dependencies"][extra]]
    while open_:
        name = open_.pop()
        if name in seen:
            continue
        seen.add(name)
        package = packages[name]
        open_ += [each["name"] for each in package.get("dependencies", [])]
        for more in package.get("optional-dependencies", {}).values():
            open_ += [each["name"] for each in more]
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_two_stages_and_nothing_of_the_first_but_the_result(name: str) -> None:
    build, final = stages(name)
    assert build[0][1].split()[0] == final[0][1], "one interpreter: the environment points at it"
    assert re.fullmatch(r"python:3\.1[1-3]\.\d+-slim-bookworm", final[0][1])
    assert [rest for word, rest in final if word == "COPY"] == ["--from=build /opt/classhub /opt/classhub"]
    ran = " ".join(rest for word, rest in [*build, *final] if word == "RUN")
    assert not re.search(r"apt|gcc|build-essential|\bpip\b|curl", ran)
    assert "--frozen" in ran
    assert "--no-build" in ran
    assert [rest for word, rest in final if word == "USER"] == ["10001:10001"]
    assert [word for word, _ in final if word in {"HEALTHCHECK", "ENTRYPOINT", "STOPSIGNAL"}]
    assert services()[name]["build"]["dockerfile"] == f"deploy/containers/{name}.Containerfile"


@pytest.mark.parametrize("name", NAMES)
def test_what_it_copies_is_there_and_reaches_the_builder(name: str) -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [part for word, rest in stages(name)[0] if word == "COPY" for part in rest.split()[:-1]]
    assert copied
    for part in copied:
        assert (ROOT / part).exists(), part
        assert part in let_in, f"{part} is kept from the builder by .dockerignore"
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
    if name == "hub":
        assert set(packages) <= {*copied, "dashboards"}


@pytest.mark.parametrize("extras", [("edge",), ("hub", "edge")], ids=["edge", "hub"])
@pytest.mark.parametrize("machine", BOTH)
def test_every_package_has_a_wheel_with_a_hash_for_both_machines(extras: tuple[str, ...], machine: str) -> None:
    packages = lock()
    found = needed(*extras)
    assert len(found) > 2
    for name in found:
        wheels = packages[name].get("wheels", [])
        fitting = [wheel for wheel in wheels if _fits(wheel["url"].rsplit("/", 1)[1], machine)]
        assert fitting, f"{name}: no wheel for {machine}"
        assert all(wheel["hash"].startswith("sha256:") for wheel in fitting), name


def _fits(wheel: str, machine: str) -> bool:
    """For the image's interpreter: 3.11 on Debian."""
    python, abi, platform = wheel.removesuffix(".whl").split("-")[-3:]
    old = re.fullmatch(r"cp3(\d+)", python)
    stable = abi == "abi3" and old is not None and int(old.group(1)) <= 11
    right_python = python in {"cp311", "py3", "py2.py3"} or stable
    return right_python and ("any" in platform or ("manylinux" in platform and machine in platform))


def test_a_gateway_loads_nothing_of_the_hub() -> None:
    small = needed("edge")
    assert not small & {"duckdb", "fastapi", "sqlalchemy", "numpy", "influxdb-client", "psycopg"}
    assert "hub" not in [rest.split()[0] for word, rest in stages("edge")[0] if word == "COPY"]


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", NAMES)
def test_the_run_lines_make_an_environment_that_starts(name: str, tmp_path: Path) -> None:
    uv = shutil.which("uv") or str(ROOT / ".tools" / "uv")
    if not Path(uv).exists():
        pytest.skip("needs uv: make setup")
    sync = next(rest for word, rest in stages(name)[0] if word == "RUN" and "uv sync" in rest)
    app = tmp_path / "app"
    for rest in (rest for word, rest in stages(name)[0] if word == "COPY"):
        *parts, target = rest.split()
        for part in parts:
            if target.startswith("/opt/classhub/app/"):
                shutil.copytree(
                    ROOT / part, app / target.rsplit("/", 1)[1], ignore=shutil.ignore_patterns("__pycache__")
                )
    for part in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / part, tmp_path)
    environment = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    environment |= {"UV_PROJECT_ENVIRONMENT": str(tmp_path / "venv"), "UV_PYTHON_DOWNLOADS": "never"}
    words = [uv, *sync.split()[1:]]
    words[words.index("--python") + 1] = sys.executable
    done = subprocess.run(
        words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    python, there = tmp_path / "venv" / "bin" / "python", environment | {"PYTHONPATH": str(app)}
    for line in (STARTS[name], ["stack", "health", "--help"]):
        started = subprocess.run(
            [str(python), "-m", "classhub", *line], cwd=tmp_path, env=there, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert started.returncode == 0, started.stderr[-2000:]
    _judged(name, python, tmp_path, there)


def _judged(name: str, python: Path, place: Path, environment: dict[str, str]) -> None:
    """The health check judges as it stands in the image: nothing runs here, so it says no, and why."""
    config = place / f"{name}.toml"
    if name == "edge":
        config.write_text('[gateway]\nschool = "s"\nid = "g"\ndata_dir = "data"\n[broker]\nhost = "127.0.0.1"\n')
        line = ["stack", "health", "--edge", str(config)]
    else:
        config.write_text("[web]\nport = 1\n")
        line = ["stack", "health", "--config", str(config)]
    words = [str(python), "-m", "classhub", *line]
    done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "not there" in done.stderr or "127.0.0.1:1" in done.stderr
