"""What sources newly offer is said a second later, ever more seldom where there is no end of it."""

from itertools import pairwise
from pathlib import Path

from edge.agent import Agent
from edge.announcements import DEBOUNCE_S, LONGEST_S, Announcements
from tests.edge.stand import Taps, running, settings, until
from tests.ports import free_port
from wire.messages import Heard, SourceReport


class Listening(Taps):
    """Hears something new when the test says so."""

    told = 0

    def heard(self) -> list[Heard]:
        return []

    def news(self) -> int:
        return self.told


def said(offers: list[object], step_s: float = 0.5) -> list[float]:
    """When something was due, with one look every `step_s`."""
    announcements = Announcements()
    return [at * step_s for at, offer in enumerate(offers) if announcements.due(offer, at * step_s)]


def test_what_there_is_at_first_is_no_news() -> None:
    assert said([{"plug": ["switch_on"]}] * 100) == []


def test_a_change_is_said_once_after_a_second() -> None:
    assert said([{}] * 4 + [{"plug": ["switch_on"]}] * 100) == [2.0 + DEBOUNCE_S]


def test_many_changes_within_a_second_are_one() -> None:
    assert said([0, 1, 2, 3, 3, 3]) == [0.5 + DEBOUNCE_S]


def test_what_was_taken_back_at_once_is_never_said() -> None:
    assert said([0, 1, *[0] * 20]) == []


def test_endless_news_become_ever_more_seldom() -> None:
    times = said(list(range(1_000)))
    gaps = [round(later - before, 1) for before, later in pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == LONGEST_S
    assert len(times) < 25  # of 500 s


def test_after_a_quiet_time_it_is_quick_again() -> None:
    times = said([*range(100), *[99] * 200, *[100] * 10])
    assert times[-1] == 150.0 + DEBOUNCE_S


async def test_an_agent_asks_for_it_by_itself(tmp_path: Path) -> None:
    """Without a broker there is no heartbeat: what wants to speak is the news."""
    source = Listening()
    async with running(Agent(settings(tmp_path, free_port())), source) as agent:
        wanted = agent.uplink._say_state
        wanted.clear()
        source.told = 1
        await until(wanted.is_set, what="said")


class Flickering(Taps):
    """Connected or not, as the test says."""

    up = True

    def report(self) -> SourceReport:
        return SourceReport(self.name, self.kind, up=self.up)


async def test_a_source_that_is_lost_is_said_without_a_heartbeat(tmp_path: Path) -> None:
    source = Flickering()
    async with running(Agent(settings(tmp_path, free_port())), source) as agent:
        wanted = agent.uplink._say_state
        wanted.clear()
        source.up = False
        await until(wanted.is_set, what="said")
