"""What the failure tests and `python -m benchmarks outages` share: data begins to flow, and what holds in the end."""

import time

from tests.failure.stand import EDGE_MOST_MB, GATEWAY, HUB_MOST_MB, Count, Stand, wait_until

REDELIVERED = 20  # mosquitto hands out so many messages before the first is confirmed


def online(stand: Stand) -> list[str]:
    return [gateway["id"] for gateway in stand.gateways() if gateway["online"] and gateway["id"] == GATEWAY]


def start_flowing(stand: Stand) -> None:
    """Edge and feeder run, the first values are in the store, and somebody looks."""
    stand.edge.start()
    wait_until(lambda: bool(online(stand)), 20, f"gateway online; edge log:\n{stand.edge.text()[-2000:]}")
    stand.feeder.start()
    wait_until(lambda: len(stand.stored_now()) > 20, 30, f"first values stored; edge log:\n{stand.edge.text()[-2000:]}")
    stand.look()


def hold(stand: Stand, seconds: float) -> None:
    """Let it run for a while, and until the newest value of then is stored."""
    time.sleep(seconds)
    newest = max(stand.feeder.sent)
    wait_until(lambda: newest in stand.stored_now(), 30, f"message {newest} stored")


def settle(
    stand: Stand,
    report: list[Count],
    *,
    starts: int = 0,
    repeats: int = 0,
    exact_s: float = 0.005,
    twice: set[int] | None = None,
) -> Count:
    """Stop feeding, wait until all has arrived, and hold what every one of these tests holds.

    `starts`: how often the agent was killed, for then its own broker hands over the last messages again, and they
    become rows again (of the same time: they are stored once). `twice`: numbers the test itself published twice.
    `exact_s`: two messages of one millisecond are told apart by the next one.
    """
    stand.drain()
    count, account = stand.count(twice or set()), stand.account()
    told = f"{count}; account {account}"
    report.append(count)
    assert count.lost == 0, told
    assert count.duplicated == 0, told
    assert count.worst_time_error_s <= exact_s, (told, stand.time_errors())
    most = count.sent + repeats + starts * REDELIVERED
    assert count.sent <= account["received"] <= most, told
    assert account["expected"] == account["received"], told
    assert (account["lost"], account["overwritten"], account["dropped"]) == (0, 0, {}), told
    if stand.onlooker is not None:
        wait_until(lambda: stand.onlooker is not None and stand.onlooker.looks > 5, 30, "somebody looked")
        stand.onlooker.end()
        assert not stand.onlooker.lies, stand.onlooker.lies[:5]
    assert stand.edge.resident_mb() < EDGE_MOST_MB
    assert stand.hub.resident_mb() < HUB_MOST_MB
    return count
