"""How a try changes what is known of its pull: when the next one is due, how many failed, what is told. No clock."""

import msgspec

from hub.school.journal import Status
from hub.school.pulls import notices, schedule
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


def decided(state: PullState, status: str | None) -> PullState | None:
    """What a person did since with the import of the last try, now `status`; None where nothing new is to be told.

    What was applied is as good as the place was when it was looked at.
    """
    waited, undone = state.outcome is Outcome.HELD, notices.said(Status.UNDONE)
    if status == Status.APPLIED and (waited or state.said_vi == undone.vi):
        outcome, said, good_ms = Outcome.APPLIED, notices.said(Outcome.APPLIED), state.last_try_ms
    elif status == Status.UNDONE and state.said_vi != undone.vi and (waited or state.outcome in GOOD):
        outcome, said, good_ms = Outcome.UNCHANGED, undone, state.last_good_ms
    elif status == Status.REFUSED and waited:
        outcome, said, good_ms = Outcome.REFUSED, notices.said("rejected"), state.last_good_ms
    else:
        return None
    return msgspec.structs.replace(
        state,
        outcome=outcome,
        said_vi=said.vi,
        said_en=said.en,
        last_good_ms=good_ms,
        last_change_ms=state.last_try_ms if outcome is Outcome.APPLIED else state.last_change_ms,
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
