"""Identity decoders against the facts and against anything: no exception, nobody who was not sent."""

import struct
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Happened, Identified, Meaning, Noted, Scheme
from firmware_bridge.devices import DEVICES
from firmware_bridge.devices.identity import IDENTITY, fingerprint, pn532_frames, zk_packets, zk_records
from firmware_bridge.devices.identity.keys import typed
from firmware_bridge.framing.frame import BadFrame
from tests.sim.devices.readers import rdm_frame, wiegand_line
from tests.sim.devices.zkteco import zk_key, zk_packet, zk_time

HEAD = "ef01ffffffff"
TIMES = st.datetimes(datetime(2005, 1, 1), datetime(2049, 1, 1))  # noqa: DTZ001 the terminal's own
NAMES = [device.name for device in IDENTITY]


def listen(name: str, data: bytes) -> list[Heard | BadFrame]:
    conversation = Conversation(DEVICES[name])
    return conversation.feed(data) + conversation.finish()


def people(name: str, data: bytes) -> list[str]:
    return [
        one.meaning.reference
        for one in listen(name, data)
        if isinstance(one, Heard) and isinstance(one.meaning, Identified)
    ]


def meaning(name: str, data: bytes) -> Meaning:
    (one,) = listen(name, data)
    assert isinstance(one, Heard)
    return one.meaning


# ── fingerprint modules ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("instruction", "content", "expected"),
    [
        (fingerprint.PASSWORD, bytes(4), "010007130000000 0001b"),
        (fingerprint.IMAGE, b"", "010003010005"),
        (fingerprint.FEATURES, b"\x01", "01000402010008"),
        (fingerprint.PARAMETERS, b"", "0100030f0013"),
        (fingerprint.MODEL, b"", "010003050009"),
        (fingerprint.STORE, b"\x01\x00\x01", "010006060100 01000f"),
        (fingerprint.SEARCH, b"\x01\x00\x00\x00\xa3", "0100080401000000a300b1"),
        (fingerprint.COUNT, b"", "0100031d0021"),
    ],
)
def test_commands_to_a_fingerprint_module_are_the_manual_s(instruction: int, content: bytes, expected: str) -> None:
    assert fingerprint.packet(instruction, content) == bytes.fromhex(HEAD + expected.replace(" ", ""))


def test_every_confirmation_code_is_named_in_both_languages() -> None:
    for code, text in fingerprint.CODES.items():
        assert text.vi
        assert text.en
        assert fingerprint.code_text(code) == text
    assert fingerprint.code_text(0xEE).en == "code 0xEE, not in the manual"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("0700030 0000a", Answer(0, accepted=True)),
        ("07000302000c", Answer(2, accepted=False, reason=fingerprint.CODES[2])),
        ("07000313001d", Answer(0x13, accepted=False, reason=fingerprint.CODES[0x13])),
        ("070003090013", Happened("identity_unknown", {"scheme": "fingerprint"})),
    ],
)
def test_an_answer_alone_says_what_its_code_says(answer: str, expected: Meaning) -> None:
    assert meaning("r307", bytes.fromhex(HEAD + answer.replace(" ", ""))) == expected


def test_parameters_are_noted_where_the_question_is_known() -> None:
    asked = bytes.fromhex(HEAD + "0100030f0013")
    payload = bytes.fromhex("00 0000 0009 03e8 0003 ffffffff 0002 0006")
    body = b"\x07" + (len(payload) + 2).to_bytes(2, "big") + payload
    answer = bytes.fromhex(HEAD) + body + (sum(body) & 0xFFFF).to_bytes(2, "big")
    _, noted = listen("r307", asked + answer)
    assert isinstance(noted, Heard)
    assert isinstance(noted.meaning, Noted)
    assert noted.meaning.text.en == "room for 1000 templates, security level 3, 57600 baud"


# ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pn532_frames_are_the_manual_s() -> None:
    assert pn532_frames.command(pn532_frames.FIRMWARE).hex() == "0000ff02fed4022a00"
    assert pn532_frames.command(pn532_frames.SAM, b"\x01\x00\x01").hex() == "0000ff05fbd4140100011600"
    assert pn532_frames.command(pn532_frames.LIST, b"\x01\x00").hex() == "0000ff04fcd44a0100e100"


@given(st.integers(0, 2**32 - 1), st.binary(max_size=20), st.binary(max_size=20))
def test_rdm6300_gives_the_card_that_was_sent_and_no_other(number: int, before: bytes, after: bytes) -> None:
    found = people("rdm6300", before + rdm_frame(number) + after)
    assert found == [str(number)]


@given(st.integers(0, 255), st.integers(0, 65_535), st.integers(0, 25))
def test_a_wiegand_line_with_one_wrong_bit_is_no_card(facility: int, card: int, bit: int) -> None:
    line = wiegand_line(facility, card)
    assert people("wiegand26", line) == [f"{facility}:{card}"]
    spoilt = bytearray(line)
    spoilt[bit] ^= 1
    assert people("wiegand26", bytes(spoilt)) == []


@given(st.binary(min_size=1, max_size=9).filter(lambda uid: len(uid) not in {4, 7, 10}))
def test_a_uid_of_no_known_length_is_no_card(uid: bytes) -> None:
    data = bytes((0xD5, 0x4B, 1, 1, 0, 4, 8, len(uid))) + uid
    frame = b"\0\0\xff" + bytes((len(data), -len(data) & 255)) + data + bytes((-sum(data) & 255, 0))
    assert people("pn532", frame) == []


def test_keys_type_the_us_layout() -> None:
    plain = "".join(typed(key, shift=False, caps=False) or "?" for key in (2, 11, 12, 16, 30, 44, 57, 71, 82, 98))
    shifted = "".join(typed(key, shift=True, caps=False) or "?" for key in (2, 11, 12, 16, 30, 44, 57))
    assert (plain, shifted) == ("10-qaz 70/", "!)_QAZ ")
    assert typed(30, shift=True, caps=True) == "a"
    assert typed(30, shift=False, caps=True) == "A"
    assert typed(2, shift=False, caps=True) == "1"
    assert typed(59, shift=False, caps=False) is None


# ── attendance terminals ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "packet", ["0b005a17f38d03005a4b4661636556657273696f6e00", "d007296af38d0a0009", "e80317fc00000000"]
)
def test_checksums_of_captured_packets_hold(packet: str) -> None:
    assert zk_packets.word_sum(bytes.fromhex(packet)) == 0


def test_time_is_packed_as_the_facts_say() -> None:
    moment = datetime(2026, 9, 5, 7, 5, 30)  # noqa: DTZ001 the terminal's own
    assert zk_packets.packed_time(moment) == 857_459_130
    assert (857_459_130).to_bytes(4, "little").hex() == "bac91b33"
    assert zk_packets.unpacked_time(857_459_130) == moment


@given(st.integers(0, 2**32 - 1))
def test_any_number_is_a_time_that_packs_back_or_none(packed: int) -> None:
    moment = zk_packets.unpacked_time(packed)
    if moment is not None:
        assert zk_packets.packed_time(moment) == packed


@given(st.integers(0, 2**32 - 1), st.integers(0, 0xFFFF))
def test_the_key_is_scrambled_as_two_readings_of_the_notes_have_it(key: int, session: int) -> None:
    assert zk_packets.scrambled_key(key, session) == zk_key(key, session)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=80))
def test_packets_are_those_of_the_notes(command: int, session: int, reply: int, data: bytes) -> None:
    made = zk_packets.packet(command, session, reply, data)
    theirs = zk_packet(command, session, reply, data)
    assert made[:2] + made[4:] == theirs[:2] + theirs[4:]
    assert zk_packets.word_sum(made) == zk_packets.word_sum(theirs) == 0


@given(st.lists(st.tuples(st.integers(1, 10**9), TIMES), min_size=1, max_size=30))
def test_a_log_without_a_count_is_recognised_by_its_content(punches: list[tuple[int, datetime]]) -> None:
    body = b"".join(
        struct.pack("<H24sBIB8s", 1, str(user).encode(), 1, zk_time(when), 0, b"") for user, when in punches
    )
    data = zk_packets.on_tcp(zk_packet(1501, 5, 1, struct.pack("<I", len(body)) + body))
    assert people("zkteco", data) == [str(user) for user, _ in punches]


@pytest.mark.parametrize("piece", [1 << 20, 700])
def test_a_log_in_one_long_packet_is_read_however_it_is_cut(piece: int) -> None:
    when = zk_time(datetime(2026, 9, 5, 7, 5, 30))  # noqa: DTZ001 the terminal's own
    body = b"".join(struct.pack("<H24sBIB8s", 1, str(1000 + at).encode(), 1, when, 0, b"") for at in range(600))
    data = zk_packets.on_tcp(zk_packet(1501, 5, 1, struct.pack("<I", len(body)) + body))
    conversation = Conversation(DEVICES["zkteco"])
    heard = [one for at in range(0, len(data), piece) for one in conversation.feed(data[at : at + piece])]
    found = [one.meaning for one in heard if isinstance(one, Heard)]
    assert [one.reference for one in found if isinstance(one, Identified)] == [str(1000 + at) for at in range(600)]


@pytest.mark.parametrize(
    ("status", "scheme"), [(0, "pin"), (1, "fingerprint"), (2, "card"), (15, "face"), (99, "unknown")]
)
def test_verify_modes_say_how(status: int, scheme: str) -> None:
    event = b"1001".ljust(24, b"\0") + bytes((status, 0, 26, 9, 5, 7, 5, 30))
    (record,) = zk_records.live(event)
    assert isinstance(record, zk_records.Record)
    assert record.identified().scheme is Scheme(scheme)


# ── anything ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.sampled_from(NAMES), st.binary(max_size=400))
def test_any_bytes_give_no_exception_and_stay_within_what_is_told(name: str, data: bytes) -> None:
    for one in listen(name, data):
        if isinstance(one, Heard) and isinstance(one.meaning, Identified):
            assert one.meaning.reference.isprintable()
            assert one.meaning.reference


@given(st.data())
def test_a_spoilt_capture_raises_nothing(data: st.DataObject) -> None:
    whole = {
        "r307": bytes.fromhex(HEAD + "07000700000500640077"),
        "rdm6300": rdm_frame(9681941),
        "pn532": bytes.fromhex("0000ff0cf4d54b0101000408 04deadbeef".replace(" ", "")) + b"\x8b\x00",
        "wiegand26": wiegand_line(147, 48149),
        "qr": b"HS-2026-00417\r\n",
        "zkteco": zk_packets.on_tcp(zk_packet(500, 1, 0, b"1001".ljust(24, b"\0") + bytes((1, 0, 26, 9, 5, 7, 5, 30)))),
        "wedge": struct.pack("<qqHHi", 1, 2, 1, 2, 1) + struct.pack("<qqHHi", 1, 2, 1, 28, 1),
    }
    name = data.draw(st.sampled_from(sorted(whole)))
    frame = bytearray(whole[name] * 2)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame) - 1))
        frame[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    conversation = Conversation(DEVICES[name])
    found = conversation.feed(bytes(frame[:cut])) + conversation.feed(bytes(frame[cut:])) + conversation.finish()
    assert found == listen(name, bytes(frame))


@given(st.binary(max_size=60), st.integers(0, 2**31))
def test_a_log_of_any_content_gives_records_that_make_sense(body: bytes, total: int) -> None:
    data = struct.pack("<I", total % 80) + body
    packet = zk_packets.on_tcp(zk_packet(1501, 5, 1, data))
    for one in listen("zkteco", packet):
        if isinstance(one, Heard) and isinstance(one.meaning, Identified):
            assert one.meaning.device_time is not None
            assert 2005 <= int(one.meaning.device_time[:4]) <= 2050
