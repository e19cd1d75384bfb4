"""A broker's certificate that ended or has another name: hub and gateway say so, lose nothing, and come back."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from edge.agent import Agent
from edge.config import EdgeConfig
from tests.edge.stand import Taps, running, settings, until
from tests.hub.process import HubProcess
from tests.sim.broker import Mosquitto
from tests.sim.certificates import Certificates

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
SCHOOL = '[school]\nid = "s1"\nname = "S"\n[[gateway]]\nid = "g1"\nname = "G1"\n'


def hub_with_tls(folder: Path, broker: Mosquitto, certificates: Certificates) -> HubProcess:
    folder.mkdir()
    hub = HubProcess(folder, "external", broker.port, SCHOOL)
    written = hub.config.read_text()
    hub.config.write_text(written.replace("[broker]\n", f'[broker]\nca_file = "{certificates.ca_crt}"\n'))
    return hub


def encrypted(folder: Path, broker: Mosquitto, certificates: Certificates) -> EdgeConfig:
    plain = settings(folder, broker.port)
    return replace(plain, broker=replace(plain.broker, ca_file=certificates.ca_crt))


class Chain:
    """What the test asks of the running hub and gateway."""

    def __init__(self, hub: HubProcess, log: pytest.LogCaptureFixture) -> None:
        self._hub, self._log = hub, log

    async def notices(self) -> dict[str, dict[str, Any]]:
        status = await asyncio.to_thread(self._hub.web, "/api/v1/status")
        return {notice["code"]: notice for notice in status["problems"]}

    async def told(self, code: str | None, words: str) -> None:
        """Until hub and gateway say `words` (hub: in the notice `code`)."""
        await reached(self.notices, lambda found: code in found and words in found[code]["en"], f"hub: {words}")
        await until(lambda: words in self._log.text, 15, f"gateway: {words}")

    async def stored(self) -> list[float]:
        now, day = datetime.now(UTC), timedelta(days=1)
        query = f"device=a101-co2&from={_stamp(now - day)}&to={_stamp(now + day)}"
        try:
            rows = await asyncio.to_thread(self._hub.web, f"/api/v1/schools/s1/readings?{query}")
        except httpx.HTTPStatusError:  # the device is not known yet
            return []
        return sorted(row["value"] for row in rows)


async def reached(ask: Callable[[], Any], good: Callable[[Any], bool], what: str, seconds: float = 25) -> None:
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + seconds
    while not good(seen := await ask()):
        assert loop.time() < deadline_s, f"not within {seconds} s: {what}; last: {seen}"
        await asyncio.sleep(0.1)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def all_of(count: int) -> Callable[[list[float]], bool]:
    return lambda values: values == [float(n) for n in range(1, count + 1)]


async def test_ended_and_misnamed_certificates_lose_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificates = Certificates(tmp_path / "tls")
    broker = Mosquitto(tmp_path, extra=certificates.mosquitto()).start()
    hub = hub_with_tls(tmp_path / "hub", broker, certificates)
    chain, taps = Chain(hub, caplog), Taps()
    try:
        await asyncio.to_thread(hub.start)
        async with running(Agent(encrypted(tmp_path, broker, certificates)), taps):
            taps.give(5)
            await reached(chain.stored, all_of(5), "stored over TLS")
            assert not await chain.notices()
            broker.stop()
            certificates.put(days=-1)
            broker.start()
            taps.give(5)
            await chain.told("certificate.broker", "has expired: run classhub tls renew")
            assert "broker.away" in await chain.notices()
            broker.stop()
            certificates.put_other_name()
            broker.start()
            await chain.told("broker.away", "does not name 127.0.0.1")
            assert await chain.stored() == [1, 2, 3, 4, 5]
            broker.stop()
            certificates.put(days=5.5)
            broker.start()
            await reached(chain.stored, all_of(10), "stored after a new certificate")
            await reached(chain.notices, lambda found: list(found) == ["certificate.broker"], "ends soon")
            (soon,) = (await chain.notices()).values()
            assert (soon["severity"], "in 5 days" in soon["en"]) == ("critical", True)
            assert "đã hết hạn" in hub.log()
            assert "đã hết hạn" in caplog.text
    finally:
        hub.close()
        broker.stop()


async def test_a_port_without_tls_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificates = Certificates(tmp_path / "tls")
    with Mosquitto(tmp_path) as broker:
        async with running(Agent(encrypted(tmp_path, broker, certificates)), Taps()):
            await until(lambda: "does this port speak TLS" in caplog.text, 15, "told")
