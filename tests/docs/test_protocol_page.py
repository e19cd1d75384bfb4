"""docs/protocol.md says of every message which fields are always there, and its examples are messages."""

import re
from pathlib import Path

import msgspec
import pytest

from wire.codec import decode_ack, decode_batch, encode
from wire.messages import Ack, AckStatus, DropReason, EventRow, Stream, TeleBatch, TeleRow, TimeQuality

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


def test_the_examples_are_messages() -> None:
    batch, acknowledgement = (block.replace("…", "") for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    assert decode_batch(batch.encode(), Stream.TELE)[1] == []
    assert decode_ack(acknowledgement.encode()).status is AckStatus.OK
    msgspec.json.decode(re.search(r"Telemetry row: `(.*?)`", PAGE)[1], type=TeleRow)  # type: ignore[index]
    event = re.search(r"Event row: `(.*?)`", PAGE)[1]  # type: ignore[index]
    msgspec.json.decode(event.replace("…", "ABCDEF", 1).replace("…", "0"), type=EventRow)


def test_what_an_acknowledgement_leaves_out_is_said() -> None:
    """Written only from the page, a gateway must not look for `status` in an acknowledgement that says `ok`."""
    fields = msgspec.structs.fields(Ack)
    always = re.search(r"Always there: `([^`]*)`", PAGE)[1].split()  # type: ignore[index]
    assert set(always) == {field.name for field in fields if field.required}
    left_out = re.search(r"Left out where they say nothing: (.*)", PAGE)[1]  # type: ignore[index]
    assert set(re.findall(r"`(\w+)` \(", left_out)) == {f.name for f in fields if not f.required}
    plain = msgspec.json.decode(encode(Ack(1, "main", "5f0c", Stream.TELE, "9f2c51d0a7e4b836", 0, 0)), type=dict)
    assert set(plain) == set(always)


def test_what_a_batch_needs_is_said() -> None:
    required = re.search(r"Required: `([^`]*)`", PAGE)[1].split()  # type: ignore[index]
    assert set(required) == {field.name for field in msgspec.structs.fields(TeleBatch) if field.required}


@pytest.mark.parametrize("kind", [AckStatus, DropReason, TimeQuality])
def test_every_word_of_the_wire_is_explained(kind: type[AckStatus | DropReason | TimeQuality]) -> None:
    words = {word for quoted in re.findall(r"`([a-z_ ]+)`", PAGE) for word in quoted.split()}
    assert {str(word.value) for word in kind} <= words
