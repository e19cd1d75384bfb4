"""docker-compose.yml as structures, with what `classhub stack init` makes for it."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::-([^}]*))?\}")
ONE_SHOT = {"setup"}
PROFILED = {"edge", "demo", "setup"}


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")))


def services() -> dict[str, dict[str, Any]]:
    return dict(compose()["services"])


def plain(text: str) -> str:
    """With every variable's default in its place."""
    return VARIABLE.sub(lambda found: found.group(2) or "", text)


def environment_file() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
