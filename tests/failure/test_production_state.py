"""PostgreSQL under a hub: restarted in mid-transaction, away for minutes; the hub's own clock put wrong."""

import time

from tests.failure.outages import hold, settle, start_flowing
from tests.failure.production import ProductionStand
from tests.failure.stand import Count, length, wait_until


def test_postgresql_restarted_in_mid_transaction(production: ProductionStand, report: list[Count]) -> None:
    """Points are in InfluxDB, their mark is half written; then events too, acknowledged only when they are kept."""
    start_flowing(production)
    events = 0
    for _ in range(3):
        production.feeder.send({"action": "single"})
        events += 1
        with production.marks_held_up():
            production.postgres.stop(immediately=True)
        production.feeder.send({"action": "single"})
        events += 1
        time.sleep(length(15) / 3)
        production.postgres.start()
        hold(production, 0)
    settle(production, report)
    wait_until(lambda: len(production.events()) >= events, 30, f"{events} events, not {production.events()}")
    assert production.events() == ["button"] * events
    assert not [code for code in production.notices() if code.startswith(("state", "store"))], production.notices()


def test_postgresql_away_for_minutes(production: ProductionStand, report: list[Count]) -> None:
    """Pages go on, points wait for their mark, events for their place; the alert is written when it can be."""
    start_flowing(production)
    before = production.alerts_before("state.down")
    production.postgres.stop(immediately=True)
    gone_ms = time.time_ns() // 1_000_000
    production.feeder.send({"action": "double"})
    production.live_goes_on(length(120))
    production.wait_told("state.down", f"127.0.0.1:{production.postgres.port}")
    assert production.account()["outstanding"] > 0, "rows were acknowledged without a mark"
    memory = production.hub.resident_mb()
    production.postgres.start()
    back_ms = time.time_ns() // 1_000_000
    settle(production, report)
    wait_until(lambda: production.events() != [], 60, "the event of the outage, sent again after a pause, stored")
    assert production.events() == ["button"]
    assert production.hub.resident_mb() < memory + 80
    production.wait_one_alert("state.down", before)
    opened, _ = production.alerts("state.down")[-1]
    assert gone_ms <= opened < back_ms, "the row says when the trouble began, not when it could be written"


def test_the_servers_clock_is_stepped(production: ProductionStand, report: list[Count]) -> None:
    """And put right again. The gateways contradict, so the hub keeps the time it had, and says that they do."""
    production.hub.stop()
    production.hub.environment = production.fake_clock(0)
    production.hub.start()
    production.wait_ready(60)
    try:
        start_flowing(production)
        for minutes in (10, -10):
            before = production.alerts_before("clock.server")
            production.set_fake_clock(minutes * 60)
            production.live_goes_on(length(60))
            production.wait_told("clock.server", f"{minutes * 60:+d} s", "1 gateways disagree", "timedatectl")
            assert production.gateway()["problems"] == [], "no gateway is blamed for the server's clock"
            production.set_fake_clock(0)
            production.live_goes_on(length(10))
            production.wait_one_alert("clock.server", before)
        settle(production, report)
    finally:
        production.hub.stop()
        production.hub.environment = {}
