"""The hub.toml of a production stack. Pure: names of machines and files in, the text out."""

import json

import msgspec

HUB_TOML = "hub.toml"
BROKER_ADMIN, BROKER_HUB = "mosquitto-admin", "mosquitto-hub"  # as `classhub broker config` names its secrets
STATE_PASSWORD, GRAFANA_STATE_PASSWORD = "state.password", "grafana-state.password"  # names of files
HUB_TOKEN, GRAFANA_TOKEN = "influxdb-hub.token", "influxdb-grafana.token"  # names of files
OPERATOR_PASSWORD = "operator.password"  # noqa: S105  # the name of a file
METRICS_TOKEN = "metrics.token"  # noqa: S105  # the name of a file


class Places(msgspec.Struct, frozen=True):
    """Where the parts find each other; as it stands, inside the network of docker-compose.yml."""

    data_dir: str = "/var/lib/classhub"
    broker_host: str = "mosquitto"
    broker_port: int = 8883
    public_host: str | None = None  # as gateways outside reach the broker; None: nobody said
    public_port: int = 8883
    broker_log: str = "/var/log/mosquitto/mosquitto.log"
    web_host: str = "0.0.0.0"  # noqa: S104  # in its container; what is published is decided in docker-compose.yml
    web_port: int = 8443
    state_host: str = "postgres"
    state_port: int = 5432
    influxdb_url: str = "http://influxdb:8086"


def hub_toml(places: Places, language: str) -> str:
    """Files are named relative to hub.toml: one folder, whether it is deploy/secrets or /run/secrets."""
    sections: dict[str, dict[str, str | int]] = {
        "hub": {"id": "main", "data_dir": places.data_dir, "language": language},
        "broker": {
            "kind": "external",
            "host": places.broker_host,
            "port": places.broker_port,
            "username": "classhub-hub",
            "password_file": BROKER_HUB,
            "ca_file": "tls/ca.crt",
            "admin_username": "classhub-admin",
            "admin_password_file": BROKER_ADMIN,
            "log_file": places.broker_log,
            **_public(places),
        },
        "web": {
            "host": places.web_host,
            "port": places.web_port,
            "cert_file": "tls/server.crt",
            "key_file": "tls/server.key",
            "metrics_token_file": METRICS_TOKEN,
        },
        "state": {
            "kind": "postgresql",
            "host": places.state_host,
            "port": places.state_port,
            "password_file": STATE_PASSWORD,
        },
        "store": {"kind": "influxdb"},
        "influxdb": {"url": places.influxdb_url, "token_file": HUB_TOKEN},
    }
    lines = ["# classhub stack init; docs/settings.md: every key / mọi khóa"]
    for name, keys in sections.items():
        lines += ["", f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"


def _public(places: Places) -> dict[str, str | int]:
    if places.public_host is None:
        return {}
    return {"public_host": places.public_host, "public_port": places.public_port}
