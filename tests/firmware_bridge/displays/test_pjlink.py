"""PJLink against the vectors of two independent libraries: every exchange, the password, parsing, LAMP and ERST."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Echo, Measured, Noted, Options
from firmware_bridge.devices import DEVICES
from firmware_bridge.devices.displays import pjlink
from firmware_bridge.devices.displays.pjlink_dialogue import PjlinkDialogue
from firmware_bridge.framing.frame import BadFrame

DEVICE = DEVICES["pjlink"]
ECHO = "echo"


def vectors(shared_data: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared_data / "serial_vectors" / "pjlink.json").read_text())
    return loaded


def listen(text: str) -> list[Heard | BadFrame]:
    conversation = Conversation(DEVICE)
    return conversation.feed(text.encode()) + conversation.finish()


def meant(text: str) -> list[object]:
    """Values, `ok`, `err1` to `err4`, `echo`, `note` or `bad`, in order."""
    found: list[object] = []
    for one in listen(text):
        if isinstance(one, BadFrame):
            found.append("bad")
        elif isinstance(one.meaning, Measured):
            found.append(one.meaning.values)
        elif isinstance(one.meaning, Answer):
            found.append("ok" if one.meaning.accepted else f"err{one.meaning.code}")
        else:
            found.append(ECHO if isinstance(one.meaning, Echo) else "note")
            assert isinstance(one.meaning, Echo | Noted)
    return found


VALUES: dict[str, list[object]] = {
    "%1POWR=0": [{"display_on": 0.0}],
    "%1POWR=1": [{"display_on": 1.0}],
    "%1POWR=2": [{"display_on": 0.0}],
    "%1POWR=3": [{"display_on": 1.0}],
    "%1POWR=A": ["bad"],
    "%1POWR=UGH": ["bad"],
    "%1ROWP=A": ["bad"],
    "%1INPT=31": [{"input_source": "digital1"}],
    "%1AVMT=11": [{"muted": 0.0}],
    "%1AVMT=21": [{"muted": 1.0}],
    "%1AVMT=30": [{"muted": 0.0}],
    "%1AVMT=31": [{"muted": 1.0}],
    "%1AVMT=41": ["bad"],
    "%1ERST=000000": [{"error_code": "0"}],
    "%1ERST=101020": [{"error_code": "fan-warning+temperature-warning+filter-error"}],
    "%1ERST=0000000": ["bad"],
    "%1ERST=003000": ["bad"],
    "%2FILT=100": [{"filter_hours_h": 100.0}],
    "%1LAMP=8253 1 13442 1": [{"lamp_hours_h": 8253.0}, {"lamp_hours_h": 13442.0}],
    "%1LAMP=8253 0": [{"lamp_hours_h": 8253.0}],
    "%1LAMP=1 0 10": ["bad"],
    "%1LAMP=": ["bad"],
    "%1LAMP=100 3": ["bad"],
    "%2IRES=": ["bad"],
    "%2RRES=": ["bad"],
    "%2FREZ=2": ["bad"],
    "%2FREZ=UGH": ["bad"],
    "%2SVOL=2": ["bad"],
    "NOTHING": ["bad"],
    "PJLINK ERRA": ["err0"],
}


def expected(response: str) -> list[object]:
    """What the libraries' tests say of an answer; a text with no quantity is a note."""
    line = response.rstrip("\r")
    if line in VALUES:
        return VALUES[line]
    value = line.partition("=")[2]
    if value == "OK":
        return ["ok"]
    return [value.lower()] if value.startswith("ERR") else ["note"]


def test_every_exchange(shared_data: Path) -> None:
    exchanges = vectors(shared_data)["exchanges"]
    assert len(exchanges) == 112
    for row in exchanges:
        request, response = row["request"].replace("<auth hash>", "0" * 32), row["response"]
        # Rows whose request is no PJLink command test the library's own test server: no exchange, yet nothing raises.
        ours = [ECHO] if request.lstrip("0").startswith("%") else ["bad"]
        assert meant(request + response) == ours + expected(response), row
        if response != "%1ROWP=A\r":  # a capture of answers only says the same; that one is wrong only as an answer
            assert meant(response) == expected(response), row


def test_lamps_are_channels() -> None:
    (first, second) = listen("%1LAMP=8253 1 13442 1\r")
    assert isinstance(first, Heard)
    assert isinstance(second, Heard)
    assert first.meaning == Measured({"lamp_hours_h": 8253.0})
    assert second.meaning == Measured({"lamp_hours_h": 13442.0}, "lamp2")


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ("1234", [{"lamp_hours_h": 1234.0}]),
        ("100000", ["bad"]),
        ("A 0", ["bad"]),
        ("0 0 0", ["bad"]),
        ("-1 0", ["bad"]),
    ],
)
def test_a_projector_that_says_hours_and_nothing_else(answer: str, meaning: list[object]) -> None:
    """Public control modules of two makers expect a single figure; anything odd is no figure."""
    assert meant(f"%1LAMP={answer}\r") == meaning


def test_every_lamp_and_error_row(shared_data: Path) -> None:
    rows = vectors(shared_data)
    for row in rows["LAMP"]:
        if isinstance(row["expect"], list):
            assert meant(row["response"]) == [{"lamp_hours_h": float(hours)} for hours, _ in row["expect"]]
        else:
            assert meant(row["response"]) == (["err1"] if "no lamp" in row["expect"] else ["bad"])
    parts = {"temp": "temperature"}
    for row in rows["ERST"]:
        if isinstance(row["expect"], dict):
            words = [
                f"{parts.get(part, part)}-{'warning' if level == 'warn' else level}"
                for part, level in row["expect"].items()
                if level != "ok"
            ]
            assert meant(row["response"]) == [{"error_code": "+".join(words) or "0"}]
        else:
            assert meant(row["response"]) == ["bad"]


PARSING = {
    "5": "note",
    "error too short": "bad",
    "error header": "bad",
    "error class": "bad",
    "error separator": "bad",
    "unsupported command": "err1",
    "out of parameter": "err2",
    "unavailable in the current state": "err3",
    "projector failure": "err4",
    "projector failure (case-insensitive)": "err4",
    "empty value": "note",
}


def test_every_parsing_row(shared_data: Path) -> None:
    rows = vectors(shared_data)["response_parsing"]
    assert len(rows) == 15
    for row in rows:
        data = row["data"].replace(" (for INF2)", "")
        command = "INF2" if "INF2" in data else row["command"]
        asked = f"%{row['class']}{command} ?\r"
        found = meant(asked + data)
        assert found[0] == ECHO
        # An empty line is passed over by the framing; no bytes at all are no frame.
        blank = data.strip("\r") == ""
        assert found[1:] == ([] if blank else [PARSING[row["expect"]]]), row


@pytest.mark.parametrize("at", range(6))
def test_every_password_row(shared_data: Path, at: int) -> None:
    row = vectors(shared_data)["auth"][at]
    talk = PjlinkDialogue(DEVICE, Options(password=row.get("password")))
    assert talk.begin(0.0).send == b""
    if row["greeting"] is None:
        assert talk.idle(1.0).hang_up is None
        late = talk.idle(DEVICE.answer_s + 0.1)
        assert late.hang_up is not None
        assert "no PJLink greeting" in late.hang_up.en
        return
    turn = talk.receive(row["greeting"].encode(), 0.1)
    if "first_request" not in row:
        assert turn.send == b""  # above all no hash
        assert turn.hang_up is not None
        assert ("set password_file" in turn.hang_up.en) is (row["expect"] == "password required")
        return
    assert turn.hang_up is None
    assert turn.send[:32].decode() == row["first_request"][:32]
    answer = talk.receive(row["response"].encode(), 0.2)
    if row["expect"] == "ok":
        assert answer.hang_up is None
    else:
        assert answer.hang_up is not None
        assert answer.hang_up.en == "wrong PJLink password"
        assert answer.hang_up.vi == "sai mật khẩu PJLink"


def test_the_hash_of_the_specification() -> None:
    talk = PjlinkDialogue(DEVICE, Options(password="JBMIAProjectorLink"))
    talk.begin(0.0)
    assert talk.receive(b"PJLINK 1 498e4a67\r", 0.1).send.startswith(b"5d8409bc1c3fa39749434aa3a5c38682%1CLSS ?\r")


def test_pushes_between_an_answer_and_its_question() -> None:
    assert meant("%1ERST ?\r%2POWR=1\r%1ERST=000000\r") == [ECHO, {"display_on": 1.0}, {"error_code": "0"}]
    assert meant("%2LKUP=00:11:22:aa:bb:cc\r") == ["note"]
    assert meant("%1ERST ?\r%1POWR=1\r") == [ECHO, "bad"]


@pytest.mark.parametrize(
    ("code", "name"), [("31", "digital1"), ("3A", "digital-a"), ("59", "network9"), ("11", "rgb1")]
)
def test_inputs_have_names_both_ways(code: str, name: str) -> None:
    assert pjlink.input_name(code) == name
    assert pjlink.input_code(name) == code


@pytest.mark.parametrize("code", ["00", "30", "71", "3", "311", "3a", ""])
def test_codes_that_are_no_inputs(code: str) -> None:
    assert pjlink.input_name(code) is None


@pytest.mark.parametrize("name", ["hdmi1", "digital", "digital0", "digital10", "", "digitalx", "digital-A"])
def test_names_that_are_no_inputs(name: str) -> None:
    assert pjlink.input_code(name) is None


LINES = st.sampled_from(
    [
        "%1POWR=1\r",
        "%1POWR ?\r",
        "PJLINK 0\r",
        "PJLINK 1 00112233\r",
        "%1LAMP=99999 1\r",
        "%2FILT=ERR1\r",
        "%1inpt=3z\r",
    ]
)


@given(st.lists(st.one_of(LINES.map(str.encode), st.binary(max_size=20)), max_size=8), st.integers(1, 20))
def test_whatever_comes_nothing_raises(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    talk = PjlinkDialogue(DEVICE, Options(password="x"))
    talk.begin(0.0)
    now_s = 0.0
    for start in range(0, len(data), size):
        now_s += 1.0
        talk.receive(data[start : start + size], now_s)
        talk.idle(now_s + 0.5)
    conversation = Conversation(DEVICE)
    for one in conversation.feed(data) + conversation.finish():
        if isinstance(one, Heard) and isinstance(one.meaning, Measured):
            assert set(one.meaning.values) <= set(DEVICE.quantities)
