"""Every fuzzing target on what was found before and on random input; `python -m tests.fuzz` runs them for long."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.dialects.router import build_router
from edge.dialects.table import Surroundings
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import BETWEEN, TARGETS, TOPICS, decode, messages

CASES = sorted((Path(__file__).parent / "cases").glob("*/*"))
BEGINNINGS = [(name, seed) for name in TARGETS for seed in seeds(name)]
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(10**12), 10**12) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_what_fuzzing_found_worth_keeping(case: Path) -> None:
    """What broke a decoder once, and inputs that reached far into one."""
    TARGETS[case.parent.name](case.read_bytes())


@pytest.mark.parametrize(("name", "seed"), BEGINNINGS)
def test_where_fuzzing_begins_is_sound(name: str, seed: bytes) -> None:
    router = build_router("fuzz", (), Surroundings())
    TARGETS[name](seed)
    for topic, payload, retained in messages(TOPICS[name], seed):
        decode(router, topic, payload, retained=retained)
    assert sum(router.counts.values()) > 0


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=120), min_size=1, max_size=4))
def test_random_bytes_keep_every_decoder_to_its_word(name: str, parts: list[bytes]) -> None:
    TARGETS[name](BETWEEN.join(parts))


@pytest.mark.parametrize("name", ["zigbee2mqtt", "tasmota", "shelly", "homeassistant", "homie", "lorawan", "unknown"])
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), _JSON), min_size=1, max_size=4))
def test_random_json_keeps_every_dialect_to_its_word(name: str, parts: list[tuple[int, object]]) -> None:
    import json

    TARGETS[name](BETWEEN.join(bytes((choice,)) + json.dumps(value).encode() for choice, value in parts))
