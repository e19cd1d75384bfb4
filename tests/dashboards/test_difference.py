"""What differs between two dashboards, and what is done about it."""

from typing import Any

import pytest

from dashboards.difference import checksum, differences
from dashboards.sending import MOST_LINES, Standing, Verdict, is_sent, message, step

OURS: dict[str, Any] = {"uid": "x", "title": "Phòng", "refresh": "1m", "panels": [{"title": "CO₂", "unit": "ppm"}]}


def standing(dashboard: dict[str, Any], said: str = "", *, provisioned: bool = False) -> Standing:
    return Standing(dashboard, 3, "classhub", said, "admin", provisioned)


def test_each_difference_is_one_line_with_its_place() -> None:
    before = OURS | {"panels": [{"title": "CO2", "unit": "ppm", "old": 1}, {"title": "Ồn"}], "refresh": "5m", "id": 7}
    assert list(differences(before, OURS)) == [
        'refresh: "5m" → "1m"',
        'panels[0].title: "CO2" → "CO₂"',
        "panels[0].old: − 1",
        'panels[1]: − "Ồn"',
    ]
    assert 'panels[1]: + "Ồn"' in list(differences(OURS, before))


def test_a_long_value_is_cut() -> None:
    [line] = differences(OURS, OURS | {"title": "x" * 500})
    assert len(line) < 120
    assert line.endswith("…")


def test_book_keeping_and_order_of_keys_do_not_count() -> None:
    shuffled = dict(reversed(OURS.items())) | {"id": 12, "version": 9}
    assert checksum(shuffled) == checksum(OURS)
    assert not list(differences(OURS, shuffled))
    assert checksum(OURS | {"refresh": "2m"}) != checksum(OURS)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (None, Verdict.NEW),
        (standing(OURS | {"id": 4, "version": 3}), Verdict.SAME),
        (standing(OURS | {"liveNow": False}, message(OURS)), Verdict.SAME),
        (standing(OURS | {"refresh": "9s"}, message(OURS | {"refresh": "9s"})), Verdict.CHANGED),
        (standing(OURS | {"refresh": "9s"}, "Đổi màu"), Verdict.BY_HAND),
        (standing(OURS | {"refresh": "9s"}), Verdict.BY_HAND),
        (standing(OURS | {"refresh": "9s"}, message(OURS | {"a": 1}), provisioned=True), Verdict.PROVISIONED),
    ],
)
def test_verdicts(found: Standing | None, verdict: Verdict) -> None:
    decided = step(OURS, found)
    assert decided.verdict is verdict
    assert bool(decided.lines) == (verdict not in {Verdict.NEW, Verdict.SAME})


def test_only_force_overwrites_a_person_and_nothing_overwrites_files() -> None:
    assert [verdict for verdict in Verdict if is_sent(verdict, force=False)] == [Verdict.NEW, Verdict.CHANGED]
    assert [verdict for verdict in Verdict if is_sent(verdict, force=True)] == [
        Verdict.NEW,
        Verdict.CHANGED,
        Verdict.BY_HAND,
    ]


def test_many_differences_are_summed_up() -> None:
    decided = step(OURS, standing(OURS | {f"key{number}": number for number in range(100)}))
    assert len(decided.lines) == MOST_LINES + 1
    assert decided.lines[-1] == "… +60"
