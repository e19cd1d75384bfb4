"""Makes an InfluxDB ready for a hub: first account, organisation, buckets with retention, tokens that may little.

Everything may be done again at any time: what is right stays, what differs is mended, nothing that holds data goes.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from hub.broker.secret_file import MODE
from hub.config import InfluxSection
from hub.stores.influx.http import BUCKET_MISSING, InfluxHttp
from hub.stores.series import Level, StoreDown
from wire.text import Text

DAY_S = 86_400
USER = "classhub-admin"
ADMIN_TOKEN, ADMIN_PASSWORD = "influxdb-admin.token", "influxdb-admin.password"  # names of files
HUB_TOKEN, GRAFANA_TOKEN = "influxdb-hub.token", "influxdb-grafana.token"
Done = Literal["made", "changed", "as it was"]


class Step(msgspec.Struct, frozen=True):
    """One thing looked after, and what became of it."""

    what: str
    name: str
    done: Done


def onboard(section: InfluxSection, folder: Path) -> Step | None:
    """Take over a fresh server: its first account and an all-powerful token, in files of mode 600 in `folder`.

    None where the server has had its set-up. Raises StoreDown, Refused, OSError (nothing done then).
    """
    http = InfluxHttp(section, "")
    try:
        return _onboard(http, section, folder)
    finally:
        http.close()


def _onboard(http: InfluxHttp, section: InfluxSection, folder: Path) -> Step | None:
    if not http.call("GET", "/api/v2/setup")["allowed"]:
        return None
    token, password = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    put_secret(folder / ADMIN_TOKEN, token)
    put_secret(folder / ADMIN_PASSWORD, password)
    first = f"{section.bucket}_raw"
    body = {"username": USER, "password": password, "org": section.org, "bucket": first, "token": token}
    http.call("POST", "/api/v2/setup", body=body)
    return Step("account", USER, "made")


class Installer:
    """Works with an all-powerful token. Calls raise StoreDown or Refused."""

    def __init__(self, section: InfluxSection, admin_token: str) -> None:
        self._section = section
        self._http = InfluxHttp(section, admin_token)
        self._org = ""

    def install(self, hub_token: Path, grafana_token: Path, *, rotate: bool) -> Iterator[Step]:
        """Organisation, buckets, tokens, in this order."""
        yield self._organisation()
        ids = []
        for name, days in buckets(self._section):
            bucket, done = self._bucket(name, days)
            ids.append(bucket)
            yield Step("bucket", name, done)
        whose = self._section.bucket
        for path, owner, actions in ((hub_token, "hub", ("read", "write")), (grafana_token, "Grafana", ("read",))):
            done = self._token(path, f"ClassHub {owner}: {whose}", ids, actions, rotate=rotate)
            yield Step("token", str(path), done)

    def close(self) -> None:
        self._http.close()

    # ---- inside ----

    def _organisation(self) -> Step:
        name = self._section.org
        every = self._http.call("GET", "/api/v2/orgs", {"limit": 100})["orgs"]
        found = next((each for each in every if each["name"] == name), None)
        made = found or self._http.call("POST", "/api/v2/orgs", body={"name": name})
        self._org = str(made["id"])
        return Step("organisation", name, "as it was" if found else "made")

    def _bucket(self, name: str, days: int) -> tuple[str, Done]:
        """Its id. A bucket that keeps longer or shorter than the settings say is told so."""
        every = self._buckets_called(name)
        rules = [{"type": "expire", "everySeconds": days * DAY_S}] if days else []
        if not every:
            body = {"orgID": self._org, "name": name, "retentionRules": rules}
            return str(self._http.call("POST", "/api/v2/buckets", body=body)["id"]), "made"
        bucket = every[0]
        kept = [rule["everySeconds"] for rule in bucket["retentionRules"] if rule["everySeconds"]]
        if kept == [rule["everySeconds"] for rule in rules]:
            return str(bucket["id"]), "as it was"
        wanted = rules or [{"type": "expire", "everySeconds": 0}]
        self._http.call("PATCH", f"/api/v2/buckets/{bucket['id']}", body={"retentionRules": wanted})
        return str(bucket["id"]), "changed"

    def _buckets_called(self, name: str) -> list[dict[str, Any]]:
        try:
            found = self._http.call("GET", "/api/v2/buckets", {"orgID": self._org, "name": name})
        except StoreDown as missing:
            if missing.code == BUCKET_MISSING:  # InfluxDB's way to say that there is none
                return []
            raise
        return list(found["buckets"])

    def _token(self, path: Path, description: str, ids: list[str], actions: tuple[str, ...], *, rotate: bool) -> Done:
        """A token for these buckets and no more; those it replaces are deleted once it is in its file."""
        every = self._http.call("GET", "/api/v2/authorizations", {"orgID": self._org})["authorizations"]
        before = [each for each in every if each["description"] == description]
        wanted = {(action, bucket) for action in actions for bucket in ids}
        held = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
        good = [each for each in before if each.get("token") == held and _allows(each) == wanted]
        if good and not rotate:
            return "as it was"
        permissions = [
            {"action": action, "resource": {"type": "buckets", "id": bucket, "orgID": self._org}}
            for action, bucket in sorted(wanted)
        ]
        body = {"orgID": self._org, "description": description, "permissions": permissions}
        put_secret(path, str(self._http.call("POST", "/api/v2/authorizations", body=body)["token"]))
        for each in before:
            self._http.call("DELETE", f"/api/v2/authorizations/{each['id']}")
        return "changed" if before else "made"


def buckets(section: InfluxSection) -> list[tuple[str, int]]:
    """(name, days; 0 for ever) of each bucket."""
    days = (section.raw_days, section.minute_days, section.quarter_hour_days)
    names = ("raw", Level.MINUTE.value, Level.QUARTER_HOUR.value)
    return [(f"{section.bucket}_{name}", each) for name, each in zip(names, days, strict=True)]


def put_secret(path: Path, secret: str) -> None:
    """Replace the file at once and whole, readable for its owner only. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fresh.touch(MODE, exist_ok=False)
    fresh.write_text(secret + "\n", encoding="ascii")
    fresh.replace(path)


def token_of(section: InfluxSection) -> str:
    """The hub's token, from its file. Raises StoreDown with the command that makes one."""
    path = section.token_file
    try:
        token = Path(path).read_text(encoding="utf-8").strip() if path else ""
    except OSError as broken:
        raise StoreDown(_no_token(str(broken))) from broken
    if not token:
        raise StoreDown(_no_token(path or "influxdb.token_file"))
    return token


def _no_token(where: str) -> Text:
    return Text(
        f"chưa có mã truy cập InfluxDB ({where}): hãy chạy classhub store setup --config hub.toml",
        f"there is no token for InfluxDB ({where}): run classhub store setup --config hub.toml",
    )


def _allows(authorization: dict[str, Any]) -> set[tuple[str, str]]:
    """What an authorisation may do; nothing where it is turned off."""
    if authorization.get("status") != "active":
        return set()
    every = authorization["permissions"]
    return {(each["action"], each["resource"].get("id", "*" + each["resource"]["type"])) for each in every}
