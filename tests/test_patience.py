"""A promise in seconds that CI does not hold is held by `make soak`: it runs every test file that says so."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
HELD = re.compile(r"promised_s\(|\bSOAK\b|CLASSHUB_SOAK")
SHARED = {"tests/conftest.py", "tests/patience.py", "tests/test_patience.py"}


def soaked() -> tuple[str, ...]:
    """Paths its recipe names; `-m failure` runs what is marked so."""
    recipe = (ROOT / "Makefile").read_text("utf-8").split("\nsoak:")[1].split("\n\n")[0]
    return tuple(re.findall(r"\btests/\S+", recipe))


def test_soak_runs_every_file_whose_promises_it_holds() -> None:
    named = soaked()
    assert all((ROOT / one).exists() for one in named)
    for path in sorted((ROOT / "tests").rglob("*.py")):
        name, text = path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
        if name in SHARED or not path.name.startswith("test_") or not HELD.search(text):
            continue
        whole = "/failure/" in name or re.search(r"^pytestmark.*mark\.failure", text, re.MULTILINE)
        assert whole or name.startswith(named), f"{name} holds something under soak, and `make soak` does not run it"
