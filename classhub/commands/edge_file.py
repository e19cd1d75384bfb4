"""The text of an edge.toml for a new gateway, ready to run, with its sources to be filled in."""

import json
from pathlib import Path

import msgspec


class EdgeFile(msgspec.Struct, frozen=True):
    """What the hub knows of a gateway's settings. `only_here`: the broker's address is a loopback one."""

    school: str
    gateway: str
    hub: str
    host: str
    port: int
    username: str
    password_name: str
    ca_name: str | None = None
    only_here: bool = False

    def password_beside(self, out: Path) -> Path:
        return out.with_name(self.password_name)

    def ca_beside(self, out: Path) -> Path | None:
        return None if self.ca_name is None else out.with_name(self.ca_name)

    def text(self) -> str:
        lines = [
            "# Cổng ClassHub / a ClassHub gateway. Chạy / run: classhub edge run --config edge.toml",
            "[gateway]",
            f"school = {_quoted(self.school)}",
            f"id = {_quoted(self.gateway)}",
            f"hub = {_quoted(self.hub)}",
            'data_dir = "data"',
            "",
            "[broker]",
            *self._broker_lines(),
            "",
            "# Bỏ dấu # ở nguồn có thật / take the # away from the sources there are:",
            "# [[serial]]",
            '# name = "co2"',
            '# device = "mhz19"',
            '# port = "/dev/ttyUSB0"',
            "",
            "# [[mqtt]]  # Zigbee2MQTT, Tasmota, Shelly, ESPHome, LoRaWAN …",
            '# name = "broker"',
            '# host = "127.0.0.1"',
        ]
        return "\n".join(lines) + "\n"

    def _broker_lines(self) -> list[str]:
        lines = [f"host = {_quoted(self.host)}", f"port = {self.port}", f"username = {_quoted(self.username)}"]
        if self.only_here:
            lines[0] += "  # chỉ trên máy này / this machine only"
        lines.append(f"password_file = {_quoted(self.password_name)}")
        if self.ca_name is not None:
            lines.append(f"ca_file = {_quoted(self.ca_name)}")
        return lines


def _quoted(text: str) -> str:
    """JSON strings are TOML basic strings."""
    return json.dumps(text, ensure_ascii=False)
