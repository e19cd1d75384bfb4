import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.school.importers.encoding import Encoding, decode, looks_like_tcvn3, report
from hub.school.problems import Findings, Severity
from tests.hub.school.importers.sheets import windows_1258

TEXT = "Họ và tên,Lớp\nNguyễn Thị Ánh Đào,10A1\nTrần Hữu Phước,10A2\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", Encoding.UTF_8), ("utf-8-sig", Encoding.UTF_8), ("utf-16-le", Encoding.UTF_16_LE),
        ("utf-16-be", Encoding.UTF_16_BE), ("utf-16", Encoding.UTF_16_LE),
    ],
)  # fmt: skip
def test_unicode_with_and_without_a_mark(encoding: str, found: Encoding) -> None:
    decoded = decode(TEXT.encode(encoding))
    assert (decoded.text, decoded.encoding, decoded.lost) == (TEXT, found, 0)


def test_windows_1258_comes_out_composed() -> None:
    decoded = decode(windows_1258(TEXT))
    assert (decoded.text, decoded.encoding, decoded.broken_line) == (TEXT, Encoding.WINDOWS_1258, 1)


def test_decomposed_letters_come_out_composed() -> None:
    assert decode("Nguyê\u0303n".encode()).text == "Nguyễn"


@pytest.mark.parametrize("shift", range(12))
def test_a_large_file_is_composed_as_a_whole_although_in_pieces(shift: int) -> None:
    text = "a" * shift + "Nguyê\u0303n \u0323\u0302" * 30_000 + "e\u0302\u0301" * 200_000
    assert decode(text.encode()).text == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("utf_8_only", [True, False])
def test_a_guess_is_an_error_where_a_standard_wants_utf_8(*, utf_8_only: bool) -> None:
    findings = Findings()
    report("a.csv", decode(windows_1258(TEXT)), findings, utf_8_only=utf_8_only)
    assert findings.problems[0].severity is (Severity.ERROR if utf_8_only else Severity.WARNING)


def test_a_file_cut_inside_a_letter_stays_utf_8_and_is_told() -> None:
    decoded = decode((TEXT + "Họ").encode()[:-1])
    findings = Findings()
    report("a.csv", decoded, findings, utf_8_only=False)
    assert decoded.encoding is Encoding.UTF_8
    assert [(one.row, one.severity) for one in findings.problems] == [(4, Severity.ERROR)]


def test_old_fonts_are_told_from_unicode() -> None:
    assert looks_like_tcvn3("Hä vµ tªn\nNguyÔn V¨n §øc\nTrÇn ThÞ Hµ") is not None
    assert looks_like_tcvn3(TEXT) is None
    assert looks_like_tcvn3("Café, 5 µm, § 3, João, Curaçao") is None


@given(st.binary(max_size=400))
def test_any_bytes_become_text(content: bytes) -> None:
    decoded = decode(content)
    assert "\0" not in decoded.text or b"\0" in content
    assert (decoded.lost > 0) is ("\ufffd" in decoded.text) or "\ufffd".encode() in content
