"""Properties: the present moves only forward in measurement time, never ahead of the clock, nothing stale is fresh."""

import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.live.engine import AHEAD_MS, LATE_MS, LiveEngine
from hub.live.reading import Reading
from tests.hub.live.places import SCHOOL, T0, Places, reading
from wire.messages import TimeQuality

UID = f"{SCHOOL}.a101"
QUANTITIES = ("co2_ppm", "temperature_c", "occupancy", "contact_open", "power_w", "people_count")


def fresh_engine() -> LiveEngine:
    places = Places()
    for device in ("d1", "d2"):
        places.put(device)
    return LiveEngine(places, lambda _: None)


rows = st.builds(
    lambda device, quantity, at, late, level, quality: reading(
        device,
        T0 + at,
        {quantity: float(level % 2) if quantity in {"occupancy", "contact_open"} else float(level)},
        received_ms=T0 + at + late,
        quality=quality,
    ),
    st.sampled_from(("d1", "d2")),
    st.sampled_from(QUANTITIES),
    st.integers(-600_000, 600_000),
    st.integers(-10_000, 180_000),
    st.integers(0, 3_000),
    st.sampled_from((*[TimeQuality.OK] * 4, TimeQuality.ARRIVAL, TimeQuality.UNTIMED, TimeQuality.RESTAMPED)),
)
batches = st.lists(st.tuples(st.integers(0, 60_000), st.lists(rows, max_size=6)), max_size=12)


def is_live(row: Reading, now_ms: int) -> bool:
    return (
        row.quality in {TimeQuality.OK, TimeQuality.RESTAMPED}
        and row.at_ms <= now_ms + AHEAD_MS
        and row.received_ms - row.at_ms <= LATE_MS
    )


@given(batches)
@settings(max_examples=150, deadline=None)
def test_values_are_the_newest_live_ones_and_only_move_forward(plan: list[tuple[int, list[Reading]]]) -> None:
    engine, now = fresh_engine(), T0
    newest: dict[tuple[str, str], int] = {}
    for step, batch in plan:
        now += step
        engine.apply(batch, now)
        for row in batch:
            if is_live(row, now):
                for quantity in row.values:
                    key = (row.device, quantity)
                    newest[key] = max(newest.get(key, row.at_ms), row.at_ms)
        view = engine.room(UID, now)
        assert view is not None
        for device in ("d1", "d2"):
            held = (
                {key: cell.at_ms for key, cell in engine._devices[(SCHOOL, device)].cells.items()}
                if (SCHOOL, device) in engine._devices
                else {}
            )
            assert held == {key[1]: at for key, at in newest.items() if key[0] == device}
        assert all(value.at_ms <= now + AHEAD_MS for value in view.values.values())
        assert view.newest_ms == max(newest.values(), default=None)


@given(st.lists(rows, min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_late_and_future_rows_change_nothing_in_whatever_order(
    given_rows: list[Reading], chance: random.Random
) -> None:
    now = T0 + 700_000
    present = [
        reading("d1", now - 20_000, {"co2_ppm": 900.0, "temperature_c": 27.0}),
        reading("d2", now - 10_000, {"occupancy": 1.0}),
    ]
    never = [row for row in given_rows if not is_live(row, now)]
    never += [reading("d1", now + AHEAD_MS + 1 + number, {"co2_ppm": 3000.0}) for number in range(3)]
    never += [reading("d1", now - 5_000, {"co2_ppm": 1.0}, received_ms=now + LATE_MS)]
    quiet = fresh_engine()
    quiet.apply(present, now)
    expected = quiet.room(UID, now)
    chance.shuffle(never)
    noisy = fresh_engine()
    noisy.apply(never[: len(never) // 2], now)
    noisy.apply(present, now)
    assert noisy.apply(never[len(never) // 2 :], now) == frozenset()
    assert noisy.room(UID, now) == expected
    assert noisy.not_live == len(never)


@given(st.permutations([0, 5_000, 9_000, 14_000, 22_000, 30_000]))
@settings(max_examples=60, deadline=None)
def test_order_of_arrival_within_the_minute_does_not_matter(order: list[int]) -> None:
    now = T0 + 31_000
    engine = fresh_engine()
    for offset in order:
        engine.apply([reading("d1", T0 + offset, {"temperature_c": 20.0 + offset / 1000}, received_ms=now)], now)
    view = engine.room(UID, now)
    assert view is not None
    assert (view.values["temperature_c"].value, view.values["temperature_c"].at_ms) == (50.0, T0 + 30_000)


@given(st.integers(1, 1_200), st.integers(2, 20), st.integers(0, 60_000) | st.integers(0, 7_200_000))
@example(1, 3, 15_000)
@example(1, 3, 15_001)
@settings(max_examples=120, deadline=None)
def test_older_than_three_intervals_is_stale_and_younger_is_not(every_s: int, count: int, wait_ms: int) -> None:
    engine = fresh_engine()
    last = T0
    for number in range(count):
        last = T0 + number * every_s * 1000
        engine.apply([reading("d1", last, {"temperature_c": 20.0 + number})], last)
    interval_ms = min(max(every_s * 1000, 5_000), 1_800_000)
    if (count - 1) * every_s < 2:
        interval_ms = 120_000  # nothing known of the pace yet
    now = last + wait_ms
    engine.tick(now)
    view = engine.room(UID, now)
    assert view is not None
    assert view.values["temperature_c"].stale is (wait_ms > 3 * interval_ms)
    assert view.stale is view.values["temperature_c"].stale
    (shown,) = [one for one in engine.devices(SCHOOL, now) if one.device == "d1"]
    assert shown.stale is view.stale


def test_change_driven_values_follow_their_bridge() -> None:
    engine = fresh_engine()
    engine.apply([reading("d1", T0, {"contact_open": 1.0, "battery_pct": 80.0})], T0)
    hour = 3_600_000

    def stale(now_ms: int) -> bool:
        view = engine.room(UID, now_ms)
        assert view is not None
        return view.values["contact_open"].stale

    assert not stale(T0 + 2 * hour)  # nobody vouches for it, but it is not long ago
    assert stale(T0 + 5 * hour)
    engine.availability(SCHOOL, "d1", True, T0 + 5 * hour)
    assert not stale(T0 + 20 * hour)
    engine.availability(SCHOOL, "d1", False, T0 + 21 * hour)
    engine.availability(SCHOOL, "d1", True, T0 + 19 * hour)  # old news
    assert stale(T0 + 21 * hour)
    engine.apply([reading("d1", T0 + 22 * hour, {"contact_open": 0.0})], T0 + 22 * hour)
    assert not stale(T0 + 22 * hour)  # it speaks, so it is there
    engine.gateway(SCHOOL, "gw1", online=False)
    assert stale(T0 + 22 * hour)
    engine.gateway(SCHOOL, "gw1", online=True)
    assert not stale(T0 + 22 * hour)


def test_a_polled_state_is_stale_like_any_polled_value() -> None:
    engine = fresh_engine()
    for number in range(10):
        now = T0 + number * 10_000
        engine.apply([reading("d1", now, {"display_on": 1.0})], now)
    view = engine.room(UID, T0 + 90_000 + 46_000)
    assert view is not None
    assert view.values["display_on"].stale


def test_pieces_of_one_report_do_not_shorten_the_pace() -> None:
    engine = fresh_engine()
    for number in range(8):
        for piece in range(3):
            now = T0 + number * 600_000 + piece * 150
            engine.apply([reading("d1", now, {"temperature_c": 20.0 + piece})], now)
    view = engine.room(UID, T0 + 7 * 600_000 + 900_000)
    assert view is not None
    assert not view.values["temperature_c"].stale
    (shown,) = [one for one in engine.devices(SCHOOL, T0 + 7 * 600_000 + 900_000) if one.device == "d1"]
    assert shown.interval_s is not None
    assert 590 <= shown.interval_s <= 601
