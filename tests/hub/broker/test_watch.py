"""The hub keeps a Mosquitto to the registry's judgement, also one that was put back from a backup."""

import asyncio
from pathlib import Path

import pytest

from hub.broker.dynsec_client import DynsecClient, admin_address
from hub.broker.watch import BrokerWatch
from hub.config import load_config
from hub.db.engine import open_database
from hub.registry.registry import Registry
from tests.sim.secure_broker import SecureBroker

pytestmark = [pytest.mark.broker, pytest.mark.timeout(60)]


def is_shut_out(broker: SecureBroker) -> bool:
    address = admin_address(load_config(broker.hub_toml).broker)
    assert address is not None
    with DynsecClient(address) as client:
        return client.disabled()["s.lost"]


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
            for _ in range(400):
                if await asyncio.to_thread(is_shut_out, broker):
                    break
                await asyncio.sleep(0.1)
            assert await asyncio.to_thread(is_shut_out, broker)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            engine.dispose()
