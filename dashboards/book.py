"""All dashboards and the JSON files they become: `classhub dashboards build` writes them, a test holds them equal."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from dashboards import air, energy, frame, gateways, province, room, school_now
from dashboards.language import LANGUAGES, Say
from dashboards.model import Json
from wire.text import Language

FOLDER = Path(__file__).parent / "json"
PAGES: tuple[Callable[[Say], frame.Page], ...] = (
    school_now.page,
    room.page,
    air.page,
    energy.page,
    gateways.page,
    province.page,
)


def dashboards(language: Language) -> dict[str, Json]:
    """Every dashboard of one language, by its stable key."""
    say = Say(language)
    return {made.key: frame.dashboard(made, say) for made in (page(say) for page in PAGES)}


def files() -> Iterator[tuple[Path, str]]:
    """(path below the json folder, content) of everything produced."""
    for language in LANGUAGES:
        for key, dashboard in dashboards(language).items():
            yield Path(language) / f"{key}.json", as_text(dashboard)


def as_text(dashboard: Json) -> str:
    """Keys in order, so that a change shows as itself in a diff."""
    return json.dumps(dashboard, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
