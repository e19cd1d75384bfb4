"""Events while the disk refuses them: bounded in memory, the oldest kept, the rest counted and told."""

from pathlib import Path

import msgspec
import pytest

from edge.agent import Agent
from edge.recorder import Recorder
from tests.edge.small_hub import SmallHub
from tests.edge.stand import Taps, running, settings, until
from tests.sim.broker import Mosquitto

BOUND = 100_000


async def fill(recorder: Recorder) -> int:
    """Events until the disk has no room for one more and no memory either; how many were given."""
    given = 0
    while recorder.lost_events < 20:
        recorder.event("door", "contact", {"n": given, "text": "x" * 2_000})
        given += 1
        await recorder.call(lambda _: None)
        assert recorder._event_bytes <= BOUND
    return given


async def test_events_beyond_the_memory_for_them_are_counted_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Mosquitto(tmp_path) as broker:
        async with running(Agent(settings(tmp_path, broker.port), max_pages=120), Taps()) as agent:
            recorder = agent.recorder
            recorder.place = msgspec.structs.replace(recorder.place, most_event_bytes=BOUND)
            given = await fill(recorder)
            lost = recorder.lost_events
            state = await agent._state(online=True)
            assert state.event is not None
            assert state.event.dropped == {"disk": lost}
            assert any("events are lost" in record.message for record in caplog.records)
            await recorder.call(lambda box: box.file.link.execute("PRAGMA max_page_count=100000").fetchall())
            await until(lambda: not recorder.pending(), 10)
            with SmallHub(broker.port) as hub:
                await until(lambda: bool(hub.events("events_lost")), 10)
                await until(lambda: len(hub.events("contact")) == given - lost, 10)
                assert sum(row["data"]["count"] for row in hub.events("events_lost")) == lost
                kept = [row["data"]["n"] for row in hub.events("contact")]
                assert kept[: BOUND // 5_000] == list(range(BOUND // 5_000))
                assert len(set(kept)) == given - lost
            recorder.event("door", "contact", {"n": -1})
            assert recorder.lost_events == lost
            await until(lambda: not recorder.pending() and recorder._event_bytes == 0)
