"""Signs of life to the service manager: given while the live state moves, withheld while it stands still."""

import asyncio

from hub.supervisor import UNWATCHED, Supervisor
from tests.hub.ingest.bench import until


class Hub:
    """Beats that the test lets happen."""

    def __init__(self) -> None:
        self.moving, self.number = True, 0

    def beats(self) -> int:
        self.number += self.moving
        return self.number


async def test_a_standing_hub_gives_no_sign_of_life() -> None:
    told: list[str] = []
    hub = Hub()
    task = asyncio.create_task(Supervisor(told.append, 0.01).watch(hub.beats, lambda: "2 problems"))
    await until(lambda: len(told) >= 3, "alive")
    assert told[0] == "WATCHDOG=1\nSTATUS=2 problems"
    hub.moving = False
    asked = hub.number
    await asyncio.sleep(0.05)  # several turns of the watch
    count = len(told)
    await asyncio.sleep(0.1)
    assert (len(told), hub.number) == (count, asked)
    hub.moving = True
    await until(lambda: len(told) > count, "alive again")
    task.cancel()


async def test_without_a_watchdog_nothing_is_said() -> None:
    task = asyncio.create_task(UNWATCHED.watch(lambda: 1, lambda: ""))
    done, _ = await asyncio.wait({task}, timeout=0.05)
    assert not done
    task.cancel()
