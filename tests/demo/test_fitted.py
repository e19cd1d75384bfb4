"""What the demo's newer devices say is understood by the gateway's own decoders, and is what was to be measured."""

import msgspec
import pytest

from demo.boards import Boards, Habit
from demo.cards import Doorway, card_number
from demo.classroom import Observation
from demo.life import Life, room_traits
from demo.rs485 import Rs485, power_w
from demo.script import MINUTE_MS
from demo.units import BOARD, FAN, LORA, METER, PROJECTOR, READER
from demo.wireless import Fan, Message, Wireless, uplink
from edge.dialects.chirpstack import ChirpStack
from edge.dialects.tasmota import Tasmota
from firmware_bridge.device import Identified
from firmware_bridge.devices.identity import rdm6300
from firmware_bridge.simulated.card_reader import SimulatedCardReader, card_frame
from wire.orders import Order, OrderKind

from .test_classroom import present
from .test_paper import NOON


def life_now() -> Life:
    bells, script, past = present()
    return Life(script, bells, room_traits(bells, NOON, past.shut_ach), past.air)


def seen_in(room: str) -> Observation:
    return life_now().observe(NOON)[room]


def test_hands_touch_a_switch_only_when_a_lesson_begins_or_ends() -> None:
    habit = Habit("a101")
    assert habit.hand(0, wanted=False) is False
    assert habit.hand(1, wanted=False) is None
    assert habit.hand(2, wanted=True) is True
    assert habit.hand(3, wanted=True) is None
    forgot = [minute for minute in range(200) if _after_lesson(minute) is None]
    assert 30 < len(forgot) < 110, "sometimes it is left on"


def _after_lesson(minute: int) -> bool | None:
    habit = Habit("a101")
    habit.hand(0, wanted=True)
    return habit.hand(minute * MINUTE_MS, wanted=False)


def test_an_order_stays_until_the_lesson_changes_and_the_meter_of_the_room_agrees() -> None:
    life, boards = life_now(), Boards()
    boards.follow(life, NOON, 1.0)
    assert boards.panel.on
    assert boards.projector.power == 1
    assert life.observe(NOON)[PROJECTOR.room].projector_w > 100
    lamp = boards.projector.lamps
    boards.projector.answer("%1POWR 0")
    boards.follow(life, NOON + 60_000, 60.0)
    assert boards.projector.power == 0
    assert boards.projector.lamps == lamp
    assert life.observe(NOON + 60_000)[PROJECTOR.room].projector_w < 1
    assert life.observe(NOON + 60_000)[BOARD.room].projector_w > 100


def test_lamp_hours_grow_while_it_burns() -> None:
    life, boards = life_now(), Boards()
    for minute in range(60):
        boards.follow(life, NOON + minute, 60.0)
    assert boards.projector.lamps == (1_847,)


def test_the_shared_line_says_what_the_room_takes() -> None:
    seen, bus = seen_in(METER.room), Rs485()
    bus.follow(seen, 0.0)
    meter, climate = bus.line.slaves
    words = meter.tables[4]
    assert (words[3] | words[4] << 16) / 10 == pytest.approx(power_w(seen), abs=0.1)
    assert 220 < words[0] / 10 < 236
    assert power_w(seen) > 1_500, "a computer room in a lesson, cooled"
    assert climate.tables[4][1] / 10 == pytest.approx(seen.temperature_c, abs=0.06)


def test_the_monitor_by_radio_is_read_by_its_bytes() -> None:
    seen = seen_in(LORA.room)
    said = uplink(seen, 7)
    (decoded,) = ChirpStack().decode(said.topic, said.payload)
    assert decoded.device_id == LORA.id
    assert not decoded.problems
    assert decoded.values["co2_ppm"] == round(seen.co2_ppm)
    assert decoded.values["temperature_c"] == pytest.approx(seen.temperature_c, abs=0.06)
    assert decoded.values["humidity_pct"] == pytest.approx(seen.humidity_pct, abs=0.26)


def test_the_fan_obeys_the_dialects_own_telegram() -> None:
    fan, dialect = Fan(), Tasmota()
    hear(dialect, *fan.follow(seen_in(FAN.room), 1.0), *fan.report(NOON))
    assert fan.on
    telegram = dialect.telegram(Order("o1", FAN.id, OrderKind.SWITCH_OFF))
    assert telegram is not None
    told = hear(dialect, *fan.obey(telegram.topic, telegram.payload))
    assert not fan.on
    assert told["switch_on"] == 0
    assert hear(dialect, *fan.report(NOON + 20_000))["power_w"] == 0
    assert list(fan.obey("cmnd/other/POWER", b"ON")) == []


def hear(dialect: Tasmota, *messages: Message) -> dict[str, float | str]:
    values: dict[str, float | str] = {}
    for message in messages:
        for decoded in dialect.decode(message.topic, message.payload):
            assert not decoded.problems
            values |= decoded.values
    return values


def test_each_speaks_at_its_own_pace() -> None:
    rooms, wireless = life_now().observe(NOON), Wireless(NOON - 20_000)
    topics: list[str] = []
    for second in range(60):
        now = {room: msgspec.structs.replace(seen, t_ms=NOON + second * 1_000) for room, seen in rooms.items()}
        topics += [message.topic for message in wireless.follow(now, 1.0)]
    assert topics.count(f"tele/{FAN.id}/SENSOR") == 3
    assert sum(topic.endswith("/event/up") for topic in topics) == 1
    assert sum(topic.startswith("stem/") for topic in topics) == 4


def test_cards_are_shown_as_people_come_and_read_as_they_are() -> None:
    life, doorway = life_now(), Doorway()
    bells = present()[0]
    begins = bells.midnight_ms(bells.today) + bells.current.start * MINUTE_MS
    cards = [card for second in range(-240, 1_200) for card in doorway.cards(life, begins + second * 1_000)]
    assert len(set(cards)) > 8
    assert card_number(3) == card_number(3)
    reader = SimulatedCardReader()
    reader.power(0.0)
    reader.show(cards[0])
    first = next(said for tick in range(20) if (said := reader.speak(tick * 0.05)))
    assert first == card_frame(cards[0])
    meaning = rdm6300.decode(first)
    assert isinstance(meaning, Identified)
    assert meaning.reference == str(cards[0])
    assert READER.id == "a101-the"
