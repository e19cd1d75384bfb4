"""`classhub decode serial` for devices that tell who came: identities, answers, notes, and the exit code."""

from pathlib import Path

import pytest

from tests.commands.test_decode import decode

CAPTURES = Path(__file__).parent.parent / "captures"


def identity(device: str, value: str, scheme: str, time: str | None = None) -> dict[str, str | None]:
    return {"device": device, "quantity": "identity", "value": value, "unit": "", "time": time, "scheme": scheme}


def shown(case: str) -> tuple[int, list[dict[str, str | None]], str]:
    code, rows, told = decode("serial", case.split("/", maxsplit=1)[0], "--file", str(CAPTURES / case / "input.bin"))
    return code, rows, told


@pytest.mark.parametrize(
    ("case", "rows"),
    [
        ("r307/both_directions", [identity("r307", "5", "fingerprint")]),
        ("rdm6300/one", [identity("rdm6300", "9681941", "card")]),
        ("pn532/both_directions", [identity("pn532", "DEADBEEF", "card")]),
        ("wiegand26/bits", [identity("wiegand26", "147:48149", "card")]),
        ("qr/vietnamese", [identity("qr", "Lớp 6A1 số 07", "code")]),
        ("wedge/card_number", [identity("wedge", "0009681941", "card")]),
        (
            "zkteco/datagrams_joined",
            [
                identity("zkteco", "1001", "fingerprint", "2026-09-05T07:05:30"),
                identity("zkteco", "1002", "face", "2026-09-05T07:06:31"),
                identity("zkteco", "1001", "card", "2026-09-05T12:05:30"),
                identity("zkteco", "1001", "fingerprint", "2026-09-05T07:05:30"),
            ],
        ),
    ],
)
def test_who_came_is_a_row(case: str, rows: list[dict[str, str | None]]) -> None:
    code, found, _ = shown(case)
    assert (code, found) == (0, rows)


def test_details_answers_and_own_requests_are_told_beside_it() -> None:
    _, _, told = shown("r307/both_directions")
    assert "offset 0: a request of the gateway's own" in told
    assert "offset 12: refused: no finger on the sensor" in told
    assert 'with {"score":100}' in told


@pytest.mark.parametrize("case", ["r307/random_number_is_no_match", "r307/not_found", "zkteco/users_are_not_read"])
def test_sound_frames_without_anybody_are_no_problem_and_say_so(case: str) -> None:
    code, rows, told = shown(case)
    assert (code, rows) == (0, [])
    assert "no reading in it" in told


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("r307/checksum", "offset 0: 16 bytes: checksum 0x78, calculated 0x77"),
        ("zkteco/hostile_length", "length 2147483647"),
        ("rdm6300/checksum", "checksum 0x36, calculated 0x37"),
    ],
)
def test_a_bad_frame_is_a_problem_with_its_place(case: str, reason: str) -> None:
    code, _, told = shown(case)
    assert code == 1
    assert reason in told


def test_names_and_passwords_of_a_capture_are_not_shown() -> None:
    _, _, told = shown("zkteco/users_are_not_read")
    assert "Nguyen" not in told
    assert "bytes of other data, not read" in told


def test_nothing_at_all_is_a_problem() -> None:
    code, rows, told = decode("serial", "r307", given=b"")
    assert (code, rows) == (1, [])
    assert "no reading in it" in told


def test_hexadecimal_text_cut_short_is_not_only_called_noise() -> None:
    code, _, told = decode("serial", "pms5003", given=b"42 4d 00 1c 00 0c\n")
    assert code == 1
    assert "frame cut short: 42 4d 00 1c 00 0c" in told
    assert "--hex" not in decode("serial", "pms5003", given=b"noise and more noise")[2]
