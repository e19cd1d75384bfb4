"""What rules may do by themselves in a school: /api/v1/schools/{school}/policy."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hub.commands.command import Refused
from hub.context import Hub
from hub.live.policy import RULES, SCHOOL_DAY_MIN, Mode
from hub.web.api.asking import answer, answers, body, school_named, takes, zone_of
from hub.web.api.command_model import ChoosePolicy, PolicyOut
from hub.web.api.outgoing import rfc3339, words
from hub.web.guard import visitor_of
from hub.web.problem import Problem
from hub.web.texts import text


def policy_routes(hub: Hub) -> APIRouter:
    router = APIRouter(prefix="/api/v1/schools/{school}", tags=["policy"])

    @router.get("/policy", responses=answers(list[PolicyOut]))
    async def rules(school: str) -> Response:
        school_named(hub, school)
        return answer([policy_out(hub, school, rule) for rule in RULES])

    @router.put("/policy", responses=answers(list[PolicyOut]), openapi_extra=takes(ChoosePolicy))
    async def policy(request: Request, school: str) -> Response:
        school_named(hub, school)
        asked = await body(request, ChoosePolicy)
        if asked.mode not in set(Mode):
            raise Problem(422, text("error.range", choices=", ".join(Mode)), field="mode")
        try:
            await hub.policies.choose(school, asked.rule, Mode(asked.mode), visitor_of(request).operator or "")
        except Refused as refused:
            raise Problem(refused.status, refused.text, refused.field) from refused
        hub.fanout.refresh()
        return answer([policy_out(hub, school, rule) for rule in RULES])

    return router


def policy_out(hub: Hub, school: str, rule: str) -> PolicyOut:
    found, why_not = hub.policies.setting(school, rule), hub.policies.why_not_on(school, rule)
    return PolicyOut(
        rule=rule,
        what=words(RULES[rule].what),
        mode=found.mode.value,
        since=rfc3339(found.since_ms or None, zone_of(hub, school)),
        by=found.by,
        watched_min=found.watched.longest_min,
        needed_min=SCHOOL_DAY_MIN,
        why_not_on=None if why_not is None else words(why_not),
    )
