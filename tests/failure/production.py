"""The stand with the production stack: TLS and accounts at the hub's mosquitto, PostgreSQL, InfluxDB, all real.

What is stored is counted in InfluxDB by Flux with a token of our own, whatever the hub says of it; what people were
told is read from the status page and from the table `alert`.
"""

import contextlib
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg

from hub.config import load_config
from hub.stores.influx.http import InfluxHttp
from hub.stores.influx.setup import ADMIN_TOKEN
from tests.failure.stand import GATEWAY, SCHOOL, SOAK, Broker, Stand, wait_until
from tests.hub.databases import state_section
from tests.patience import PATIENCE_S
from tests.sim.influxd import Influxd
from tests.sim.postgres import Postgres
from tests.sim.secure_broker import SecureBroker

BUCKET = "classhub"
# In CI the hub, too, is quicker to take trouble for over.
HASTY = """
import sys
from hub.alerts import open_alerts
from hub.broker import refusals
from hub.ingest import gateways
open_alerts.AFTER_START_MS, open_alerts.LINGER_ANY_MS = 8_000, 2_000
refusals.RECENT_MS = gateways.ALTERNATION_MS = 8_000
from classhub.__main__ import main
sys.exit(main())
"""
OVER_S = 700.0 if SOAK else 40.0  # trouble is over for a person within it


class ProductionStand(Stand):
    """Feeder -> gateway's own mosquitto -> agent -> relay -> TLS -> mosquitto -> hub -> InfluxDB and PostgreSQL."""

    def __init__(self, folder: Path, *, influx_folder: Path | None = None, **more: Any) -> None:
        self.secure: SecureBroker
        super().__init__(folder, **more)
        self.influx, self.postgres = Influxd(influx_folder or folder), Postgres(folder)
        self.influx._set_up = True  # `classhub store setup` does it
        self.admin: InfluxHttp
        if not SOAK:
            self.hub.program = ("-c", HASTY)
        issued = folder / "issued"
        self.uplink_settings = f'password_file = "{issued / "edge.password"}"\nca_file = "{issued / "ca.crt"}"\n'

    def _make_broker(self, *, persistent: bool) -> Broker:
        assert persistent, "the production broker keeps its sessions"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.secure = SecureBroker(self.folder / "uplink")
        return self.secure

    def __enter__(self) -> Self:
        try:
            self.influx.start()
            self.postgres.start().database()
            return super().__enter__()
        except BaseException:
            self._end_servers()
            raise

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.admin.close()
        self._end_servers()

    def _end_servers(self) -> None:
        self.influx.stop()
        self.postgres.__exit__()

    def write_hub(self) -> None:
        secrets = self.secure.folder / "secrets"
        (self.folder / "hub.toml").write_text(
            '[hub]\nid = "main"\ndata_dir = "hub"\n'
            f'[broker]\nkind = "external"\nport = {self.secure.port}\nusername = "classhub-hub"\n'
            f'password_file = "{secrets}/mosquitto-hub"\nca_file = "{self.secure.ca_file}"\n'
            f'admin_username = "classhub-admin"\nadmin_password_file = "{secrets}/mosquitto-admin"\n'
            f'log_file = "{self.secure.log_file}"\n'
            f"[web]\nport = {self.web_port}\nopen_reading = true\n"
            f"{state_section(self.postgres.url(), self.folder)}"
            '[store]\nkind = "influxdb"\nmin_free_mb = 1\n'
            f'[influxdb]\nurl = "{self.influx.url}"\nbucket = "{BUCKET}"\ntoken_file = "hub.token"\n'
            f"{self.hub_settings}\n"
        )

    def _prepare_hub(self) -> None:
        self.command("store", "setup")
        super()._prepare_hub()
        out = self.folder / "issued" / "edge.toml"
        self.command("gateway", "add", SCHOOL, GATEWAY, "--out", str(out), "--broker-port", str(self.relay.port))
        section = load_config(self.folder / "hub.toml").influxdb
        self.admin = InfluxHttp(section, (self.folder / ADMIN_TOKEN).read_text().strip())

    def renew(self) -> None:
        if not self.postgres.running:
            self.postgres.start()
        if self.influx._process is None:
            self.influx.start()
        super().renew()

    # ---- what InfluxDB holds ----

    def stored_now(self) -> dict[int, list[int]]:
        """Number -> stored times: every point in InfluxDB, whatever its other tags."""
        flux = (
            f'from(bucket: "{BUCKET}_raw") |> range(start: -60d, stop: 60d) |> filter(fn: (r) => r._measurement == '
            f'"reading" and r.school == "{SCHOOL}" and r.device == "{self.device}" and r._field == "illuminance_lx") '
            '|> keep(columns: ["_time", "_value", "room"])'
        )
        found: dict[int, list[int]] = {}
        for row in self.admin.query(flux):
            found.setdefault(int(row["_value"] or 0), []).append(int(row["_time"] or 0) // 1_000_000)
        return found

    def forget(self, numbers: Collection[int]) -> None:
        """Of these messages nothing is to be counted any more."""
        for number in numbers:
            self.feeder.sent.pop(number, None)

    # ---- what people are told ----

    def notices(self) -> dict[str, dict[str, Any]]:
        """Code -> the notice on the status page; the newest where a code is there for several things."""
        return {each["code"]: each for each in self.web("/api/v1/status")["problems"]}

    def figure(self, name: str) -> float:
        """As /metrics gives it; 0 where it is not there."""
        text = httpx.get(f"http://127.0.0.1:{self.web_port}/metrics", timeout=PATIENCE_S).raise_for_status().text
        found = [line.split()[1] for line in text.splitlines() if line.startswith(f"classhub_hub_{name} ")]
        return float(found[0]) if found else 0.0

    def wait_told(self, code: str, *words: str, timeout_s: float = 30) -> dict[str, Any]:
        """Until the status page tells of it, in these words (English); the notice."""
        wait_until(lambda: code in self.notices(), timeout_s, f"the page says {code}; it says {self.notices()}")
        notice = self.notices()[code]
        for word in words:
            assert word in notice["en"], notice
        return notice

    def alerts(self, code: str) -> list[tuple[int, int | None]]:
        """(opened, closed) of every row of `alert` of this code, oldest first."""
        with self.postgres.connect() as connection:
            rows = connection.execute("SELECT opened_ms, closed_ms FROM alert WHERE code = %s ORDER BY id", (code,))
            return [(int(str(opened)), None if closed is None else int(str(closed))) for opened, closed in rows]

    def alerts_before(self, code: str) -> int:
        """How many rows there are, once none of them is open any more."""
        wait_until(lambda: all(closed for _, closed in self.alerts(code)), OVER_S, f"earlier alerts {code} closed")
        return len(self.alerts(code))

    def wait_one_alert(self, code: str, before: int, timeout_s: float = OVER_S) -> None:
        """One more row than `before`, opened and closed."""

        def over() -> bool:
            return [closed is not None for _, closed in self.alerts(code)] == [True] * (before + 1)

        try:
            wait_until(over, timeout_s, f"one alert {code}, closed")
        except AssertionError as failed:
            raise AssertionError(f"{failed}: {self.alerts(code)} (before: {before}); {self.notices()}") from failed

    def events(self) -> list[str]:
        """Kinds of the events in PostgreSQL of this sensor, in the order of their times."""
        with self.postgres.connect() as connection:
            found = connection.execute("SELECT kind FROM event WHERE device = %s ORDER BY at_ms", (self.device,))
            return [str(kind) for (kind,) in found]

    @contextlib.contextmanager
    def marks_held_up(self) -> Iterator[None]:
        """While it lasts the hub's points reach InfluxDB and their mark does not reach PostgreSQL; until it does so."""
        with self.postgres.connect() as connection:
            connection.autocommit = False
            connection.execute("LOCK TABLE series_mark IN ACCESS EXCLUSIVE MODE")
            held = max(self.stored_now())
            wait_until(lambda: max(self.stored_now()) > held, 20, "points without their mark")
            try:
                yield
            finally:
                with contextlib.suppress(psycopg.OperationalError):  # its server may be gone
                    connection.rollback()

    def live_goes_on(self, seconds: float) -> None:
        """For so long, each look finds a newer value than the one before within ten seconds."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            before = self.shown()[1]
            wait_until(lambda before=before: self.shown()[1] > before, 10, "live pages going on")  # type: ignore[misc]
