"""However much is announced on a local broker: the state stays one message a hub reads."""

from pathlib import Path

import pytest

from edge.agent import Agent
from edge.sources.source import Outcome
from tests.edge.small_hub import SmallHub
from tests.edge.stand import Taps, running, settings, until
from tests.sim.broker import Mosquitto
from wire.codec import decode_gateway_state, encode
from wire.mapping import Mapping
from wire.messages import MAX_HEARD, MAX_MESSAGE_BYTES, Heard
from wire.orders import Order, Result

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


class Flooded(Taps):
    """Somebody announced thousands of switches, and speaks on topics as long as they may be."""

    devices = 6_000

    def accepts(self) -> dict[str, list[str]]:
        return {f"o-cam-{number:058}": ["switch_on", "switch_off"] for number in range(self.devices)}

    async def obey(self, order: Order) -> Outcome:
        del order
        return Outcome(Result.DONE)

    def news(self) -> int:
        return 1

    def heard(self) -> list[Heard]:
        proposal = Mapping("đ" * 200, "co2_ppm", "p" * 200)
        return [Heard("s" * 200, "đ" * 200, "p" * 200, 10, "812", proposal) for _ in range(MAX_HEARD)]


async def test_a_flood_of_announcements_does_not_silence_the_gateway(tmp_path: Path) -> None:
    flooded = Flooded()
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        async with running(Agent(settings(tmp_path, broker.port)), flooded) as agent:
            state = decode_gateway_state(encode(await agent._state(online=True)))
            assert len(encode(state)) <= MAX_MESSAGE_BYTES
            assert len(state.accepts) >= 1_000
            assert f"o-cam-{0:058}" in state.accepts
            flooded.devices = 100
            state = await agent._state(online=True)
            assert len(state.accepts) == 100
            assert len(state.heard) == MAX_HEARD
            await until(lambda: bool(hub.events("gateway_start")))
