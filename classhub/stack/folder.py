"""The folder a production stack is started from: random secrets of mode 600, certificates, settings; made once."""

import os
import tomllib
from pathlib import Path

import msgspec

from classhub.stack.settings import (
    BROKER_ADMIN,
    BROKER_HUB,
    GRAFANA_STATE_PASSWORD,
    HUB_TOML,
    METRICS_TOKEN,
    OPERATOR_PASSWORD,
    STATE_PASSWORD,
    Places,
    hub_toml,
)
from hub.broker.secret_file import kept_secret
from wire.text import Text

# Each is read by the services docker-compose.yml gives it to, and by nobody else.
SECRETS = (
    "postgres.password",
    STATE_PASSWORD,
    BROKER_ADMIN,
    BROKER_HUB,
    GRAFANA_STATE_PASSWORD,
    "grafana-admin.password",
    "grafana-secret.key",
    OPERATOR_PASSWORD,
    METRICS_TOKEN,
)
SECRET_MODE, FOLDER_MODE = 0o600, 0o700
PUBLIC = frozenset({"ca.crt", "server.crt", "mosquitto.conf"})


class StackFolder(msgspec.Struct, frozen=True):
    """`deploy/`: `secrets/` is made here; `edge/` holds a gateway's settings, by `classhub gateway add`."""

    folder: Path

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def hub_toml(self) -> Path:
        return self.secrets / HUB_TOML

    @property
    def broker(self) -> Path:
        return self.secrets / "broker"

    @property
    def tls(self) -> Path:
        return self.secrets / "tls"

    def certificate(self) -> bytes | None:
        """The servers' certificate; None where there is none yet."""
        path = self.tls / "server.crt"
        return path.read_bytes() if path.exists() else None

    def make_secrets(self) -> list[Path]:
        """What is missing; the new files. Raises SettingsError where one that is there is empty or well known."""
        self.secrets.mkdir(parents=True, exist_ok=True)
        self.secrets.chmod(FOLDER_MODE)
        new = [path for path in (self.secrets / name for name in SECRETS) if not path.exists()]
        for name in SECRETS:
            kept_secret(self.secrets / name)
        return new

    def make_settings(self, places: Places, language: str) -> list[Path]:
        """hub.toml, unless it is there: what a person changed in it stays."""
        if self.hub_toml.exists():
            return []
        handle = os.open(self.hub_toml, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(hub_toml(places, language))
        return [self.hub_toml]

    def elsewhere(self, places: Places) -> list[Text]:
        """What gateways are told of the broker's address, where that is no longer the one given now."""
        if places.public_host is None or not self.hub_toml.exists():
            return []
        broker = tomllib.loads(self.hub_toml.read_text(encoding="utf-8")).get("broker", {})
        told, now = [broker.get("public_host"), broker.get("public_port")], [places.public_host, places.public_port]
        if told == now:
            return []
        wanted = f'public_host = "{places.public_host}", public_port = {places.public_port}'
        return [
            Text(
                f"{self.hub_toml}: cổng mới sẽ nhận địa chỉ broker cũ; sửa trong [broker]: {wanted}",
                f"{self.hub_toml}: new gateways would be given another broker address; put into [broker]: {wanted}",
            )
        ]

    def loose(self) -> list[Text]:
        """Files here that others on the machine may read, though they are secrets."""
        found = [path for path in self.secrets.rglob("*") if path.is_file() and path.name not in PUBLIC]
        return [
            Text(
                f"{path}: người khác trên máy đọc được; chạy: chmod 600 {path}",
                f"{path}: others on this machine may read it; run: chmod 600 {path}",
            )
            for path in sorted(found)
            if path.stat().st_mode & 0o004
        ]

    def hand_over(self, user: int, group: int, volumes: Path | None) -> None:
        """Give all of it, and the volumes' own folders, to the user the containers run as. Needs root."""
        for place in (self.secrets, self.folder / "edge"):
            for path in (place, *place.rglob("*")) if place.exists() else ():
                os.chown(path, user, group, follow_symlinks=False)
        for volume in volumes.iterdir() if volumes else ():
            os.chown(volume, user, group, follow_symlinks=False)
            volume.chmod(FOLDER_MODE)
