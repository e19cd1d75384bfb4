"""What Grafana does to a query before it is sent: variables in their formats, then the data source's own macros.

Written from Grafana's documentation of variable formats and its data sources' macros; an unknown variable is an error.
"""

import re
from datetime import UTC, datetime

import msgspec

Value = str | list[str]


class Range(msgspec.Struct, frozen=True):
    """What the time picker and a panel's width give: times in UTC ms, the interval in ms."""

    from_ms: int
    to_ms: int
    interval_ms: int


_REFERENCE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(?!__)([a-zA-Z_]\w*)")


def replace_variables(text: str, variables: dict[str, Value]) -> str:
    """`${name:format}` and `$name`; a backslash before it is no escape to Grafana, so names must not look like it."""

    def one(match: re.Match[str]) -> str:
        name, how = match[1] or match[3], match[2] or "glob"
        if name not in variables:
            raise KeyError(f"{match[0]}: no such variable in this dashboard")
        return _formatted(variables[name], how)

    return _REFERENCE.sub(one, text)


def _formatted(value: Value, how: str) -> str:
    many = [value] if isinstance(value, str) else value
    match how:
        case "raw" | "glob":
            return value if isinstance(value, str) else "{" + ",".join(value) + "}"
        case "regex":
            escaped = [re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", each) for each in many]
            return escaped[0] if isinstance(value, str) or len(many) == 1 else "(" + "|".join(escaped) + ")"
        case "sqlstring":
            return ",".join("'" + each.replace("'", "''") + "'" for each in many)
    raise KeyError(f"format {how}")


def flux_macros(query: str, shown: Range) -> str:
    """The plugin's `v.` variables, as text; they are not a record to Flux."""
    query = query.replace("v.timeRangeStart", _rfc3339(shown.from_ms)).replace("v.timeRangeStop", _rfc3339(shown.to_ms))
    query = query.replace("v.windowPeriod", f"{shown.interval_ms}ms")
    if left := re.findall(r"\bv\.\w+(?=[^\w:])(?!:)|\$__\w+", query):
        raise KeyError(f"not replaced: {left}")
    return query


def sql_macros(query: str, shown: Range) -> str:
    query = query.replace("$__timeFrom()", f"'{_rfc3339(shown.from_ms)}'")
    query = query.replace("$__timeTo()", f"'{_rfc3339(shown.to_ms)}'")
    if left := re.findall(r"\$__\w+", query):
        raise KeyError(f"not replaced: {left}")
    return query


def _rfc3339(t_ms: int) -> str:
    return datetime.fromtimestamp(t_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
