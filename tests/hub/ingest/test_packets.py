"""MQTT by the letter of the standard: what the hub writes is what it says there, what comes is cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ingest.packets import PacketError, Splitter, connect, publish, published, subscribe


def test_connect_as_in_the_standard() -> None:
    """Section 3.1 of MQTT 3.1.1: name, level, flags, keep-alive, client id, will, user name, password."""
    assert connect("a", 20, None, None, None) == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x14\x00\x01a"
    with_all = connect("a", 20, "u", "pw", ("t", b"w"))
    assert with_all == b"\x10\x1a\x00\x04MQTT\x04\xee\x00\x14\x00\x01a\x00\x01t\x00\x01w\x00\x01u\x00\x02pw"


def test_subscribe_and_publish() -> None:
    assert subscribe(1, [("a/+", 0), ("b", 1)]) == b"\x82\x0c\x00\x01\x00\x03a/+\x00\x00\x01b\x01"
    assert publish("a/b", b"x", 258, retain=False) == b"\x32\x08\x00\x03a/b\x01\x02x"
    assert publish("a", b"x" * 200, 1, retain=True)[:3] == b"\x33\xcd\x01"


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(1, 400), max_size=20))
def test_a_stream_cut_anywhere_gives_the_same_packets(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(publish("t", payload, 7, retain=False) for payload in payloads)
    splitter, found = Splitter(), []
    for size in [*cuts, len(stream) + 1]:
        found += splitter.feed(stream[:size])
        stream = stream[size:]
    assert [published(first, body) for first, body in found] == [("t", payload, b"\x00\x07") for payload in payloads]


@given(st.binary(max_size=200))
def test_any_bytes_are_packets_or_an_error(data: bytes) -> None:
    splitter = Splitter()
    try:
        for first, body in splitter.feed(data):
            published(first, body)
    except PacketError:
        pass


def test_a_length_of_five_bytes_is_no_mqtt() -> None:
    with pytest.raises(PacketError):
        Splitter().feed(b"\x30\xff\xff\xff\xff\x01")
