"""Clocks that are unknown, become known or step, and what the hub orders, through a real broker."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from edge.agent import Agent
from edge.sources.source import Outcome
from tests.edge.small_hub import SmallHub
from tests.edge.stand import OddTimepiece, Taps, running, settings, until
from tests.sim.broker import Mosquitto
from wire.messages import Stream
from wire.orders import Order, Result

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
DAY_MS = 86_400_000


def now_ms() -> int:
    return int(time.time() * 1000)


async def test_telemetry_waits_for_a_clock_and_the_hub_s_time_is_one(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        taps, piece = Taps(), OddTimepiece(-3_000 * DAY_MS)
        agent = Agent(settings(tmp_path, broker.port, trust="auto"), timepiece=piece)
        async with running(agent, taps):
            given_ms = now_ms()
            taps.give(3)
            assert taps.sink is not None
            taps.sink.event("door", "contact", {"open": True})
            await until(lambda: not agent.recorder.pending())
            began_ms = now_ms()
            with SmallHub(broker.port) as hub:
                await until(lambda: len(hub.stored()) == 3)
                assert {row["c"] for row in hub.stored()} == {"restamped"}
                assert all(given_ms - 3_000 < row["t"] < began_ms + 3_000 for row in hub.stored())
                await until(
                    lambda: len({row["id"] for row in hub.events("contact") if row.get("c") == "restamped"}) == 1
                )
                assert len({row["id"] for row in hub.events("contact")}) == 1
                await until(lambda: hub.states[-1]["clock"] == "hub")
                taps.give(1)
                await until(lambda: len(hub.stored()) == 4)
                assert "c" not in hub.stored()[-1]
                sent_at = [body["sent_at"] for _, stream, body in hub.batches if stream == "tele"]
                assert all(given_ms - 10_000 < at < now_ms() + 10_000 for at in sent_at)


async def test_a_step_of_fourteen_days(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        taps, piece = Taps(), OddTimepiece(-14 * DAY_MS)
        agent = Agent(settings(tmp_path, broker.port), timepiece=piece)
        async with running(agent, taps):
            with SmallHub(broker.port) as hub:
                taps.give(2)
                await until(lambda: len(hub.stored()) == 2)
                hub.status = {"status": "store_down", "retry_s": 1.0}
                taps.give(2)
                await until(lambda: hub.batches[-1][2]["rows"][-1:] != [] and hub.batches[-1][2]["first"] == 3)
            await until(lambda: not agent.uplink.hub_online)
            taps.give(2)  # never sent before the step
            await until(lambda: not agent.recorder.pending())
            piece.shift_ms = 0
            await until(lambda: agent.dispatch.windows[Stream.TELE].waiting.count() == 2)
            await until(lambda: abs(agent._now_ms() - now_ms()) < 1_000)
            with SmallHub(broker.port, instance="two") as hub:
                hub.rows["tele"][agent.dispatch.epoch] = {1: {}, 2: {}}
                taps.give(1)
                await until(lambda: len(hub.stored()) == 7, 20)
                rows = hub.rows["tele"][agent.dispatch.epoch]
                batches = {body["first"]: body for _, stream, body in hub.batches if stream == "tele"}
            assert all(abs(rows[number]["t"] - now_ms() + 14 * DAY_MS) < 60_000 for number in (3, 4))
            assert all(abs(rows[number]["t"] - now_ms()) < 60_000 for number in (5, 6, 7))
            assert abs(batches[3]["sent_at"] - now_ms() + 14 * DAY_MS) < 60_000  # on the clock that stamped its rows
            assert len(batches[3]["rows"]) == 2
            assert abs(batches[5]["sent_at"] - now_ms()) < 60_000


def order(name: str, kind: str = "report", expires_ms: int = 60_000) -> dict[str, Any]:
    return {"id": name, "kind": kind, "expires_at": now_ms() + expires_ms}


async def test_commands_and_configuration(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        taps = Taps()

        def results() -> dict[str, str]:
            return {row["data"]["command"]: row["data"]["result"] for row in hub.events("command_result")}

        async with running(Agent(settings(tmp_path, broker.port)), taps):
            await until(lambda: bool(hub.events("gateway_start")))
            states = len(hub.states)
            hub.order(order("command-1"))
            hub.order(order("command-1"))
            hub.order(order("command-2", expires_ms=-5_000))
            hub.order(order("command-3", kind="dance"))
            hub.order({"config_version": 3, "settings": {"a": 1}})
            await until(lambda: len(results()) == 3)
            assert results() == {"command-1": "done", "command-2": "expired", "command-3": "unsupported"}
            assert len(hub.events("command_result")) == 3
            await until(lambda: len(hub.states) > states and hub.states[-1].get("config_version") == 3)
        taps.sink, before = None, hub.states[-1]["boot"]
        async with running(Agent(settings(tmp_path, broker.port)), taps):
            # What the first one said last may still be "online": only the second hears orders now.
            await until(lambda: hub.states[-1]["boot"] != before and hub.states[-1].get("config_version") == 3)
            hub.order(order("command-1"))
            hub.order(order("command-4"))
            await until(lambda: "command-4" in results())
            assert len(hub.events("command_result")) == 4


class Slow(Taps):
    """A device that takes for ever over an order."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def accepts(self) -> dict[str, list[str]]:
        return {"a101-board": ["display_off"]}

    async def obey(self, order: Order) -> Outcome:
        self.told.append(order.id)
        await asyncio.Event().wait()
        return Outcome(Result.DONE)


async def test_an_order_that_a_restart_cuts_short_has_an_end_and_is_not_done_again(tmp_path: Path) -> None:
    device = {"args": {"device": "a101-board"}}
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        board = Slow()
        async with running(Agent(settings(tmp_path, broker.port)), board):
            await until(lambda: bool(hub.events("gateway_start")))
            hub.order(order("command-1", "display_off") | device)
            await until(lambda: board.told == ["command-1"])
        board.sink = None
        async with running(Agent(settings(tmp_path, broker.port)), board):
            await until(lambda: bool(hub.events("command_result")))
            hub.order(order("command-1", "display_off") | device)
            hub.order(order("command-2"))
            await until(lambda: len(hub.events("command_result")) == 2)
        first, second = (row["data"] for row in hub.events("command_result"))
        assert (first["command"], first["result"]) == ("command-1", "timed_out")
        assert "restarted" in first["detail_en"]
        assert (second["command"], second["result"]) == ("command-2", "done")
        assert board.told == ["command-1"]


async def test_a_command_is_refused_while_the_clock_is_unknown(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port) as hub:
        taps = Taps()
        agent = Agent(settings(tmp_path, broker.port, trust="auto"), timepiece=OddTimepiece())
        agent.clock.hub_sample = lambda *_: False  # type: ignore[method-assign]  # as if no answer had come yet
        async with running(agent, taps):
            await until(lambda: bool(hub.events("gateway_start")))
            hub.order(order("command-1"))
            await until(lambda: bool(hub.events("command_result")))
            assert hub.events("command_result")[0]["data"]["result"] == "refused"
            assert hub.events("command_result")[0]["c"] == "unknown"
