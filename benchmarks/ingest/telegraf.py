"""Telegraf under the same load: MQTT in, InfluxDB out, no more than copied; built by scripts/install-influxd."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from benchmarks.ingest.hub import Result, Shape, Watch
from tests.sim.influxd import ORG, Influxd

VERSION = "1.37.2"


def telegraf_program() -> Path:
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "classhub" / "bin" / f"telegraf-{VERSION}"
    )
    found = cache if cache.is_file() else shutil.which("telegraf")
    if found is None:
        raise RuntimeError("telegraf is not here: scripts/install-influxd telegraf builds it in half a minute")
    return Path(found)


def settings(broker_port: int, influx: Influxd, bucket: str) -> str:
    """Tuned to lose nothing where it can: sessions kept, large buffers, everything of our message read."""
    return f"""
[agent]
  interval = "1s"
  flush_interval = "1s"
  flush_jitter = "0s"
  metric_batch_size = 5000
  metric_buffer_limit = 2000000
  omit_hostname = true
  quiet = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://127.0.0.1:{broker_port}"]
  topics = ["edu/v1/+/+/tele"]
  qos = 1
  persistent_session = true
  client_id = "telegraf"
  max_undelivered_messages = 10000
  topic_tag = ""
  data_format = "json_v2"
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "edu/v1/+/+/tele"
    tags = "_/_/school/gateway/_"
  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "reading"
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "rows"
      tags = ["d"]
      timestamp_key = "t"
      timestamp_format = "unix_ms"
      disable_prepend_keys = true
[[outputs.influxdb_v2]]
  urls = ["{influx.url}"]
  token = "$INFLUX_TOKEN"
  organization = "{ORG}"
  bucket = "{bucket}"
  content_encoding = "gzip"
"""


def make_bucket(influx: Influxd, name: str) -> None:
    headers = {"Authorization": f"Token {influx.token}"}
    with httpx.Client(base_url=influx.url, headers=headers, timeout=20) as client:
        found = client.get("/api/v2/orgs", params={"org": ORG}).raise_for_status().json()
        body = {"orgID": found["orgs"][0]["id"], "name": name, "retentionRules": []}
        client.post("/api/v2/buckets", json=body).raise_for_status()


def stored_values(influx: Influxd, bucket: str, quantity: str = "co2_ppm") -> int:
    """Rows that hold the quantity, counted where they lie."""
    flux = f"""from(bucket: "{bucket}") |> range(start: -1d, stop: 1d)
        |> filter(fn: (r) => r._measurement == "reading" and r._field == "{quantity}")
        |> count() |> group() |> sum()"""
    headers = {"Authorization": f"Token {influx.token}", "Content-Type": "application/vnd.flux"}
    answer = httpx.post(f"{influx.url}/api/v2/query", params={"org": ORG}, headers=headers, content=flux, timeout=60)
    lines = [line for line in answer.raise_for_status().text.splitlines() if line.startswith(",")]
    rows = [dict(zip(lines[0].split(","), line.split(","), strict=False)) for line in lines[1:]]
    return int(rows[0]["_value"]) if rows else 0


def measure_telegraf(shape: Shape, folder: Path, broker_port: int, influx: Influxd) -> Result:
    """Run one shape; waits until every row is in InfluxDB, at most a minute after the last was sent."""
    folder.mkdir(parents=True)
    config = folder / "telegraf.conf"
    make_bucket(influx, folder.name)
    config.write_text(settings(broker_port, influx, folder.name))
    environment = os.environ | {"INFLUX_TOKEN": influx.token}
    with (folder / "telegraf.log").open("wb") as log:
        words = [str(telegraf_program()), "--config", str(config)]
        telegraf = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
    try:
        time.sleep(2)  # it connects and subscribes; it has no way to say so
        return _load(shape, broker_port, influx, folder.name, psutil.Process(telegraf.pid))
    finally:
        telegraf.terminate()
        telegraf.wait(20)


def _load(shape: Shape, broker_port: int, influx: Influxd, bucket: str, telegraf: psutil.Process) -> Result:
    began, watch = time.monotonic(), Watch(telegraf)
    load = [sys.executable, "-m", "benchmarks.load", *shape.words(broker_port), "--blind"]
    sent = json.loads(subprocess.run(load, check=True, capture_output=True, timeout=shape.seconds + 300).stdout)
    values = int(sent["values"])
    end = time.monotonic() + 60
    stored = 0
    while stored < values and time.monotonic() < end:
        time.sleep(0.5)
        stored = stored_values(influx, bucket) * shape.values
    wall_s, spent_s = time.monotonic() - began, watch.stop()
    return Result(values, wall_s, sent["seconds"], spent_s, watch.peak_mb, missing=values - stored)
