"""The hub's store of series put to the test: the file of the embedded one, or each bucket of an InfluxDB."""

from collections import deque

from classhub.diagnosis.finding import Finding, bad, note, ok
from hub.config import HubConfig

_PATIENCE_S = 5.0
_AWAY = "systemctl restart influxdb"  # buckets and tokens are all right where nobody answers
_LEVELS = ("raw", "1m", "15m")


def check_series(config: HubConfig, *, running: bool) -> list[Finding]:
    """Looks only."""
    if config.store.kind == "influxdb":
        return _check_influxdb(config)
    return [_check_file(config, running=running)]


def _check_influxdb(config: HubConfig) -> list[Finding]:
    """Whether the hub's own token may read each of its buckets; writing is left to the hub."""
    from hub.stores.influx.http import InfluxHttp, Refused
    from hub.stores.influx.setup import token_of
    from hub.stores.series import StoreDown

    section, setup = config.influxdb, f"classhub store setup --config {config.source}"
    found: list[Finding] = []
    try:
        http = InfluxHttp(section, token_of(section))
    except StoreDown as down:
        return [bad("store", down.text.vi, down.text.en, setup)]
    try:
        for level in _LEVELS:
            bucket = f"{section.bucket}_{level}"
            deque(http.query(f'from(bucket: "{bucket}") |> range(start: -1m) |> limit(n: 1)', _PATIENCE_S), maxlen=0)
            found.append(ok("store", f"{section.url}: đọc được {bucket}", f"{section.url}: {bucket} can be read"))
    except StoreDown as down:
        mend = _AWAY if down.code == "store.down" else setup
        found.append(bad("store", down.text.vi, down.text.en, mend))
    except Refused as refused:
        found.append(bad("store", f"InfluxDB {section.url}: {refused}", f"InfluxDB {section.url}: {refused}", setup))
    finally:
        http.close()
    return found


def _check_file(config: HubConfig, *, running: bool) -> Finding:
    """Opened for reading; a running hub holds its lock, which is as it should be."""
    series = config.series_path
    if not series.exists():
        return note("store", f"{series}: chưa có, sẽ được tạo", f"{series}: not there yet, will be made")
    log = series.with_name(f"{series.name}.wal")
    size = f"{(series.stat().st_size + (log.stat().st_size if log.exists() else 0)) / 1e6:.1f} MB"
    if running:
        return ok("store", f"{series}: {size}, máy chủ đang giữ", f"{series}: {size}, in use by the hub")
    try:
        import duckdb

        duckdb.connect(str(series), read_only=True).close()
    except ImportError:
        return bad("store", "thiếu gói duckdb", "package duckdb is missing", "pip install 'classhub[hub]'")
    except duckdb.Error as broken:
        said = str(broken).splitlines()[0]
        return bad("store", f"{series}: {said}", f"{series}: {said}", f"fuser -v {series}")
    return ok("store", f"{series}: tốt, {size}", f"{series}: sound, {size}")
