"""Which clock is believed, and when rows have to be stamped anew."""

from edge.clock import SAMPLE_AGE_MS, ClockCore, ClockReading
from edge.timepiece import Timepiece, boot_id, machine_id
from wire.messages import ClockState

DAY_MS = 86_400_000


def reading(realtime: int, boottime: int, *, synchronised: bool = False) -> ClockReading:
    return ClockReading(realtime, boottime, synchronised)


def test_a_trusted_system_clock_is_known_at_once_and_followed_when_it_steps() -> None:
    core = ClockCore("system", reading(1_000_000, 1_000))
    assert core.setting.known
    assert core.now_ms(3_000) == 1_002_000
    assert not core.observe(reading(1_001_900, 3_000))  # slewing
    assert core.observe(reading(1_002_000 + 14 * DAY_MS, 3_000))
    assert core.now_ms(3_000) == 1_002_000 + 14 * DAY_MS


def test_small_changes_do_not_add_up_unseen() -> None:
    core = ClockCore("system", reading(1_000_000, 0))
    moved = [core.observe(reading(1_000_000 + step * 300, 0)) for step in range(1, 9)]
    assert moved == [False, False, False, True, False, False, False, True]


def test_the_kernel_says_when_its_clock_is_right() -> None:
    core = ClockCore("auto", reading(5_000, 1_000))
    assert not core.setting.known
    assert core.observe(reading(9_000_000, 2_000, synchronised=True))
    assert core.setting.state is ClockState.NTP
    assert not core.observe(reading(9_001_000, 3_000))
    assert core.setting.state is ClockState.NTP  # the crystal stays good


def test_the_hub_s_time_serves_where_there_is_no_other_and_the_sample_furthest_ahead_wins() -> None:
    core = ClockCore("auto", reading(0, 0))
    assert not core.hub_sample(50_000_000, 1_000)
    assert core.hub_sample(50_000_400, 1_100)
    assert core.setting.state is ClockState.HUB
    assert core.now_ms(1_100) == 50_000_400
    assert not core.hub_sample(50_000_500, 9_000)  # late by seconds: it cannot pull the clock back
    assert core.now_ms(9_000) == 50_008_300
    assert core.hub_sample(50_020_000, 10_000)  # a better one, eleven seconds ahead
    assert core.now_ms(10_000) == 50_020_000


def test_old_samples_are_forgotten_and_ntp_outranks_the_hub() -> None:
    core = ClockCore("auto", reading(0, 0))
    core.hub_sample(90_000, 0)
    core.hub_sample(90_000, 0)
    late = SAMPLE_AGE_MS + 10_000
    core.hub_sample(80_000 + late, late)
    assert core.observe(reading(0, late))
    assert core.now_ms(late) == 80_000 + late
    assert core.observe(reading(70_000 + late, late, synchronised=True))
    assert (core.setting.state, core.behind_hub_ms()) == (ClockState.NTP, 10_000)


def test_the_machine_s_own_clocks_can_be_read() -> None:
    piece = Timepiece()
    first, second = piece.read(), piece.read()
    assert second.boottime_ms >= first.boottime_ms > 0
    assert isinstance(first.synchronised, bool)
    assert boot_id() == boot_id()


def test_a_machine_id_is_read_from_where_the_settings_say(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "serial"
    assert machine_id(file) == ""
    file.write_text("100000001\0")
    first = machine_id(file)
    file.write_text("100000002\0")
    assert len(first) == 32
    assert machine_id(file) != first
