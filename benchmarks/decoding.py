"""What one message of each dialect costs to decode, and Telegraf's JSON parser on the same payloads.

Ours is the whole way of a message through the router (topic, dialect, units, problems); Telegraf's is its `json` parser
alone, which knows no units, topics or partial states: its CPU for the file minus that for an empty one. It has no
parser for Sparkplug B payloads, LoRaWAN bytes or Home Assistant discovery.
"""

import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ingest.telegraf import telegraf_program
from benchmarks.table import print_table
from edge.dialects.router import build_router
from edge.dialects.table import Surroundings
from tests.edge.dialects.sparkplug_writer import metric
from tests.edge.dialects.sparkplug_writer import payload as sparkplug

Message = tuple[str, bytes]


def _json(topic: str, payload: object) -> Message:
    return topic, json.dumps(payload).encode()


_UPLINK = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2026-11-20T09:15:00.123456789+00:00",
    "deviceInfo": {"deviceProfileName": "AM319", "devEui": "24e124710c140001", "deviceName": "room", "tags": {}},
    "devAddr": "0189f8a3",
    "fCnt": 118,
    "fPort": 85,
    "data": "A2f0AARoYwUAAAZ9bAMHfZYCCH0DAQlzZicLfQcADH0DAA==",
    "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -61, "snr": 9.5}],
}
# Learnt first, then measured: what a running gateway has heard already.
BIRTHS: dict[str, list[Message]] = {
    "homeassistant": [
        _json(
            "homeassistant/sensor/air_co2/config",
            {
                "name": "CO2",
                "uniq_id": "air_co2",
                "dev_cla": "carbon_dioxide",
                "unit_of_meas": "ppm",
                "stat_t": "air/state",
                "val_tpl": "{{ value_json.co2 | round(0) }}",
                "dev": {"ids": ["air"]},
            },
        )
    ],
    "homie": [
        _json(
            "homie/5/air/$description",
            {
                "homie": "5.0",
                "version": 1,
                "nodes": {"room": {"properties": {"temperature": {"datatype": "float", "unit": "°C"}}}},
            },
        ),
        ("homie/5/air/$state", b"ready"),
    ],
}
BIRTHS["sparkplug"] = [
    (
        "spBv1.0/school/NBIRTH/edge",
        sparkplug(metric("co2", 400.0, unit="ppm", alias=1), metric("temperature", 20.0, unit="°C", alias=2), seq=0),
    )
]
MESSAGES: dict[str, list[Message]] = {
    "zigbee2mqtt": [
        _json("zigbee2mqtt/room", {"temperature": 27.3, "humidity": 61, "battery": 88, "linkquality": 120, "co2": 812})
    ],
    "tasmota": [
        _json(
            "tele/plug/SENSOR",
            {
                "Time": "2026-11-20T16:15:00",
                "ENERGY": {"Total": 3.185, "Today": 0.127, "Power": 61, "Factor": 0.91, "Voltage": 221, "Current": 0.3},
                "TempUnit": "C",
            },
        )
    ],
    "shelly": [
        _json(
            "shellyplus1pm-aabbcc/status/switch:0",
            {
                "id": 0,
                "output": True,
                "apower": 25.7,
                "voltage": 229.7,
                "freq": 50.0,
                "current": 0.188,
                "aenergy": {"total": 913.2, "by_minute": [1.0, 2.0, 3.0], "minute_ts": 1_763_628_900},
            },
        )
    ],
    "homeassistant": [_json("air/state", {"co2": 812.4, "temperature": 27.3})],
    "esphome": [("room-node/sensor/room_co2/state", b"812")],
    "homie": [("homie/5/air/room/temperature", b"27.3")],
    "sparkplug": [
        (
            "spBv1.0/school/NDATA/edge",
            sparkplug(metric("", 812.0, alias=1), metric("", 27.3, alias=2), seq=number % 256),
        )
        for number in range(1, 257)
    ],
    "ttn": [
        _json(
            "v3/app@school/devices/room/up",
            {
                "end_device_ids": {"device_id": "room", "dev_eui": "24E124710C140002"},
                "received_at": "2026-11-20T09:15:00.123456789Z",
                "uplink_message": {
                    "f_port": 85,
                    "f_cnt": 7,
                    "decoded_payload": {"temperature": 27.3, "humidity": 61, "co2": 812, "battery": 88},
                    "rx_metadata": [{"rssi": -61, "snr": 9.5}],
                },
            },
        )
    ],
    "chirpstack": [  # an uplink that comes again is one
        _json(
            "application/1/device/24e124710c140001/event/up",
            _UPLINK | {"fCnt": count, "deduplicationId": f"3ac7e3c4-4401-4b8d-9386-{count:012}"},
        )
        for count in range(4_000)
    ],
}
TELEGRAF_READS = ("zigbee2mqtt", "tasmota", "shelly", "homeassistant", "ttn", "chirpstack")


def ours_us(births: Sequence[Message], messages: Sequence[Message], repeats: int) -> tuple[float, int]:
    """Microseconds of CPU a message, and how many values one round gives."""
    router = build_router("bench", (), Surroundings())
    for topic, payload in births:
        router.decode(topic, payload)
    topic, payload = messages[-1]
    values = sum(len(one.values) for one in router.decode(topic, payload))
    began = time.process_time()
    rounds = max(1, repeats // len(messages))
    for _ in range(rounds):
        for topic, payload in messages:
            router.decode(topic, payload)
    return (time.process_time() - began) / (rounds * len(messages)) * 1e6, values


def telegraf_us(messages: Sequence[Message], repeats: int) -> float:
    """Microseconds of CPU a payload that Telegraf's JSON parser takes."""
    payloads = [payload for _, payload in messages] * max(1, repeats // len(messages))
    with tempfile.TemporaryDirectory() as folder:
        empty, full = (_telegraf_cpu_s(Path(folder), some) for some in (payloads[:1], payloads))
    return (full - empty) / len(payloads) * 1e6


def _telegraf_cpu_s(folder: Path, payloads: Sequence[bytes]) -> float:
    (folder / "in.json").write_bytes(b"[" + b",".join(payloads) + b"]")
    config = folder / "telegraf.conf"
    config.write_text(
        "[agent]\n  omit_hostname = true\n  quiet = true\n  metric_buffer_limit = 2000000\n"
        f'[[inputs.file]]\n  files = ["{folder}/in.json"]\n  data_format = "json"\n[[outputs.discard]]\n'
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(telegraf_program()), "--config", str(config), "--once"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(seconds: float = 3.0) -> None:
    repeats = max(200, int(seconds * 10_000))
    rows = []
    for dialect, messages in MESSAGES.items():
        cost_us, values = ours_us(BIRTHS.get(dialect, ()), messages, repeats)
        peer = f"{telegraf_us(messages, repeats):.1f}" if dialect in TELEGRAF_READS else "no parser"
        rows.append((dialect, str(values), f"{cost_us:.1f}", peer))
    head = ("dialect", "values a message", "ClassHub µs CPU a message", "Telegraf's json parser, µs")
    print_table("decoding: one message", head, rows)


if __name__ == "__main__":
    main()
