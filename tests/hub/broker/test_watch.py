"""The hub keeps a Mosquitto to the registry's judgement, also one that was put back from a backup."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.broker.dynsec_client import DynsecClient, admin_address
from hub.broker.watch import BrokerWatch
from hub.config import BrokerSection, load_config
from hub.db.engine import open_database
from hub.registry.registry import Registry
from tests.sim.secure_broker import SecureBroker


def is_shut_out(broker: SecureBroker) -> bool:
    address = admin_address(load_config(broker.hub_toml).broker)
    assert address is not None
    with DynsecClient(address) as client:
        return client.disabled()["s.lost"]


@pytest.mark.broker
@pytest.mark.timeout(180)
async def test_a_revoked_gateway_stays_out_of_a_broker_from_a_backup(tmp_path: Path) -> None:
    with SecureBroker(tmp_path) as broker:
        assert broker.gateway_command("add", "s", "lost", "--school-name", "S") == 0
        accounts = broker.folder / "dynamic-security.json"
        backup = accounts.read_bytes()
        assert not is_shut_out(broker)
        assert broker.gateway_command("revoke", "s", "lost") == 0
        config = load_config(broker.hub_toml)
        engine = open_database(config.state_url)
        watch = BrokerWatch(
            section=config.broker,
            data_dir=tmp_path,
            engine=engine,
            registry=Registry(engine),
            now_ms=lambda: 0,
            again_s=0.5,
        )
        watching = asyncio.create_task(watch.run())
        try:
            await asyncio.sleep(1.5)  # it has told the broker all it knows
            broker.stop()
            accounts.write_bytes(backup)
            broker.start()
            for _ in range(600):
                if await asyncio.to_thread(is_shut_out, broker):
                    break
                await asyncio.sleep(0.1)
            assert await asyncio.to_thread(is_shut_out, broker)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            engine.dispose()


def test_what_was_refused_while_the_hub_was_away_is_as_old_as_it_is(tmp_path: Path) -> None:
    """A hub that starts again reads on where it was; an old refusal counts, and is none of the last ten minutes."""
    log = tmp_path / "mosquitto.log"
    log.write_text("")
    engine = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    now_ms = 1_795_339_416_000

    def told() -> tuple[list[str], float]:
        """By a hub that runs until it has read all there is."""
        watch = BrokerWatch(
            section=BrokerSection(kind="external", log_file=str(log)),
            data_dir=tmp_path,
            engine=engine,
            registry=Registry(engine),
            now_ms=lambda: now_ms,
        )
        watch._look(save=True)
        assert watch._file is not None
        watch._file.close()
        return [notice.subject for notice in watch.problems()], watch.figures()["broker_refused_logins_total"]

    try:
        assert told() == ([], 0)
        for gateway, ago_s in (("old", 3_600), ("lately", 60)):
            at = datetime.fromtimestamp(now_ms / 1_000 - ago_s, UTC)
            with log.open("a") as written:
                written.write(f"{at:%Y-%m-%dT%H:%M:%S%z}: Client s_{gateway} disconnected, not authorised.\n")
        assert told() == (["s.lately"], 2)
    finally:
        engine.dispose()
