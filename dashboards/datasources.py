"""The two data sources as Grafana's HTTP API takes them; provisioning/datasources says the same in YAML. Pure."""

from dashboards.model import INFLUXDB, POSTGRESQL, Json

ROLE = "classhub_grafana"


def influxdb(url: str, org: str, bucket: str, token: str) -> Json:
    settings = {"version": "Flux", "organization": org, "defaultBucket": f"{bucket}_raw", "timeout": 30}
    return INFLUXDB | {
        "name": "ClassHub InfluxDB", "access": "proxy", "url": url, "isDefault": True, "jsonData": settings,
        "secureJsonData": {"token": token},
    }  # fmt: skip


def postgresql(address: str, database: str, password: str, sslmode: str) -> Json:
    settings = {
        "database": database, "sslmode": sslmode, "postgresVersion": 1500, "timescaledb": False, "maxOpenConns": 10,
    }  # fmt: skip
    return POSTGRESQL | {
        "name": "ClassHub PostgreSQL", "access": "proxy", "url": address, "user": ROLE, "jsonData": settings,
        "secureJsonData": {"password": password},
    }  # fmt: skip


def same_settings(ours: Json, standing: Json) -> bool:
    """Secrets cannot be read back and do not count; settings Grafana adds by itself do not either."""
    shown = {key: value for key, value in ours.items() if key not in {"secureJsonData", "jsonData"}}
    kept = standing.get("jsonData") or {}
    plain = all(standing.get(key) == value for key, value in shown.items())
    return plain and all(kept.get(key) == value for key, value in ours["jsonData"].items())
