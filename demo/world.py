"""`python -m demo.world FOLDER`: everything outside the gateways: rooms, sensors on their lines, Zigbee, the cable.

One process of the demo. It knows nothing of edge and hub: it speaks bytes on pseudo-terminals and MQTT on the
local broker, as the real things would.
"""

import asyncio
import contextlib
import signal
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from demo.bells import lay_bells
from demo.boards import Boards
from demo.cable import Cable
from demo.cards import Doorway
from demo.cast import GATEWAYS, make_cast
from demo.classroom import Observation
from demo.diary import Diary
from demo.life import Life, Past, room_traits
from demo.plan import DIARY_FILE, HOST, Plan, load, outage
from demo.rs485 import Rs485
from demo.script import Script
from demo.timetable import make_timetable
from demo.units import (
    BUS,
    DEAD,
    DIES_AFTER_S,
    METER,
    READER,
    SerialUnit,
    base_topic,
    bridge_devices,
    serial_units,
    zigbee_units,
)
from demo.wireless import Message, Wireless
from demo.zigbee import Reporter
from firmware_bridge.simulated import PseudoTerminal, SimulatedMhz19, SimulatedPms5003, SimulatedSensor
from firmware_bridge.simulated.card_reader import SimulatedCardReader

_TICK_S = 1.0
_LIBRARY_LIKE = "b203"  # the library is no room of the timetable: its air is like that of a quiet room
_INTRODUCED_AGAIN_MS = (2_500, 5_000, 9_000, 20_000)
_ONLINE = b'{"state":"online"}'


class World:
    """Rooms that live on from the past, and every instrument that watches them."""

    def __init__(self, plan: Plan, past: Past, diary: Diary) -> None:
        self._plan = plan
        cast, bells = make_cast(), lay_bells(past.started_ms)
        hours = make_timetable(cast, bells)
        script = Script(cast, bells, hours, diary)
        self._life = Life(script, bells, room_traits(bells, past.started_ms, past.shut_ach), past.air)
        self._at_ms = past.started_ms
        self._seen = self._life.observe(self._at_ms)
        now_ms = time.time_ns() // 1_000_000
        self._reporters = [Reporter(unit, now_ms) for unit in zigbee_units()]
        self._introductions = [now_ms + after_ms for after_ms in _INTRODUCED_AGAIN_MS]
        self._boards, self._rs485, self._wireless = Boards(), Rs485(), Wireless(now_ms)
        self._reader, self._doorway = SimulatedCardReader(), Doorway()
        self._heard: deque[tuple[str, bytes]] = deque(maxlen=100)  # orders for the plug, from the MQTT client's thread
        self._zigbee = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="local-devices")
        self._zigbee.on_connect = self._introduce
        self._zigbee.on_message = lambda _client, _data, message: self._heard.append(
            (message.topic, bytes(message.payload))
        )
        self._cable = Cable(plan.relay_port, plan.broker_port)

    async def run(self) -> None:
        """Until cancelled."""
        self._zigbee.reconnect_delay_set(1, 2)
        self._zigbee.connect_async(HOST, self._plan.local_port, 20)
        self._zigbee.loop_start()
        try:
            async with asyncio.TaskGroup() as tasks:
                for unit in serial_units():
                    sensor = self._sensor(unit)
                    line = PseudoTerminal(sensor, self._plan.serial_port(unit.id))
                    tasks.create_task(line.run())
                    if unit.id == DEAD and isinstance(sensor, SimulatedMhz19):
                        tasks.create_task(_die(sensor))
                for shared, name in ((self._rs485.line, BUS), (self._reader, READER.id)):
                    tasks.create_task(PseudoTerminal(shared, self._plan.serial_port(name)).run())
                tasks.create_task(self._boards.serve(self._plan))
                tasks.create_task(self._live())
                tasks.create_task(self._obey())
                tasks.create_task(self._mind_the_cable())
        finally:
            self._zigbee.disconnect()
            self._zigbee.loop_stop()

    def _sensor(self, unit: SerialUnit) -> SimulatedSensor:
        if unit.device == "pms5003":
            return SimulatedPms5003(lambda _: self._watched(unit).pm25_ugm3)
        return SimulatedMhz19(lambda _: self._watched(unit).co2_ppm)

    def _watched(self, unit: SerialUnit) -> Observation:
        return self._seen.get(unit.room) or self._seen[_LIBRARY_LIKE]

    async def _live(self) -> None:
        while True:
            now_ms = time.time_ns() // 1_000_000
            dt_s = (now_ms - self._at_ms) / 1_000
            self._boards.follow(self._life, now_ms, dt_s)
            self._life.advance(self._at_ms, now_ms)
            self._at_ms = now_ms
            self._seen = self._life.observe(now_ms)
            self._rs485.follow(self._seen[METER.room], dt_s)
            for card in self._doorway.cards(self._life, now_ms):
                self._reader.show(card)
            said = list(self._wireless.follow(self._seen, dt_s))
            if self._zigbee.is_connected():
                self._repeat_introduction(now_ms)
                self._report(now_ms)
                self._say(said)
            await asyncio.sleep(_TICK_S)

    async def _obey(self) -> None:
        """What the plug is told, soon after it was told."""
        while True:
            while self._heard:
                self._say(self._wireless.fan.obey(*self._heard.popleft()))
            await asyncio.sleep(0.1)

    def _say(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._zigbee.publish(message.topic, message.payload, 1, retain=message.retain)

    def _report(self, now_ms: int) -> None:
        for reporter in self._reporters:
            unit = reporter.unit
            payload = reporter.report(self._seen[unit.room], now_ms)
            if payload is not None:
                self._zigbee.publish(f"{base_topic(unit.gateway)}/{unit.friendly_name}", payload, 1)

    def _repeat_introduction(self, now_ms: int) -> None:
        """Said again while everything starts: nats-server may lose a retained message to somebody just subscribing."""
        if self._introductions and now_ms >= self._introductions[0]:
            self._introductions.pop(0)
            self._introduce(self._zigbee)

    def _introduce(self, client: mqtt.Client, *_: object) -> None:
        """What Zigbee2MQTT and the plug leave on the broker (retained) when they start."""
        client.subscribe(self._wireless.fan.orders, 1)
        self._say([self._wireless.fan.hello()])
        for gateway, _name in GATEWAYS:
            base = base_topic(gateway)
            client.publish(f"{base}/bridge/state", _ONLINE, 1, retain=True)
            client.publish(f"{base}/bridge/devices", msgspec.json.encode(bridge_devices(gateway)), 1, retain=True)
        for unit in zigbee_units():
            topic = f"{base_topic(unit.gateway)}/{unit.friendly_name}/availability"
            client.publish(topic, _ONLINE, 1, retain=True)

    async def _mind_the_cable(self) -> None:
        """Plugged in, pulled and plugged in again by the plan's clock."""
        pulled: bool | None = None
        try:
            while True:
                cut, seconds = outage(time.time() - self._plan.started_ms / 1_000)
                if cut is not pulled:
                    pulled = cut
                    await (self._cable.pull() if cut else self._cable.plug())
                await asyncio.sleep(min(seconds + 0.05, 1.0))
        finally:
            await self._cable.close()


async def _die(sensor: SimulatedMhz19) -> None:
    """A wire comes loose."""
    await asyncio.sleep(DIES_AFTER_S)
    sensor.silent = True


async def live(folder: Path) -> None:
    """The world of the demo in that folder, until SIGTERM or SIGINT."""
    plan, past = load(folder)
    diary = msgspec.json.decode((folder / DIARY_FILE).read_bytes(), type=Diary)
    task = asyncio.ensure_future(World(plan, past, diary).run())
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1])))
