"""docs/operations.md is followed from top to bottom: every `sh` block runs, with real servers started by hand."""

import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from classhub.__main__ import COMMANDS
from hub.metric_meanings import MEANINGS
from hub.metrics import PREFIX
from hub.stores.influx.setup import GRAFANA_TOKEN
from tests.deploy.test_prometheus import IN_PRODUCTION
from tests.ports import free_port
from tests.sim.influxd import influxd_program

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operations.md"
STOPPING = "## Stopping"
PORTS = ("MQTT_PORT", "STATE_PORT", "INFLUXDB_PORT", "HTTPS_PORT")


def blocks(text: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def here(first: str, place: Path, ports: dict[str, int]) -> str:
    """The page's first block, which says itself that its values are to be changed, with ours."""
    changed = first.replace("PLACE=/srv/classhub", f"PLACE={place}")
    for name, port in ports.items():
        changed = re.sub(rf"\b{name}=\d+", f"{name}={port}", changed)
    assert str(place) in changed
    return changed


class Walk:
    """A clean folder, free ports, and a shell that keeps its variables from block to block."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.ports = {name: free_port() for name in PORTS}
        text = PAGE.read_text(encoding="utf-8")
        before, _, after = text.partition(STOPPING)
        first, *rest = blocks(before)
        self._start = [here(first, place, self.ports), *rest]
        self._stop = [here(first, place, self.ports), "PG=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)\n"]
        self._stop += blocks(after)

    def run(self, parts: list[str], timeout_s: float) -> None:
        script = "set -eu -o pipefail\nPS4='+ $SECONDS s: '\n" + "\n".join(parts)
        log = self.place / "walk.txt"
        with log.open("ab") as said:
            words = ["bash", "-x", "-c", script]
            done = subprocess.run(words, check=False, cwd=ROOT, stdout=said, stderr=said, timeout=timeout_s)
        assert done.returncode == 0, log.read_text(errors="replace")[-4000:] + self.logs()

    def start(self) -> None:
        self.run(self._start, 220)

    def stop(self) -> None:
        self.run(self._stop, 60)

    def logs(self) -> str:
        files = sorted((self.place / "log").glob("*.txt"))
        return "".join(f"\n--- {file.name}\n{file.read_text(errors='replace')[-1500:]}" for file in files)

    def pids(self) -> dict[str, int]:
        found = {file.stem: int(file.read_text()) for file in (self.place / "run").glob("*.pid")}
        postgres = self.place / "postgres" / "postmaster.pid"
        return found | ({"postgres": int(postgres.read_text().split()[0])} if postgres.exists() else {})

    def end(self) -> None:
        """Whatever became of the walk, its processes go, by their own numbers."""
        for name, pid in self.pids().items():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT if name == "postgres" else signal.SIGKILL)
        self.all_gone()

    def all_gone(self, within_s: float = 15) -> bool:
        deadline = time.monotonic() + within_s
        while any(_lives(pid) for pid in self.pids().values()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def walk() -> Iterator[Walk]:
    if os.geteuid() != 0:
        pytest.skip("the page is followed as root, as it says: servers become users of their own")
    for program in ("mosquitto", "runuser"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
            pytest.skip(f"needs {program} (Debian packages mosquitto, util-linux)")
    if not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        pytest.skip("needs a PostgreSQL server (Debian package postgresql)")
    influxd_program()
    place = Path(tempfile.mkdtemp(prefix="classhub-operations-"))  # pytest's own folders let no other user in
    place.chmod(0o755)
    walked = Walk(place)
    try:
        yield walked
    finally:
        walked.end()
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(330)
def test_the_page_followed_from_top_to_bottom(walk: Walk) -> None:
    walk.start()
    secrets = walk.place / "secrets"
    context = ssl.create_default_context(cafile=str(walk.place / "tls" / "ca.crt"))
    token = (secrets / "metrics.token").read_text().strip()
    with httpx.Client(
        base_url=f"https://localhost:{walk.ports['HTTPS_PORT']}",
        verify=context,
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        assert client.get("/readyz").status_code == 200
        figures = client.get("/metrics").raise_for_status().text
    value = dict(re.findall(r"^classhub_hub_(\w+(?:\{kind=\S+\})?) (\S+)$", figures, re.MULTILINE))
    assert [float(value[f"{part}_up"]) for part in ("broker", "store", "state")] == [1, 1, 1]
    assert float(value["gateways_online"]) == 1
    families = [each for each in text_string_to_metric_families(figures) if each.name.startswith(PREFIX)]
    unexplained = {each.name for each in families if each.documentation not in MEANINGS.values()}
    assert not unexplained
    assert {sample.name for each in families for sample in each.samples} >= IN_PRODUCTION
    assert float(value['account_rows{kind="received"}']) >= 3, "what the gateway recorded is committed"
    for secret in (*secrets.iterdir(), walk.place / "tls" / "ca.key", walk.place / "tls" / "server.key"):
        assert secret.stat().st_mode & 0o077 == 0, secret
    assert (secrets / GRAFANA_TOKEN).stat().st_size > 20
    walk.stop()
    assert walk.all_gone(), walk.logs()


def test_console_lines_name_commands_of_ours() -> None:
    text = PAGE.read_text(encoding="utf-8")
    spans = re.findall(r"`classhub ([a-z]+)", text) + re.findall(r"run --rm setup ([a-z]+)", text)
    assert len(spans) > 15
    assert set(spans) <= set(COMMANDS)


def test_every_notice_the_hub_can_raise_has_its_row() -> None:
    rows = re.findall(r"^\| (`[a-z_.`, ]+) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    explained = {code for row in rows for code in re.findall(r"`([a-z_]+\.[a-z_]+)`", row)}
    raised: set[str] = set()
    for file in (ROOT / "hub").rglob("*.py"):
        raised |= set(re.findall(r'(?:Notice\(|Cause\(|code=)\s*"([a-z]+\.[a-z_]+)"', file.read_text(encoding="utf-8")))
    assert len(raised) > 8
    assert raised <= explained, raised - explained


def test_links_lead_somewhere() -> None:
    for page in (PAGE, ROOT / "docs" / "upgrading.md"):
        links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
        assert not [link for link in links if not (page.parent / link).exists()]
        anchors = re.findall(r"\]\(#([^)]+)\)", page.read_text(encoding="utf-8"))
        heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert set(anchors) <= {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}
