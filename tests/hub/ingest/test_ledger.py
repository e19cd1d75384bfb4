"""The ledger against a model that keeps one fate a row number, whatever order messages come in."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.ingest.ledger import MAX_AHEAD, MAX_FRAGMENTS, EpochLedger

TOP = 40


@dataclass
class Model:
    """The same rules, written the slow and obvious way."""

    held: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    dropped: dict[int, str] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    oldest: int = 1
    highest: int = 0
    duplicate: int = 0

    def receive(
        self, first: int, count: int, oldest: int, drops: list[tuple[int, int, str]]
    ) -> tuple[set[int], set[int]]:
        for a, b, reason in drops:
            self.highest = max(self.highest, b)
            for n in range(a, b + 1):
                if n not in self.held:
                    self.dropped.setdefault(n, reason)
                self.settled.add(n)
        rows = set(range(first, first + count))
        commit = rows - self.held
        live = commit - self.seen
        self.duplicate += len(rows & self.held)
        self.held |= rows
        self.waiting |= commit
        self.seen |= rows
        for n in commit:
            self.dropped.pop(n, None)
        if rows:
            self.highest = max(self.highest, *rows)
        self.oldest = max(self.oldest, oldest)
        self.highest = max(self.highest, self.oldest - 1)
        self.settled |= set(range(1, self.oldest))
        return live, commit


def numbers(ranges: list[tuple[int, int]]) -> set[int]:
    return {n for a, b in ranges for n in range(a, b + 1)}


spans = st.tuples(st.integers(1, TOP), st.integers(0, 8)).map(lambda p: (p[0], p[0] + p[1]))
steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("receive"),
            st.integers(1, TOP),
            st.integers(0, 8),
            st.integers(1, TOP),
            st.lists(st.tuples(spans, st.sampled_from(["age", "skipped", "rejected"])), max_size=2),
        ),
        st.tuples(st.just("commit"), spans),
        st.tuples(st.just("shed"), spans),
        st.tuples(st.just("restart")),
    ),
    max_size=30,
)


@given(steps)
@settings(max_examples=400, deadline=None)
def test_the_ledger_agrees_with_the_model(story: list[tuple]) -> None:  # type: ignore[type-arg]
    ledger, model = EpochLedger(), Model()
    for step in story:
        if step[0] == "receive":
            _, first, count, oldest, drops = step
            flat = [(a, b, reason) for (a, b), reason in drops]
            fresh = ledger.receive(first, count, oldest, flat)
            live, commit = model.receive(first, count, oldest, flat)
            assert numbers(fresh.commit) == commit
            # what came before `oldest` was forgotten as seen: it may reach live again, never less than it must
            assert live <= numbers(fresh.live) <= commit
        elif step[0] == "commit":
            rows = numbers([step[1]]) & model.waiting
            ledger.committed([(n, n) for n in rows])
            model.waiting -= rows
            model.settled |= rows
        elif step[0] == "shed":
            rows = numbers([step[1]]) & model.waiting
            ledger.shed([(n, n) for n in rows])
            model.waiting -= rows
            model.held -= rows
        else:
            ledger = EpochLedger.restore(ledger.snapshot())
            model.held -= model.waiting
            model.waiting.clear()
            model.seen = set(model.held)
            model.settled = model.held | set(range(1, model.oldest)) | set(model.dropped)
        agree(ledger, model)


def agree(ledger: EpochLedger, model: Model) -> None:
    account = ledger.account()
    upto = 0
    while upto + 1 in model.settled:
        upto += 1
    assert ledger.upto == upto
    assert numbers(ledger.also()) == {n for n in model.settled if n > upto}
    skipped = sum(reason == "skipped" for reason in model.dropped.values())
    lost = sum(1 for n in range(1, model.oldest) if n not in model.held and n not in model.dropped)
    assert account.expected == model.highest - skipped
    assert account.received == len(model.held - model.waiting)
    assert account.lost == lost
    assert account.duplicate == model.duplicate
    assert sum(account.dropped.values()) == len(model.dropped) - skipped
    assert account.outstanding >= 0
    assert account.expected == account.received + account.lost + account.outstanding + sum(account.dropped.values())


def test_the_same_batch_three_times_and_out_of_order() -> None:
    ledger = EpochLedger()
    assert ledger.receive(11, 10, 1).commit == [(11, 20)]
    assert ledger.receive(1, 10, 1).commit == [(1, 10)]
    assert ledger.receive(11, 10, 1).commit == []
    assert ledger.receive(11, 10, 1).live == []
    assert ledger.account().duplicate == 20
    assert ledger.upto == 0
    ledger.committed([(11, 20)])
    assert (ledger.upto, ledger.also()) == (0, [(11, 20)])
    ledger.committed([(1, 10)])
    assert (ledger.upto, ledger.also()) == (20, [])


def test_a_shed_row_comes_again_for_the_store_and_not_for_live() -> None:
    ledger = EpochLedger()
    ledger.receive(1, 10, 1)
    ledger.shed([(1, 4)])
    again = ledger.receive(1, 10, 1)
    assert (again.live, again.commit) == ([], [(1, 4)])
    assert (ledger.account().received, ledger.account().outstanding) == (0, 10)
    ledger.committed([(1, 10)])
    assert (ledger.account().received, ledger.account().outstanding) == (10, 0)


def test_what_is_below_oldest_and_never_came_is_lost_until_it_comes() -> None:
    ledger = EpochLedger()
    ledger.receive(11, 5, 11)
    assert ledger.account().lost == 10
    assert ledger.receive(3, 2, 11).commit == [(3, 4)]
    ledger.committed([(3, 4), (11, 15)])
    assert (ledger.account().lost, ledger.account().received) == (8, 7)


def test_a_snapshot_holds_committed_rows_only() -> None:
    ledger = EpochLedger()
    ledger.receive(1, 10, 1)
    ledger.receive(11, 10, 1)
    again = EpochLedger.restore(ledger.snapshot(including=[(1, 10)]))
    assert again.upto == 10
    assert again.receive(11, 10, 1).commit == [(11, 20)]
    assert ledger.upto == 0


def test_a_stream_full_of_holes_stays_bounded_and_counted() -> None:
    ledger = EpochLedger()
    for number in range(1, 4 * MAX_FRAGMENTS, 2):
        ledger.receive(number, 1, number)
        ledger.committed([(number, number)])
    account = ledger.account()
    assert account.received == 2 * MAX_FRAGMENTS
    assert account.lost == 2 * MAX_FRAGMENTS - 1
    assert len(ledger.snapshot()) < 60_000
    assert EpochLedger.restore(ledger.snapshot()).account() == account


def test_holes_that_nothing_settles_end_in_refusal_and_filling_them_ends_it() -> None:
    ledger = EpochLedger()
    for number in range(1, 2 * MAX_FRAGMENTS + 2, 2):
        fresh = ledger.receive(number, 1, 1)
    assert fresh.refused
    assert ledger.receive(2, 1, 1).commit == [(2, 2)]
    assert not ledger.receive(2 * MAX_FRAGMENTS + 1, 1, 1).refused


def test_a_number_to_come_is_believed_within_reason() -> None:
    ledger = EpochLedger()
    ledger.receive(1, 10, 1)
    for _ in range(3):  # saying it often makes it no truer
        ledger.announce(2**63 - 1)
    assert ledger.account().expected == 10 + MAX_AHEAD
    ledger.announce(21)
    again = EpochLedger.restore(ledger.snapshot())
    assert again.account().expected <= 10 + MAX_AHEAD
    honest = EpochLedger()
    honest.announce(1_001)
    assert honest.account().outstanding == 1_000


def test_a_mark_of_before_the_bound_is_mended() -> None:
    state = b'{"base":0,"oldest":1,"highest":9223372036854775806,"committed":[[1,10]]}'
    assert EpochLedger.restore(state).account().expected == 10 + MAX_AHEAD
