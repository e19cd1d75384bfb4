"""A stand whose gateway has an interactive board to switch, and somebody signed in at the hub who orders it."""

import asyncio
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

import httpx

from firmware_bridge.simulated.panel import on_tcp
from firmware_bridge.simulated.samsung import SamsungPanel
from tests.failure.stand import OPERATOR, PASSWORD, SCHOOL, Stand, wait_until
from tests.hub.commands.obedient import HASTY
from tests.patience import PATIENCE_S
from tests.ports import free_port

BOARD = "a101-board"


class Board:
    """A Samsung display on a port of its own, in a thread; `orders` of the panel is what it was really told."""

    def __init__(self) -> None:
        self.panel, self.port = SamsungPanel(), free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._serving: Future[None] | None = None

    def plug(self) -> None:
        listening = threading.Event()

        async def serve() -> None:
            async with on_tcp(self.panel, self.port):
                listening.set()
                await asyncio.Event().wait()

        self._serving = asyncio.run_coroutine_threadsafe(serve(), self._loop)
        assert listening.wait(PATIENCE_S)

    def unplug(self) -> None:
        """Its port is closed, connections are broken."""
        if self._serving is not None:
            self._serving.cancel()
            wait_until(self._serving.done, 5, "the board is off the network")
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0.1), self._loop).result(PATIENCE_S)
            self._serving = None

    def close(self) -> None:
        self.unplug()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()


class OrderedStand(Stand):
    """The hub in a hurry (its waits of 5 and 15 s take about a second), a board, and an operator."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, persistent_broker=True)
        self.hub.program = ("-c", HASTY)
        self.board = Board()
        self.operator = httpx.Client()

    def __enter__(self) -> Self:
        self.board.plug()
        super().__enter__()
        self.edge.start()
        return self

    def __exit__(self, *what: object) -> None:
        self.operator.close()
        super().__exit__(*what)
        self.board.close()

    def write_edge(self, data_dir: str, port: int, gateway_settings: str = "", trust: str = "system") -> None:
        super().write_edge(data_dir, port, gateway_settings, trust)
        with (self.folder / f"{data_dir}.toml").open("a") as file:
            file.write(
                f'[[network]]\nname = "board"\nid = "{BOARD}"\ndevice = "samsung-mdc"\nhost = "127.0.0.1"\n'
                f"port = {self.board.port}\n"
            )

    def write_settings(self) -> None:
        super().write_settings()
        with (self.folder / "school.toml").open("a") as file:
            file.write(f'[[device]]\nid = "{BOARD}"\nroom = "a101"\ngateway = "g1"\n')

    def _prepare_hub(self) -> None:
        super()._prepare_hub()
        (self.folder / "password").write_text(PASSWORD)
        self.command("hub", "password", "--operator", OPERATOR, "--password-file", str(self.folder / "password"))

    def everything_runs(self) -> None:
        """As at the start, whatever the last test did; the board is on, forgot its orders, and is seen to be on."""
        self.board.panel.silent = self.board.panel.refuses = False
        self.relay.restore()
        if not self.broker.running:
            self.broker.start()
        self.hub.start()
        self.wait_ready()
        self.edge.start()
        self.sign_in()
        self.agent_listens()
        if not self.board.panel.on:  # by an order: then it is asked at once how it is
            assert self.answered(self.order("display_on"))["result"] == "done"
        wait_until(lambda: self.display_on() == 1, 40, "the board is seen on")
        self.board.panel.orders.clear()

    def sign_in(self) -> None:
        self.operator.close()
        self.operator = httpx.Client(base_url=f"http://127.0.0.1:{self.web_port}", timeout=PATIENCE_S)
        token = self.operator.get("/login").text.split('name="form_token" value="')[1].split('"')[0]
        form = {"name": OPERATOR, "password": PASSWORD, "form_token": token, "target": "/"}
        assert self.operator.post("/login", data=form).status_code == 303
        about = self.operator.get("/about").text
        self.operator.headers["x-csrf-token"] = about.split('name="csrf" value="')[1].split('"')[0]

    def agent_listens(self) -> None:
        """The agent that runs now is there, whatever the hub still believes of the one before it."""
        wait_until(
            lambda: self.edge.said(f"uplink 127.0.0.1:{self.relay.port}: connected"), 40, "the agent has connected"
        )
        wait_until(self.takes_orders, 40, "the board takes orders")

    def takes_orders(self) -> bool:
        """Whether the hub would take an order now: asked with one that is refused for its value alone."""
        said = self._post("display_input", value="no-such-input")
        return said.status_code == 409 and "no-such-input" in said.text

    def display_on(self) -> float | None:
        devices = self.web(f"/api/v1/schools/{SCHOOL}/devices")
        values: dict[str, Any] = next((each["values"] for each in devices if each["id"] == BOARD), {})
        return None if "display_on" not in values else float(values["display_on"]["value"])

    def order(self, kind: str = "display_off", **more: Any) -> str:
        """Its id."""
        said = self._post(kind, **more)
        assert said.status_code == 202, said.text
        return str(said.json()["id"])

    def _post(self, kind: str, **more: Any) -> httpx.Response:
        return self.operator.post(f"/api/v1/schools/{SCHOOL}/devices/{BOARD}/commands", json={"kind": kind} | more)

    def command_row(self, name: str) -> dict[str, Any]:
        rows = self.web(f"/api/v1/schools/{SCHOOL}/commands")
        return dict(next(row for row in rows if row["id"] == name))

    def ended(self, name: str, timeout_s: float = 20) -> dict[str, Any]:
        wait_until(lambda: self.command_row(name)["result"] is not None, timeout_s, f"the end of order {name}")
        return self.command_row(name)

    def answered(self, name: str, timeout_s: float = 30) -> dict[str, Any]:
        """Once the gateway itself told how it ended."""
        wait_until(lambda: self.command_row(name)["answered"] is not None, timeout_s, f"an answer to {name}")
        return self.command_row(name)

    def audit(self) -> list[str]:
        listed = self.operator.get("/api/v1/audit").raise_for_status().json()
        return [f"{each['who']}: {each['what']}" for each in listed]

    def told(self) -> int:
        """How often the board was really told to switch."""
        return len(self.board.panel.orders)

    def stays(self, times: int, seconds: float) -> None:
        """The board is not told more often than that, for so long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.told() == times
            time.sleep(0.05)
