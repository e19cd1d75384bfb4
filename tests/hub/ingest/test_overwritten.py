"""`overwritten` is counted at the gateway whose row it was, also where one commit holds rows of several."""

from pathlib import Path
from typing import Any

import pytest

from hub.registry.model import GatewayStatus
from tests.hub.ingest.bench import SCHOOL, Bench, bench, until
from wire.topics import Channel

NAMES = ("g1", "g2", "g3")


async def test_each_gateway_has_its_own_count_in_a_common_commit(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        at = it.now() - 5_000
        for name in NAMES[1:]:
            it.registry.add_gateway(SCHOOL, name, name, GatewayStatus.ACCEPTED)
        send(it, 1, {name: [row(name, at + n, 500) for n in range(4)] for name in NAMES})
        await until(lambda: outstanding(it) == [0, 0, 0], "the first rows")
        again = {
            "g1": [row("g1", at, 600), row("g1", at + 1, 500)],  # one other value, one the same
            "g2": [row("g2", at + 90, 1)],
            "g3": [row("g3", at + n, 700) for n in range(3)],
        }
        commits = it.pipeline.telemetry.commits
        send(it, 5, again)
        await until(lambda: outstanding(it) == [0, 0, 0], "the rows that overwrite")
        assert it.pipeline.telemetry.commits == commits + 1, "all of it was meant to be one commit"
        assert [account.overwritten for account in accounts(it)] == [1, 0, 3]
        assert it.pipeline.telemetry.overwritten == 4


@pytest.mark.usefixtures("state_settings")
async def test_corrected_events_are_counted_at_their_gateway(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.registry.add_gateway(SCHOOL, "g2", "g2", GatewayStatus.ACCEPTED)
        views = it.pipeline.gateways.views
        for first in (1, 2):
            for name in ("g2", "g1"):
                number = 1 if name == "g1" else first  # g1 corrects its event, g2 has two
                event = {"id": f"event-{name}-{number}", "d": f"{name}-door", "t": it.now(), "k": "contact"}
                it.state(name)
                it.message(Channel.EVENT, it.batch(first, [event | {"data": {"open": first == 1}}]), name)
            await until(lambda count=first: all(v.event.received == count for v in views(SCHOOL, it.now())), "events")  # type: ignore[misc]
        assert {v.gateway: v.event.overwritten for v in views(SCHOOL, it.now())} == {"g1": 1, "g2": 0}


def row(name: str, at: int, value: float) -> dict[str, Any]:
    return {"d": f"{name}-co2", "t": at, "v": {"co2_ppm": value}}


def send(it: Bench, first: int, rows: dict[str, list[dict[str, Any]]]) -> None:
    """All in one turn of the event loop, so that one commit takes them all."""
    for name, each in rows.items():
        it.state(name)
        it.message(Channel.TELE, it.batch(first, each), name)


def accounts(it: Bench) -> list[Any]:
    views = {view.gateway: view.tele for view in it.pipeline.gateways.views(SCHOOL, it.now())}
    return [views[name] for name in NAMES]


def outstanding(it: Bench) -> list[int]:
    return [account.outstanding for account in accounts(it)]
