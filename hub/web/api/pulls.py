"""Where schools' data is fetched from by itself: /api/v1/pulls, and asking for a try at once."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from hub.context import Hub
from hub.school.pulls.runner import PullView
from hub.web.api.asking import MAX_ID, answer, answers
from hub.web.api.model import Done
from hub.web.api.outgoing import rfc3339, words
from hub.web.api.pulls_model import PullOut
from hub.web.problem import Problem
from wire.text import Text

ELSEWHERE = "Asia/Ho_Chi_Minh"  # of a school nobody has set up yet


def pull_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/pulls", tags=["imports"])

    @router.get("", responses=answers(list[PullOut]))
    async def pulls() -> Response:
        return answer([pull_out(hub, view) for view in hub.pulls.view()])

    @router.post("/{name}/run", responses=answers(Done, 202), status_code=202)
    async def run_pull(name: str) -> Response:
        if not hub.pulls.run_now(name):
            short = name[:MAX_ID]
            raise Problem(404, Text(f"không có nguồn {short}", f"there is no source {short}"), field="name")
        return answer(Done(), 202)

    return router


def pull_out(hub: Hub, view: PullView) -> PullOut:
    school = hub.registry.school(view.school)
    zone = ZoneInfo(ELSEWHERE if school is None else school.timezone)
    return PullOut(
        name=view.name,
        school=view.school,
        kind=view.kind,
        place=view.place,
        every_minutes=view.every_minutes,
        outcome=view.outcome.value,
        said=words(view.said),
        last_try=rfc3339(view.last_try_ms, zone),
        last_good=rfc3339(view.last_good_ms, zone),
        last_change=rfc3339(view.last_change_ms, zone),
        next_try=rfc3339(view.next_try_ms or None, zone),
        failures=view.failures,
        import_id=view.import_id,
        running=view.running,
        old=view.old,
    )
