"""What every page shares: templates, language, the school looked at, and the data its script starts from."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse

from hub.context import Hub
from hub.registry.model import School
from hub.web.guard import visitor_of
from hub.web.problem import Problem
from hub.web.texts import TEXTS, in_language, say, text
from wire.quantities import QUANTITIES
from wire.release import RELEASE
from wire.text import Language

FOLDER = Path(__file__).parent.parent
STATIC = FOLDER / "static"
LANGUAGE_COOKIE = "classhub_language"
# Words every script needs; a page names its own on top.
SHARED_WORDS = ("status.", "age.", "span.", "value.", "state.", "push.", "form.", "running.")


@lru_cache(maxsize=1)
def static_version() -> str:
    """Changes with any script or style, so that browsers may keep them for ever."""
    digest = hashlib.sha256(RELEASE.encode())
    for file in sorted(STATIC.iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def language_of(request: Request, hub: Hub) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen == "en":
        return "en"
    return "vi" if chosen == "vi" else hub.config.hub.language


def chosen_school(request: Request, hub: Hub) -> School | None:
    """The school the address names, or the only one there is. Raises Problem for an unknown one."""
    schools = hub.registry.schools()
    wanted = request.query_params.get("school")
    if wanted is not None:
        found = hub.registry.school(wanted[:64])
        if found is None:
            raise Problem(404, text("error.no_school", id=wanted[:64]), field="school")
        return found
    return schools[0] if len(schools) == 1 else None


def start_data(request: Request, hub: Hub, school: School | None, words: Iterable[str]) -> dict[str, Any]:
    """What a script needs before its own data: words, units, zone, clock, and the token for changes."""
    language, visitor = language_of(request, hub), visitor_of(request)
    prefixes = (*SHARED_WORDS, *words)
    return {
        "language": language,
        "now": hub.now_ms(),
        "zone": school.timezone if school else "Asia/Ho_Chi_Minh",
        "school": school.id if school else None,
        "may_change": visitor.may_change,
        "csrf": visitor.csrf,
        "words": {key: word for key, word in in_language(language).items() if key.startswith(prefixes)},
        "quantities": {
            q.key: [q.unit, q.decimals, q.meaning.in_language(language), q.kind.value] for q in QUANTITIES.values()
        },
    }


def embedded(data: Any) -> str:
    """JSON for a data block in a page. `<` is escaped, so that no text can end the block."""
    raw = data if isinstance(data, bytes) else msgspec.json.encode(data)
    return raw.replace(b"<", b"\\u003c").decode()


def render(
    request: Request,
    hub: Hub,
    template: str,
    *,
    title: str,
    page: str,
    school: School | None = None,
    words: Iterable[str] = (),
    status: int = 200,
    **context: Any,
) -> HTMLResponse:
    """A whole page. `page` is its name in navigation, `title` a key of the table of words or plain text."""
    language = language_of(request, hub)
    other: Language = "en" if language == "vi" else "vi"
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    html = (
        _templates()
        .get_template(template)
        .render(
            t=lambda key, **values: say(key, language, **values),
            language=language,
            other_language=other,
            here=here,
            static=f"/static/{static_version()}",
            title=say(title, language) if title in TEXTS else title,
            page=page,
            school=school,
            schools=hub.registry.schools(),
            visitor=visitor_of(request),
            start=embedded(start_data(request, hub, school, words)),
            **context,
        )
    )
    return HTMLResponse(html, status_code=status)
