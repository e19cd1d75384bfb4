"""Round trips of every message, and arbitrary bytes: nothing but WireError ever comes out of decoding."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire import strategies as some
from wire import codec
from wire.codec import UnsupportedVersion, WireError, decode_batch, encode, encode_batch, row_numbers
from wire.messages import MAX_MESSAGE_BYTES, MAX_ROWS, MAX_VALUES, Stream, TeleBatch, TeleRow

EPOCH = "9f2c51d0a7e4b836"
DECODERS: list[Callable[[bytes], Any]] = [
    codec.decode_ack,
    codec.decode_gateway_state,
    codec.decode_hub_state,
    codec.decode_order,
    lambda payload: decode_batch(payload, Stream.TELE),
    lambda payload: decode_batch(payload, Stream.EVENT),
]


@given(some.tele_batches)
def test_telemetry_comes_back_as_it_went(batch: TeleBatch) -> None:
    assert decode_batch(encode(batch), Stream.TELE) == (batch, [])


@given(some.event_batches)
def test_events_come_back_as_they_went(batch: Any) -> None:
    assert decode_batch(encode(batch), Stream.EVENT) == (batch, [])


@given(some.acks)
def test_acknowledgements_come_back(message: Any) -> None:
    assert codec.decode_ack(encode(message)) == message


@given(some.gateway_states)
def test_gateway_states_come_back(message: Any) -> None:
    assert codec.decode_gateway_state(encode(message)) == message


@given(some.hub_states)
def test_hub_states_come_back(message: Any) -> None:
    assert codec.decode_hub_state(encode(message)) == message


@given(some.commands | some.configurations)
def test_orders_come_back(message: Any) -> None:
    assert codec.decode_order(encode(message)) == message


@given(some.tele_batches)
def test_rows_encoded_one_by_one_make_the_same_batch(batch: TeleBatch) -> None:
    joined = encode_batch(
        epoch=batch.epoch,
        first=batch.first,
        oldest=batch.oldest,
        sent_at=batch.sent_at,
        rows=[encode(row) for row in batch.rows],
        dropped=[(first, last, str(reason)) for first, last, reason in batch.dropped],
    )
    assert decode_batch(joined, Stream.TELE) == (batch, [])


@pytest.mark.parametrize("decode", DECODERS)
@given(payload=st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_wire_error(decode: Callable[[bytes], Any], payload: bytes) -> None:
    with pytest.raises(WireError):
        decode(payload)


@pytest.mark.parametrize("decode", DECODERS)
@given(payload=some.json_values.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_json_raises_nothing_but_wire_error(decode: Callable[[bytes], Any], payload: bytes) -> None:
    with pytest.raises(WireError):
        decode(payload)


def test_numbers_beyond_the_last_and_ranges_backwards_are_refused() -> None:
    rows = [{"d": "a", "t": 1, "v": {"co2_ppm": 500}}, {"d": "a", "t": 2, "v": {"co2_ppm": 500}}]
    last: dict[str, Any] = {"v": 1, "epoch": EPOCH, "first": 2**63 - 2, "oldest": 1, "sent_at": 1, "rows": rows}
    assert row_numbers(*decode_batch(json.dumps(last).encode(), Stream.TELE)) == [2**63 - 2, 2**63 - 1]
    for change in ({"first": 2**63 - 1}, {"rows": [*rows, {}]}, {"dropped": [[9, 3, "age"]]}):
        with pytest.raises(WireError, match=r"above|backwards"):
            decode_batch(json.dumps(last | change).encode(), Stream.TELE)


@pytest.mark.parametrize("name", ["a\n", "a b", "", "A", "ă", "a" * 65])
def test_what_is_no_id_is_no_id_on_the_wire(name: str) -> None:
    rows = [{"d": name, "t": 1, "v": {"co2_ppm": 500}}, {"d": "a", "t": 1, "v": {"co2_ppm": 500}}]
    sent = {"v": 1, "epoch": EPOCH, "first": 1, "oldest": 1, "sent_at": 1, "rows": rows}
    batch, (bad,) = decode_batch(json.dumps(sent).encode(), Stream.TELE)
    assert (bad.number, [row.d for row in batch.rows]) == (1, ["a"])


@pytest.mark.parametrize("decode", DECODERS)
def test_deep_nesting_is_refused(decode: Callable[[bytes], Any]) -> None:
    with pytest.raises(WireError):
        decode(b'{"v":1,"x":' + b"[" * 100_000)


@given(some.tele_batches, st.data())
def test_any_damage_to_a_batch_is_told_or_harmless(batch: TeleBatch, data: st.DataObject) -> None:
    payload = bytearray(encode(batch))
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        decoded, bad = decode_batch(bytes(payload), Stream.TELE)
        assert len(decoded.rows) + len(bad) <= len(payload)


def batch_json(**changes: object) -> bytes:
    rows = [{"d": "a101-co2", "t": 1_763_800_000_123, "v": {"co2_ppm": 812}}]
    whole: dict[str, object] = {"v": 1, "epoch": EPOCH, "first": 7, "oldest": 7, "sent_at": 1, "rows": rows} | changes
    return json.dumps(whole).encode()


def test_unknown_fields_are_ignored() -> None:
    batch, bad = decode_batch(batch_json(colour="blue"), Stream.TELE)
    assert not bad
    assert batch.rows == [TeleRow("a101-co2", 1_763_800_000_123, {"co2_ppm": 812.0})]


@pytest.mark.parametrize("stream", Stream)
def test_another_version_is_told_from_nonsense(stream: Stream) -> None:
    with pytest.raises(UnsupportedVersion) as told:
        decode_batch(batch_json(v=2, rows="another shape"), stream)
    assert told.value.version == 2
    with pytest.raises(UnsupportedVersion):
        decode_batch(batch_json(v=2, rows=[]), stream)


@pytest.mark.parametrize(
    "change",
    [{"epoch": "Z"}, {"first": 0}, {"first": 2**63}, {"oldest": -1}, {"rows": None}, {"dropped": [[1, 2, "bored"]]}],
)
def test_a_broken_frame_is_refused_whole(change: dict[str, object]) -> None:
    with pytest.raises(WireError):
        decode_batch(batch_json(**change), Stream.TELE)


@pytest.mark.parametrize(
    "row",
    [
        {"d": "A 101", "t": 1, "v": {"co2_ppm": 1}},
        {"d": "a101", "t": "noon", "v": {"co2_ppm": 1}},
        {"d": "a101", "t": 1, "v": {"co2_ppm": None}},
        {"d": "a101", "t": 1, "v": {"co2_ppm": True}},
        {"d": "a101", "t": 1, "v": {}},
        {"d": "a101", "t": 1, "v": {f"q{n}": 1 for n in range(MAX_VALUES + 1)}},
        "not a row",
    ],
)
def test_one_bad_row_stands_alone(row: object) -> None:
    good = {"d": "a101-co2", "t": 5, "v": {"co2_ppm": 812}}
    batch, bad = decode_batch(batch_json(rows=[good, row, good]), Stream.TELE)
    assert [wrong.number for wrong in bad] == [8]
    assert json.loads(bad[0].raw) == row
    assert bad[0].reason
    assert row_numbers(batch, bad) == [7, 9]


def test_oversized_messages_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(WireError, match="allowed 262144"):
        decode_batch(b" " * (MAX_MESSAGE_BYTES + 1), Stream.TELE)


def test_a_message_is_named_by_its_sha256() -> None:
    assert codec.digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_too_many_rows_are_refused_whether_all_are_good_or_not() -> None:
    good = '{"d":"a","t":1,"v":{"co2_ppm":1}}'
    for rows in ([good] * (MAX_ROWS + 1), [good] * MAX_ROWS + ["{}"], ["{}"] * 3_000):
        head = f'{{"v":1,"epoch":"{EPOCH}","first":1,"oldest":1,"sent_at":null,"rows":['
        with pytest.raises(WireError, match=f"rows, allowed {MAX_ROWS}"):
            decode_batch(f"{head}{','.join(rows)}]}}".encode(), Stream.TELE)


def test_telemetry_of_an_unknown_clock_is_a_bad_row() -> None:
    row = {"d": "a", "t": 1, "v": {"co2_ppm": 1}}
    body = {"v": 1, "epoch": EPOCH, "first": 7, "oldest": 1, "sent_at": None, "rows": [row, row | {"c": "unknown"}]}
    batch, bad = decode_batch(json.dumps(body).encode(), Stream.TELE)
    assert (len(batch.rows), [each.number for each in bad]) == (1, [8])
    assert "events only" in bad[0].reason
