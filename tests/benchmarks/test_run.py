"""The benchmarks of the production stack run: real processes, very short. What they measure is not judged here."""

import pytest

from benchmarks import correlation, decoding, forty, ingest, province, school, storage
from benchmarks.ingest.telegraf import telegraf_program

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]


def table(text: str) -> list[list[str]]:
    """Cells of the printed rows, without the head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_hub_beside_telegraf(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        telegraf_program()
    except RuntimeError as missing:
        pytest.skip(str(missing))
    ingest.compare(seconds=0.4, runs=1)
    rows = table(capsys.readouterr().out)
    assert [row[1] for row in rows] == ["ClassHub hub", "Telegraf 1.37.2"] * 2
    assert [row[2] for row in rows] == ["30,000"] * 2 + ["5,000"] * 2
    assert [row[-1] for row in rows] == ["0"] * 4  # values missing


def test_province(capsys: pytest.CaptureFixture[str]) -> None:
    province.main(seconds=4, schools=12, warm_s=3)
    rows = {row[0]: row[1:] for row in table(capsys.readouterr().out)}
    assert rows["rows not acknowledged a minute after the end"][0] == "0"
    assert float(rows["sensor to page, s"][0]) > 0


def test_storage(capsys: pytest.CaptureFixture[str]) -> None:
    storage.main(days=1)
    rows = table(capsys.readouterr().out)
    assert [row[1] for row in rows] == ["172,800"] * 3
    assert all(float(row[3]) > 0 for row in rows)


def test_forty_devices_on_one_gateway(capsys: pytest.CaptureFixture[str]) -> None:
    forty.main(seconds=4)
    rows = {row[0]: row[1] for row in table(capsys.readouterr().out)}
    assert int(rows["devices that report"]) >= 40
    assert rows["devices nobody asked"] == "0"
    assert int(rows["questions"]) > 20


def test_every_dialect_beside_telegraf(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        telegraf_program()
    except RuntimeError as missing:
        pytest.skip(str(missing))
    decoding.main(seconds=0.05)
    rows = table(capsys.readouterr().out)
    assert [row[0] for row in rows] == list(decoding.MESSAGES)
    assert all(int(row[1]) > 0 for row in rows), "every message must give values"


def test_plans_of_schools(capsys: pytest.CaptureFixture[str]) -> None:
    school.main(schools=3)
    rows = {row[0]: row[1] for row in table(capsys.readouterr().out)}
    assert float(rows["at(room), now, µs"]) > 0
    assert float(rows["making one school ready, ms (median)"]) > 0


def test_correlation(capsys: pytest.CaptureFixture[str]) -> None:
    correlation.main(seconds=1, minutes=120, repeats=1)
    rows = {row[0]: row[1] for row in table(capsys.readouterr().out) if len(row) > 1}
    restated = rows["lesson records; minutes restated"].split("; ")
    assert [int(one) > 0 for one in restated] == [True, True]
    assert float(rows["all 20 rooms lived again: s; CPU s"].split("; ")[1]) > 0
