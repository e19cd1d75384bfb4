"""docs/devices.md lists every serial device with what it measures, and nothing else."""

from pathlib import Path

from firmware_bridge.devices import DEVICES
from wire.quantities import QUANTITIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "devices.md"
HEAD = (
    "| `device =` | tên / name | baud | đo / measures | nhịp / pace | còn gọi là / also |",
    "|---|---|---|---|---|---|",
)


def devices_table() -> str:
    rows = list(HEAD)
    for device in DEVICES.values():
        measures = ", ".join(f"`{key}` {QUANTITIES[key].unit}".strip() for key in device.quantities)
        title = device.title.vi if device.title.vi == device.title.en else f"{device.title.vi} / {device.title.en}"
        also = ", ".join(device.also)
        rows.append(f"| `{device.name}` | {title} | {device.baud} | {measures} | {device.interval_s:g} s | {also} |")
    return "\n".join(rows)


def test_the_page_is_the_table() -> None:
    written = PAGE.read_text(encoding="utf-8").split("<!-- devices:begin -->\n")[1].split("\n<!-- devices:end -->")[0]
    assert written == devices_table(), "docs/devices.md must hold:\n" + devices_table()
