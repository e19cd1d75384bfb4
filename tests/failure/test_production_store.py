"""InfluxDB under a hub: killed, full, forgotten, closed to us; nothing lost or stored twice, and people are told."""

from tests.failure.outages import settle, start_flowing
from tests.failure.production import ProductionStand
from tests.failure.stand import Count, length


def test_influxd_away_while_pages_go_on(production: ProductionStand, report: list[Count]) -> None:
    """Longer than a gateway's credit lasts."""
    start_flowing(production)
    before = len(production.alerts("store.down"))
    production.influx.kill()
    production.live_goes_on(length(100))
    production.wait_told("store.down", "is it running")
    assert production.account()["outstanding"] > 0, "rows were acknowledged that no store holds"
    production.influx.start()
    settle(production, report)
    production.wait_one_alert("store.down", before)
