"""`hub.toml`: the settings of one hub process, read once at start; every mistake names the file and the key."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wire.messages import Id
from wire.settings import SettingsError, parse_settings
from wire.text import Language, Text

Port = Annotated[int, Meta(ge=1, le=65_535)]
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  # addresses that take a port on all of them


class HubSection(msgspec.Struct, frozen=True):
    """`[hub]`: who this hub is. `data_dir` is absolute; in the file it may be relative to the file's folder."""

    id: str
    data_dir: Path
    language: Language


class BrokerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[broker]`: the hub's own broker (`embedded`) or one that somebody else runs (`external`)."""

    kind: Literal["embedded", "external"] = "embedded"
    host: str = "127.0.0.1"
    port: Port = 1883
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None


class WebSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[web]`: where pages are served. `open_reading` shows them without signing in; only on loopback (the demo)."""

    host: str = "127.0.0.1"
    port: Port = 8080
    open_reading: bool = False


class StoreSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[store]`: below `min_free_mb` of free disk the store takes nothing more."""

    min_free_mb: Annotated[int, Meta(ge=0)] = 200


class LimitsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[limits]`: what keeps memory and disk bounded whatever gateways send."""

    pending_gateways: Annotated[int, Meta(ge=1, le=10_000)] = 100
    quarantine_mb: Annotated[int, Meta(ge=1, le=100_000)] = 64
    buffered_rows: Annotated[int, Meta(ge=1_000, le=10_000_000)] = 200_000
    buffered_mb: Annotated[int, Meta(ge=4, le=100_000)] = 64
    credit: Annotated[int, Meta(ge=1, le=1_000_000)] = 2_000


class HubConfig(msgspec.Struct, frozen=True):
    """All of hub.toml, and the file it came from."""

    source: Path
    hub: HubSection
    broker: BrokerSection = BrokerSection()
    web: WebSection = WebSection()
    store: StoreSection = StoreSection()
    limits: LimitsSection = LimitsSection()

    @property
    def state_url(self) -> str:
        """The SQLAlchemy address of the state database."""
        return f"sqlite:///{self.hub.data_dir / 'state.db'}"

    @property
    def series_path(self) -> Path:
        return self.hub.data_dir / "series.duckdb"


class _HubTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Id = "main"
    data_dir: str = "data"
    language: Language = "vi"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hub: _HubTable = _HubTable()
    broker: BrokerSection = BrokerSection()
    web: WebSection = WebSection()
    store: StoreSection = StoreSection()
    limits: LimitsSection = LimitsSection()


def load_config(path: Path | str) -> HubConfig:
    """Read and check a hub.toml. Touches no network. Raises SettingsError."""
    path = Path(path)
    try:
        toml = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        reason = Text(
            f"không đọc được tệp ({broken}); tạo bằng: classhub hub init",
            f"cannot be read ({broken}); make one with: classhub hub init",
        )
        raise SettingsError(str(path), "", reason) from broken
    return parse_config(toml, path)


def parse_config(toml: str, path: Path) -> HubConfig:
    """The text of a hub.toml that lies (or will lie) at `path`. Raises SettingsError."""
    file = parse_settings(toml, _File, str(path))
    folder = path.absolute().parent
    if file.web.open_reading and not is_loopback(file.web.host):
        raise SettingsError(
            str(path),
            "web.open_reading",
            Text(
                f"chỉ được bật khi web.host là địa chỉ máy này (đang là {file.web.host})",
                f"is allowed only where web.host is a loopback address (it is {file.web.host})",
            ),
        )
    _check_ports(file, str(path))
    return HubConfig(
        source=path.absolute(),
        hub=HubSection(file.hub.id, (folder / file.hub.data_dir).absolute(), file.hub.language),
        broker=_absolute_files(file.broker, folder, path),
        web=file.web,
        store=file.store,
        limits=file.limits,
    )


def _check_ports(file: _File, source: str) -> None:
    """Pages and the hub's own broker cannot listen in one place: whichever starts second would fail."""
    web, broker = file.web, file.broker
    one_place = web.host == broker.host or not EVERYWHERE.isdisjoint({web.host, broker.host})
    one_place = one_place or (is_loopback(web.host) and is_loopback(broker.host))
    if broker.kind == "embedded" and web.port == broker.port and one_place:
        reason = Text(
            f"cổng {web.port} đã dành cho broker.port; hãy chọn số khác",
            f"port {web.port} is that of broker.port already; choose another",
        )
        raise SettingsError(source, "web.port", reason)


def _absolute_files(broker: BrokerSection, folder: Path, path: Path) -> BrokerSection:
    found: dict[str, str] = {}
    for key in ("password_file", "ca_file"):
        name: str | None = getattr(broker, key)
        if name is None:
            continue
        found[key] = str(folder / name)
        if not Path(found[key]).is_file():
            reason = Text(f"không có tệp {found[key]}", f"there is no file {found[key]}")
            raise SettingsError(str(path), f"broker.{key}", reason)
    return msgspec.structs.replace(broker, **found)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`. Names other than localhost count as reachable from outside."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
