"""Orders, what gateways hear, and rules, shaped for the pages' scripts. Pure but for asking the desks."""

import msgspec

from hub.commands.command import BY_RULE, Issued
from hub.context import Hub
from hub.live.policy import RULES, SCHOOL_DAY_MIN
from hub.web.board import Item
from wire.text import Language

RECENT_SHOWN = 20


def device_orders(hub: Hub, school: str, device: str, language: Language) -> Item:
    """What a device takes, and how the last order for it stands."""
    last = hub.desk.last(school, device)
    return {
        "accepts": hub.desk.accepts(school, device),
        "order": None if last is None else shape_order(last, language),
    }


def recent_orders(hub: Hub, school: str, language: Language) -> Item:
    return {"list": [shape_order(order, language) for order in hub.desk.recent(school)[:RECENT_SHOWN]]}


def shape_order(order: Issued, language: Language) -> Item:
    return {
        "id": order.id,
        "device": order.device,
        "kind": order.kind,
        "value": order.value,
        "by": "" if order.by.startswith(BY_RULE) else order.by,
        "reason": order.reason.in_language(language),
        "at": order.created_ms,
        "ended": order.ended_ms,
        "result": order.result,
        "detail": order.detail.in_language(language),
        "confirmed": order.confirmed,
    }


def gateway_configuration(hub: Hub, school: str, gateway: str) -> Item:
    """The mappings a person accepted, whether the gateway uses them, and what it hears beside."""
    stored, state = hub.configurations.of(school, gateway), hub.gateways.state_of(school, gateway)
    own = {(one.topic, one.path) for one in (state.own_mappings if state else ())}
    return {
        "version": stored.version if stored else 0,
        "confirmed": hub.configurations.confirmed(school, gateway),
        "mappings": [
            msgspec.to_builtins(mapping) | {"hidden": (mapping.topic, mapping.path) in own}
            for mapping in (stored.mappings if stored else ())
        ],
        "heard": [msgspec.to_builtins(each) for each in (state.heard if state else ())],
    }


def rules(hub: Hub, school: str, language: Language) -> Item:
    found = []
    for rule in RULES.values():
        setting, why_not = hub.policies.setting(school, rule.id), hub.policies.why_not_on(school, rule.id)
        found.append(
            {
                "id": rule.id,
                "what": rule.what.in_language(language),
                "mode": setting.mode.value,
                "since": setting.since_ms or None,
                "by": setting.by,
                "watched": setting.watched.longest_min,
                "needed": SCHOOL_DAY_MIN,
                "why_not_on": None if why_not is None else why_not.in_language(language),
            }
        )
    return {"list": found}
