"""How a try changes what is known of its pull: when the next one is due, how many failed, what is told. No clock."""

import msgspec

from hub.school.pulls import schedule
from hub.school.pulls.schedule import Timing
from hub.school.pulls.settings import PullSection
from hub.school.pulls.state import Outcome, PullState
from wire.text import Text

GOOD = frozenset({Outcome.APPLIED, Outcome.UNCHANGED, Outcome.PARTIAL})


class Moment(msgspec.Struct, frozen=True):
    """When a try ended, and a throw of the dice in 0 … 1."""

    now_ms: int
    chance: float


def timing(section: PullSection) -> Timing:
    return Timing(section.every_minutes * schedule.MINUTE_MS, section.jitter)


def ended(section: PullSection, state: PullState, moment: Moment, outcome: Outcome, said: Text) -> PullState:
    """A place that answered. What could be had in part only is tried again soon and is no good state."""
    if outcome is Outcome.PARTIAL:
        return _again(section, state, moment, outcome, said)
    return msgspec.structs.replace(
        state,
        last_try_ms=moment.now_ms,
        last_good_ms=moment.now_ms if outcome in GOOD else state.last_good_ms,
        next_try_ms=schedule.after_success(moment.now_ms, timing(section), moment.chance),
        failures=0,
        outcome=outcome,
        said_vi=said.vi,
        said_en=said.en,
    )


def failed(section: PullSection, state: PullState, moment: Moment, said: Text) -> PullState:
    return _again(section, state, moment, Outcome.FAILED, said)


def _again(section: PullSection, state: PullState, moment: Moment, outcome: Outcome, said: Text) -> PullState:
    failures = state.failures + 1
    return msgspec.structs.replace(
        state,
        last_try_ms=moment.now_ms,
        next_try_ms=schedule.after_failure(moment.now_ms, timing(section), failures, moment.chance),
        failures=failures,
        outcome=outcome,
        said_vi=said.vi,
        said_en=said.en,
    )
