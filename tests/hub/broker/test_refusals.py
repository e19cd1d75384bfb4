"""What was refused, from the lines a real Mosquitto 2.0.11 wrote (captures/) and newer ones are known to write."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.broker.log_file import LogFile
from hub.broker.refusals import LogReader, Refusal, Refusals, Refused, gateway_of, said_at_ms

CAPTURES = Path(__file__).parent / "captures"
LOGIN, PUBLISH, SUBSCRIPTION, TAKEN_OVER = Refusal.LOGIN, Refusal.PUBLISH, Refusal.SUBSCRIPTION, Refusal.TAKEN_OVER
EXPECTED = {
    "denied-publish": [Refused(PUBLISH, "s.g1")] * 2,
    "denied-subscription": [Refused(SUBSCRIPTION, "s.g1")] * 3,
    "taken-over": [Refused(TAKEN_OVER, "s.g1")],
    "wrong-password": [Refused(LOGIN, "", "127.0.0.1")],
    "unknown-user": [Refused(LOGIN, "", "127.0.0.1")],
    "no-credential": [Refused(LOGIN, "", "127.0.0.1")],
    "right-password-of-another-client-id": [Refused(LOGIN, "", "127.0.0.1")],
    "passes": [],
    "passes-with-a-will": [],
}
NOW = 1_800_000_000_000


def read(*lines: str) -> list[Refused]:
    reader = LogReader()
    return [refused for line in lines for refused in reader.read(line)]


def test_every_capture_is_expected_and_every_expectation_captured() -> None:
    assert {path.stem for path in CAPTURES.glob("*.log")} == set(EXPECTED)


@pytest.mark.parametrize("case", EXPECTED)
def test_captures_of_2_0_11(case: str) -> None:
    assert read(*(CAPTURES / f"{case}.log").read_text().splitlines()) == EXPECTED[case]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2026-01-05T08:00:00: Client s_g1 disconnected, not authorised.", Refused(LOGIN, "s.g1")),
        ("1767600000: Client s_g1 disconnected, not authorised.", Refused(LOGIN, "s.g1")),
        ("2026-01-05T08:00:00: Client s_g1 [10.0.0.7:45324] disconnected: not authorised.", Refused(LOGIN, "s.g1")),
        ("2026-01-05T08:00:00: Client a b [::1]:1 x disconnected, not authorised.", Refused(LOGIN)),
        (  # no topic hides who it was
            "t: Denied PUBLISH from s_g1 (d0, q1, r0, m1, 'edu/v1/s/g2/tele (d0, q1, r0, m1, 'x', ... (1 bytes))",
            Refused(PUBLISH, "s.g1"),
        ),
        ("2026-01-05T08:00:00: Client S_G already connected, closing old connection.", Refused(TAKEN_OVER)),
    ],
)
def test_newer_and_stranger_lines(line: str, expected: Refused) -> None:
    assert read(line) == [expected]


def test_a_login_without_a_name_is_the_one_gateway_that_came_from_there() -> None:
    def came(address: str, client: str) -> str:
        user = client.replace("_", ".")
        return f"t: New client connected from {address}:4000 as {client} (p2, c1, k60, u'{user}')."

    failed = ("t: Sending CONNACK to {} (0, 5)", "t: Client <unknown> disconnected, not authorised.")
    here = [line.format("10.0.0.7") for line in failed]
    assert read(came("10.0.0.7", "s_g1"), *here) == [Refused(LOGIN, "s.g1", "10.0.0.7")]
    shared = [came("10.0.0.7", name) for name in ("s_g1", "s_g2")]
    assert read(*shared, *here) == [Refused(LOGIN, "", "10.0.0.7")], "two behind one address: nobody is accused"
    assert read(*(line.format("fd00::7") for line in failed)) == [Refused(LOGIN, "", "fd00::7")]
    admin = "t: New client connected from 10.0.0.7:4000 as classhub-admin_a5d91819 (p2, c1, k60, u'classhub-admin')."
    assert read(admin, *here) == [Refused(LOGIN, "", "10.0.0.7")], "the hub's own login is no gateway's"
    assert read(failed[1]) == [Refused(LOGIN)], "the address of an earlier failure is not used again"


@given(st.text(max_size=300))
def test_no_line_is_a_fault(line: str) -> None:
    reader = LogReader()
    for each in (line, f"t: {line}", f"t: \t{line} (QoS 1)", f"t: {line}"):
        assert all(isinstance(found, Refused) for found in reader.read(each))


@given(st.text(max_size=40))
def test_only_ids_of_gateways_are_named(client: str) -> None:
    name = gateway_of(client)
    assert not name or client == name.replace(".", "_")


def test_told_by_gateway_for_ten_minutes_and_counted_for_ever() -> None:
    refusals = Refusals()
    for _ in range(3):
        refusals.add(Refused(LOGIN, "s.g1"), NOW)
        refusals.add(Refused(TAKEN_OVER, "s.g2"), NOW)
    refusals.add(Refused(LOGIN, "", "10.0.0.7"), NOW)
    told = refusals.gateways(NOW + 1)
    assert set(told) == {"s.g1", ""}, "three connections taken over may be a bad line"
    assert told["s.g1"].en == "3 failed logins in the last 10 minutes"
    assert "10.0.0.7" in told[""].vi
    refusals.add(Refused(TAKEN_OVER, "s.g2"), NOW)
    assert "took its place" in refusals.gateways(NOW + 1)["s.g2"].en
    assert refusals.gateways(NOW + 600_001) == {}
    assert refusals.figures()["broker_refused_logins_total"] == 4
    assert refusals.figures()["broker_refused_taken_over_total"] == 4


@pytest.mark.parametrize(
    ("said", "at_ms"),
    [
        ("2026-11-22T16:23:36+0700", 1_795_339_416_000),
        ("2026-11-22T09:23:36+0000", 1_795_339_416_000),
        ("1795339416", 1_795_339_416_000),
        ("2026-11-22T16:23:36", int(datetime(2026, 11, 22, 16, 23, 36).astimezone().timestamp() * 1_000)),
        ("2031-01-01T00:00:00+0000", NOW),
        ("99999999999999999999", NOW),
        ("Thu Nov 22", NOW),
        ("", NOW),
    ],
)
def test_a_line_has_its_own_time(said: str, at_ms: int) -> None:
    assert said_at_ms(f"{said}: Client s_g1 disconnected, not authorised.", NOW) == at_ms


def test_a_million_names_keep_memory_bounded() -> None:
    refusals, reader = Refusals(), LogReader()
    for number in range(5_000):
        for refused in reader.read(f"t: Client s_g{number} disconnected, not authorised."):
            refusals.add(refused, NOW)
        refusals.add(Refused(LOGIN, "", f"10.0.{number // 250}.{number % 250}"), NOW)
        reader.read(f"t: New client connected from 10.0.{number // 250}.{number % 250}:1 as s_g{number} (p2, c1, k60).")
    assert refusals.totals[LOGIN] == 10_000
    assert len(refusals._recent) <= 1_000
    assert len(refusals._addresses) <= 1_000
    assert len(reader._homes) <= 1_000


# ---- the file ----


class Written:
    """A log as its writer sees it, and one that follows it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.place = folder / "m.log", folder / "place.json"
        self.opened: list[LogFile] = []
        self.path.write_text("old\n")
        self.file = self.again()
        assert self.file.lines() == [], "the past was not missed"

    def again(self) -> LogFile:
        self.opened.append(LogFile(self.path, self.place))
        return self.opened[-1]

    def append(self, text: str) -> None:
        with self.path.open("a") as log:
            log.write(text)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    log = Written(tmp_path)
    yield log
    for file in log.opened:
        file.close()


def test_lines_whole_and_in_pieces(written: Written) -> None:
    written.append("one\ntw")
    assert written.file.lines() == ["one"]
    assert written.file.lines() == []
    written.append("o\nthree\n")
    assert written.file.lines() == ["two", "three"]


def test_turned_over_nothing_is_lost(written: Written) -> None:
    written.append("before\n")
    written.path.rename(written.path.with_suffix(".1"))
    with written.path.with_suffix(".1").open("a") as late:
        late.write("late\n")
    written.path.write_text("after\n")
    found: list[str] = []
    while lines := written.file.lines():
        found += lines
    assert found == ["before", "late", "after"]


def test_turned_over_with_a_pause(written: Written) -> None:
    written.path.rename(written.path.with_suffix(".1"))
    assert written.file.lines() == []
    assert written.file.problem
    written.path.write_text("after\n")
    assert written.file.lines() == ["after"]
    assert not written.file.problem


def test_emptied_in_place(written: Written) -> None:
    written.append("before\n")
    assert written.file.lines() == ["before"]
    os.truncate(written.path, 0)
    written.append("x\n")
    assert written.file.lines() == ["x"]


def test_what_came_while_the_hub_was_away_is_read_once(written: Written) -> None:
    written.append("one\nhal")
    assert written.file.lines() == ["one"]
    written.file.close()
    written.append("f\ntwo\n")
    again = written.again()
    assert again.lines() == ["half", "two"]
    again.close()
    assert written.again().lines() == []


def test_a_place_in_another_file_is_not_believed(written: Written) -> None:
    written.file.close()
    written.path.rename(written.path.with_suffix(".1"))
    written.path.write_text("new\n")
    assert written.again().lines() == ["new"]


def test_a_log_that_comes_later_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "later.log", tmp_path / "place.json")
    assert file.lines() == []
    assert "not there" in file.problem
    (tmp_path / "later.log").write_text("first\n")
    assert file.lines() == ["first"]
    file.close()


def test_a_large_log_is_read_in_pieces_and_emptied_when_read(written: Written) -> None:
    line = "x" * 99
    with written.path.open("a") as log:
        for _ in range(70):
            log.write((line + "\n") * 10_000)
    count = 0
    while lines := written.file.lines():
        assert len(lines) <= 10_001
        count += len(lines)
        if count < 600_000:
            written.file.trim()
            assert written.path.stat().st_size > 60_000_000
    assert count == 700_000
    written.file.trim()
    assert written.path.stat().st_size == 0
    written.append("after\n")
    assert written.file.lines() == ["after"]


def test_a_line_without_end_does_not_fill_the_memory(written: Written) -> None:
    with written.path.open("a") as log:
        log.write("y" * 5_000_000)
    while written.file._file is not None and written.file._file.tell() < 5_000_000:
        written.file.lines()
    assert len(written.file._rest) <= 64_000
