"""Templates of discovery: what is read is read right, what is not is named, and nothing is ever run."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.figures import Refused
from edge.dialects.json_paths import MISSING
from edge.dialects.template_expressions import Unsafe
from edge.dialects.templates import parse, path_in
from tests.edge.dialects.messages import MORE

BODY = {"a": {"b": 21.26, "c-d": [1, "2"]}, "s": "on", "t": True, "f": False, "n": None, "x": "7", "deci": 234}


def of(template: str, payload: object = BODY) -> object:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse(template).of(raw)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ value_json.a.b }}", 21.26),
        ("{{value_json['a'][\"c-d\"][0]}}", 1),
        ("{{ value_json.a['c-d'][-1] | float / 10 }}", 0.2),
        ("{{- value_json.a.b | round(1) -}}", 21.3),
        ("{{ value_json.a.b | float | round(0, 'floor') }}", 21.0),
        ("{{ value_json.deci / 10 }}", 23.4),
        ("{{ value_json.deci | multiply(0.1) | round(1) }}", 23.4),
        ("{{ (value_json.a.b - 32) * 5 / 9 | round(0) }}", (21.26 - 32) * 5 / 9),  # the filter binds the 9 only
        ("{{ -value_json.deci | abs }}", 234),
        ("{{ value_json.x | int(0) + 1 }}", 8),
        ("{{ float(value_json.x) // 2 % 2 }}", 1.0),
        ("{{ 'ON' if value_json.t else 'OFF' }}", "ON"),
        ("{{ 'ON' if value_json.s == 'on' and not value_json.f else 'OFF' }}", "ON"),
        ("{{ 'a' if value_json.x | int > 7 else 'b' if value_json.x | int >= 7 else 'c' }}", "b"),
        ("{{ value_json.s in ['on', 'auto'] }}", True),
        ("{{ value_json.s not in ('off') }}", True),
        ("{{ value_json.q is defined }}", False),
        ("{{ value_json.deci if value_json.deci is defined else value_json.old }}", 234),
        ("{% if value_json.s == 'x' %}1{% elif value_json.t %}2{% else %}3{% endif %}", "2"),
        ("{# why #}{% if value_json.f %}ON{% else %}\n OFF \n{% endif %}", "OFF"),
        ("{{ value_json.s | upper }}-{{ value_json.x }}", "ON-7"),
        ("{{ value_json.get('a').get('b') }}", 21.26),
        ("{{ value_json.get('deci', 0) / 10 }}", 23.4),
        ("{{ value_json.x | replace('7', '8,5') | float }}", 8.5),
        ("{%if value_json.t%}ON{%else%}OFF{%endif%}", "ON"),
        ("{{ value_json['a'].b if 'a' in value_json else none }}", 21.26),
        ("{{ value_json.deci | round(-1, 'ceil') }}", 240.0),
        ("{{ value_json.t + 1 }}", 2.0),
        ("{{ value_json.s | default('off', true) }}", "on"),
        ("{{ value_json.n is none }}", True),
        ("{{ value_json.q or true if value_json.q is defined else value_json.s or 1 }}", "on"),
        ("{{ (value_json.a.b or 0) | round(1) }}", 21.3),  # not 1.0, the truth of it
        ("{{ (value_json.n or value_json.deci) / 10 }}", 23.4),
        ("{{ value_json.t and value_json.a.b }}", 21.26),
        ("{{ value_json.a['c-d'][0] * 0 or 20 }}", 0),
        ("{{ value_json.f or value_json.s == 'on' }}", True),
        ("{{ value_json.f or true }}", True),
        ("{{ '%0.1f' | format(value_json.deci | float / 10) }}", "23.4"),
        ("{{ '%d'|format(value_json.x) }}", "7"),
        ("{{ value_json.a.b | round(precision=1, method='floor') }}", 21.2),
        ("{{ value_json.x | int(default=3) + 1 }}", 8),
        ("{{ int(value_json.x, default=none) }}", 7),
        ("{{ value_json.t }}", True),
        ("{{ value_json.n }}", None),
    ],
)
def test_what_is_read(template: str, value: object) -> None:
    assert of(template) == value


def test_plain_values() -> None:
    assert of("{{ value }}", b" 23.4\n") == "23.4"
    assert of("{{ value | float / 10 }}", b"234") == 23.4


@pytest.mark.parametrize(
    "template",
    [
        "{{ value_json.q }}",
        "{{ value_json.q.r[3] }}",
        "{{ value_json.q | float }}",
        "{{ value_json.q | is_defined }}",
        "{{ value_json.get('q', 0) }}",
        "{{ value_json.get('q') }}",
        "{{ value_json.q | default(0) }}",  # a number nobody measured
        "{{ value_json.s | float(0) }}",
        "{{ value_json.f | default(1, true) }}",
        "{{ value_json.q | lower }}",
        "{{ 'unknown' | float }}",
        "{{ value_json.n | int(0) }}",
        "{{ 'ON' if value_json.q == 1 else 'OFF' }}",  # an answer nobody gave
        "{{ 'ON' if value_json.q | default(false) else 'OFF' }}",
        "{% if value_json.q %}ON{% endif %}",
        "{% if value_json.f %}ON{% endif %}",
        "{{ value_json.q }} {{ value_json.x }}",
        "{{ value_json.s | float(default=0) }}",
        "{{ value_json.s | round(1, default=0) }}",
        "{{ int(value_json.s, default=0) }}",
        "{{ (value_json.n or 0) | float }}",
        "{{ value_json.q or 20 }}",
    ],
)
def test_what_the_message_does_not_hold_is_no_value(template: str) -> None:
    assert of(template) is MISSING


@pytest.mark.parametrize(
    "template",
    [
        "{{ states('sensor.x') }}",
        "{{ value_json.a.items() }}",
        "{{ value_json.get(value) }}",
        "{{ value.__class__.mro() }}",
        "{{ ''.__class__ }}{{ cycler }}",
        "{{ value.split(',')[0] }}",
        "{{ value_json | tojson }}",
        "{{ value_json.a.b ** 99 }}",
        "{{ value_json[value] }}",
        "{{ value | round(1, 2, 3) }}",
        "{{ value | round(places=1) }}",
        "{{ value | float(default=0, 1) }}",
        "{{ value | lower(default=0) }}",
        "{{ value = 1 }}",
        "{{ 'on' if value }}",
        "{% for x in value_json %}{% endfor %}",
        "{% set x = value_json.a %}{{ x }}",
        "{% if value %}1",
        "{% endif %}",
        "{{ value",
        "{{ }}",
        "{{ value 1 }}",
        "{{ '\\x41' }}",
        "{{ " + "(" * 60 + "1" + ")" * 60 + " }}",
        "{{ 1" + "+1" * 400 + " }}",
        "{{ value" + "|abs" * 200 + " }}",
        "{% if value %}" * 40 + "{% endif %}" * 40,
        "{{ " + "1" * 30 + " }}",
        "x" * 3000,
    ],
)
def test_anything_else_is_named_and_not_run(template: str) -> None:
    with pytest.raises(Unsafe, match="template not supported: "):
        parse(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ 1 / 0 }}",
        "{{ value_json.s | float }}",
        "{{ value_json.x in 5 }}",
        "{{ 5 | round(99) }}",
        "{{ 5 | round(1, 'up') }}",
        "{{ value_json.s | replace('o') }}",
        "{{ value_json.a | lower }}",
    ],
)
def test_what_cannot_be_computed_is_refused(template: str) -> None:
    with pytest.raises(Refused):
        of(template)


def test_json_is_asked_for_only_where_it_is_used() -> None:
    assert of("{{ value }}", b"no json") == "no json"
    with pytest.raises(Refused, match="not JSON"):
        of("{{ value_json.a }}", b"no json")


def test_where_a_template_looks_is_known() -> None:
    assert path_in("{{value_json['OPENTHERM']['OT10'].lo | float}}") == "OPENTHERM.OT10.lo"
    assert path_in("{{ value }}") == ""


WORDS = (
    "value value_json if else endif not in is defined float round(1) default(0) 1 2.5 a == 'x' and or int( {{ }} {% %}"
)
SOUP = st.lists(st.sampled_from([*"()[]|.+-*/%<>,'\" ", *WORDS.split()]), max_size=25).map(" ".join)


@MORE
@given(st.one_of(SOUP, SOUP.map(lambda text: f"{{{{ {text} }}}}"), st.text(max_size=80)), st.binary(max_size=20))
def test_no_template_and_no_payload_break_it(template: str, payload: bytes) -> None:
    try:
        parsed = parse(template)
    except Unsafe:
        return
    for one in (payload, b'{"a": {"b": 1e300}}', b'{"a": "x"}'):
        with suppress(Refused):
            parsed.of(one)
