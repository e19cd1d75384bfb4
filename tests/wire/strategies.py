"""Hypothesis strategies for everything on the wire."""

from typing import Any

from hypothesis import strategies as st

from wire.messages import (
    VERSION,
    Ack,
    AckStatus,
    ClockState,
    Command,
    Configuration,
    DropReason,
    EventBatch,
    EventRow,
    GatewayState,
    HubState,
    Rejected,
    SourceReport,
    Stream,
    StreamReport,
    TeleBatch,
    TeleRow,
    TimeQuality,
)
from wire.quantities import QUANTITIES, Kind, Quantity

ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=64)
epochs = st.text("0123456789abcdef", min_size=8, max_size=32)
numbers = st.integers(1, 2**63 - 1)
millis = st.integers(0, 253_402_300_799_999)
short = st.text(max_size=24)
event_ids = st.text("ABCabc019_-", min_size=8, max_size=64)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | short,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short, inner, max_size=3),
    max_leaves=8,
)


def values_of(quantity: Quantity) -> st.SearchStrategy[float | str]:
    """Values the table accepts."""
    if quantity.kind is Kind.TEXT:
        return st.text(max_size=20)
    if quantity.kind is Kind.STATE:
        return st.sampled_from([0.0, 1.0])
    return st.floats(quantity.minimum, quantity.maximum)


measured = st.fixed_dictionaries(
    {"co2_ppm": values_of(QUANTITIES["co2_ppm"])},
    optional={key: values_of(QUANTITIES[key]) for key in ("energy_kwh", "occupancy", "input_source", "power_w")},
)
tele_rows = st.builds(
    TeleRow,
    d=ids,
    t=st.none() | millis,
    v=measured,
    c=st.sampled_from([c for c in TimeQuality if c is not TimeQuality.UNKNOWN]),
)
event_rows = st.builds(
    EventRow,
    id=event_ids,
    d=ids,
    t=st.none() | millis,
    k=st.sampled_from(["contact", "button", "device_up"]),
    c=st.sampled_from(TimeQuality),
    data=st.dictionaries(short, json_values, max_size=3),
)
firsts = st.integers(1, 2**63 - 1 - 5)  # the last of the rows below has a number too
dropped = st.lists(
    st.builds(lambda a, b, why: (min(a, b), max(a, b), why), numbers, numbers, st.sampled_from(DropReason)), max_size=3
)
tele_batches = st.builds(
    TeleBatch,
    v=st.just(VERSION),
    epoch=epochs,
    first=firsts,
    oldest=numbers,
    sent_at=st.none() | millis,
    rows=st.lists(tele_rows, max_size=5),
    dropped=dropped,
)
event_batches = st.builds(
    EventBatch,
    v=st.just(VERSION),
    epoch=epochs,
    first=firsts,
    oldest=numbers,
    sent_at=st.none() | millis,
    rows=st.lists(event_rows, max_size=5),
    dropped=dropped,
)
acks = st.builds(
    Ack,
    v=st.just(VERSION),
    hub=ids,
    instance=short,
    stream=st.sampled_from(Stream),
    epoch=epochs,
    upto=st.integers(0, 2**63 - 1),
    hub_time=millis,
    also=st.lists(st.tuples(numbers, numbers), max_size=3),
    status=st.sampled_from(AckStatus),
    retry_s=st.floats(0, 86_400),
    credit=st.integers(0, 1_000_000),
    rejected=st.lists(st.builds(Rejected, sha256=digests, reason=short), max_size=2),
)
reports = st.builds(
    StreamReport, next=numbers, oldest=numbers, rows=st.integers(0, 10**9), bytes=st.integers(0, 10**12),
    dropped=st.dictionaries(short, st.integers(0, 10**9), max_size=2),
)  # fmt: skip
gateway_states = st.builds(
    GatewayState,
    v=st.just(VERSION),
    online=st.booleans(),
    boot=short,
    epoch=st.just("") | epochs,
    at=st.none() | millis,
    clock=st.sampled_from(ClockState),
    tele=st.none() | reports,
    event=st.none() | reports,
    sources=st.lists(st.builds(SourceReport, name=short, kind=short, up=st.booleans()), max_size=2),
)
hub_states = st.builds(HubState, v=st.just(VERSION), hub=ids, instance=short, online=st.booleans(), at=millis)
commands = st.builds(
    Command, v=st.just(VERSION), id=event_ids, kind=short, expires_at=millis,
    args=st.dictionaries(short, json_values, max_size=2),
)  # fmt: skip
configurations = st.builds(
    Configuration, v=st.just(VERSION), config_version=st.integers(1, 2**31 - 1),
    settings=st.dictionaries(short, json_values, max_size=2),
)  # fmt: skip
