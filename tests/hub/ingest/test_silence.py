"""When a gateway is called offline: after three heartbeats that stayed away, not after one; its data speaks for it."""

from pathlib import Path

from hub.ingest.reports import SILENT_MS
from tests.hub.ingest.bench import GATEWAY, SCHOOL, Bench, bench
from wire.topics import Channel

HEARTBEAT_MS = 30_000


def online(it: Bench) -> bool:
    it.pipeline.gateways.note_silence(it.now())
    (view,) = (view for view in it.pipeline.gateways.views(SCHOOL, it.now()) if view.gateway == GATEWAY)
    return view.online


async def test_one_lost_heartbeat_is_no_outage_and_silence_is(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.state()
        it.ahead_ms += 2 * HEARTBEAT_MS
        assert online(it)
        it.ahead_ms += SILENT_MS
        assert not online(it)
        it.state()
        assert online(it)


async def test_who_sends_data_is_there_whatever_became_of_its_heartbeats(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.state()
        for number in range(1, 5):
            it.ahead_ms += SILENT_MS - 1_000
            it.message(Channel.TELE, it.batch(number, it.rows(1, number)))
            assert online(it)
