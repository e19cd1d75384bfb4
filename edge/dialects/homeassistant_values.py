"""What a message says of one announced entity: a value of ours, an alarm, that somebody is there. Pure."""

from edge.dialects.figures import Refused, harmless, short
from edge.dialects.homeassistant_discovery import Entity, Presence
from edge.dialects.json_paths import MISSING
from edge.dialects.measures import ALARMS, STATES, Said, convert, is_mains
from edge.dialects.template_filters import NO_VALUE, Absent, number_of
from edge.dialects.templates import Template
from wire.text import Text

_LONGEST = 4_000


def read(entity: Entity, payload: bytes) -> tuple[str, float] | tuple[str, bool] | Said:
    """Quantity and value, or the name of an alarm and whether it is on. Raises Refused."""
    if entity.trouble is not None or not entity.kind:
        return Said.UNKNOWN
    raw = _raw(entity.template, payload)
    if raw is None or raw is MISSING or (isinstance(raw, str) and raw.strip().lower() in {"", *NO_VALUE}):
        return Said.NOTHING
    if entity.component == "sensor":
        return _measured(entity, raw)
    on = _word(raw, entity.on, entity.off)
    if entity.kind == "switch":
        return "switch_on", float(on)
    if entity.kind in STATES:
        return STATES[entity.kind], float(on)
    return (entity.kind, on) if entity.kind in ALARMS else Said.UNKNOWN


def _measured(entity: Entity, raw: object) -> tuple[str, float] | Said:
    if isinstance(raw, bool):
        raise Refused(Text(f"không phải số: {raw}", f"not a number: {raw}"))
    try:
        number = float(number_of(raw))
    except Absent:
        return Said.NOTHING
    except OverflowError as huge:  # JSON and sums have whole numbers of any length
        raise Refused(Text(f"không phải số: {harmless(raw)}", f"not a number: {harmless(raw)}")) from huge
    found = convert(entity.kind, entity.unit, number)
    return Said.UNKNOWN if entity.kind == "voltage" and not is_mains(found[1]) else found


def is_there(presence: Presence, payload: bytes) -> bool:
    """Raises Refused where it says neither."""
    return _word(_raw(presence.template, payload), presence.on, presence.off)


def _raw(template: Template | None, payload: bytes) -> object:
    if len(payload) > _LONGEST and template is None:
        raise Refused(Text(f"quá dài: {len(payload)} byte", f"too long: {len(payload)} bytes"))
    return payload.decode("utf-8", "replace").strip() if template is None else template.of(payload)


def _word(raw: object, on: str, off: str) -> bool:
    """By the announced words as they are written, else in small letters or as numbers where these still differ."""
    said = short(raw) if isinstance(raw, dict | list) else str(raw)
    small = [word.lower().removesuffix(".0") for word in (on, off, said)]
    for one, two, word in ((on, off, said), small):
        if one != two and word in {one, two}:
            return word == one
    raise Refused(
        Text(
            f"{harmless(raw)} không phải {on[:40]} / {off[:40]}", f"{harmless(raw)} is neither {on[:40]} nor {off[:40]}"
        )
    )
