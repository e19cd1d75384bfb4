"""`hub.toml`: the settings of one hub process, read once at start; every mistake names the file and the key."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta
from sqlalchemy.engine import URL

from hub.broker.secret_file import read_secret
from hub.school.pulls.settings import PullSection, complaint
from wire.address import is_loopback
from wire.messages import Id
from wire.settings import SettingsError, parse_settings
from wire.text import Language, Text

Port = Annotated[int, Meta(ge=1, le=65_535)]
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  # addresses that take a port on all of them
HUB_HEADER = "classhub-hub"  # of /healthz: which hub answers


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
    admin_username: str | None = None
    admin_password_file: str | None = None
    log_file: str | None = None
    public_host: Annotated[str, Meta(min_length=1, max_length=253)] | None = None
    public_port: Port | None = None


class WebSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[web]`: where pages are served, over TLS where a certificate is named.

    `open_reading` shows them without signing in; only on loopback (the demo). What `metrics_token_file` holds opens
    /metrics and nothing else.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    open_reading: bool = False
    cert_file: str | None = None
    key_file: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    metrics_token_file: str | None = None


class StateSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[state]`: the SQL database of everything but the series: SQLite in `data_dir`, or a PostgreSQL server."""

    kind: Literal["sqlite", "postgresql"] = "sqlite"
    host: str = "127.0.0.1"
    port: Port = 5432
    database: str = "classhub"
    username: str = "classhub"
    password_file: str | None = None
    ca_file: str | None = None


class StoreSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[store]`: where the series lie; below `min_free_mb` of free disk the embedded store takes nothing more."""

    kind: Literal["duckdb", "influxdb"] = "duckdb"
    min_free_mb: Annotated[int, Meta(ge=0)] = 200


Days = Annotated[int, Meta(ge=0, le=36_500)]  # 0: for ever


class InfluxSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[influxdb]`: the production store. Buckets are `{bucket}_raw`, `{bucket}_1m` and `{bucket}_15m`."""

    url: str = "http://127.0.0.1:8086"
    org: str = "classhub"
    bucket: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,40}$")] = "classhub"
    token_file: str | None = None
    ca_file: str | None = None
    raw_days: Days = 90
    minute_days: Days = 730
    quarter_hour_days: Days = 3_650
    gzip: bool = True


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
    state: StateSection = StateSection()
    store: StoreSection = StoreSection()
    influxdb: InfluxSection = InfluxSection()
    limits: LimitsSection = LimitsSection()
    pull: tuple[PullSection, ...] = ()

    @property
    def state_url(self) -> URL:
        """The SQLAlchemy address of the state database. The password is read from its file: raises SettingsError."""
        state = self.state
        if state.kind == "sqlite":
            return URL.create("sqlite", database=str(self.hub.data_dir / "state.db"))
        password = read_secret(Path(state.password_file), "state.password_file") if state.password_file else None
        tls = {"sslmode": "verify-full", "sslrootcert": state.ca_file} if state.ca_file else {}
        return URL.create(
            "postgresql+psycopg", state.username, password, state.host, state.port, state.database, query=tls
        )

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
    state: StateSection = StateSection()
    store: StoreSection = StoreSection()
    influxdb: InfluxSection = InfluxSection()
    limits: LimitsSection = LimitsSection()
    pull: tuple[PullSection, ...] = ()


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
    _check_web(file.web, str(path))
    _check_admin(file.broker, str(path))
    return HubConfig(
        source=path.absolute(),
        hub=HubSection(file.hub.id, (folder / file.hub.data_dir).absolute(), file.hub.language),
        broker=_absolute_files("broker", file.broker, folder, path),
        web=_absolute_files("web", file.web, folder, path),
        state=_absolute_files("state", file.state, folder, path),
        store=file.store,
        influxdb=_absolute_files("influxdb", file.influxdb, folder, path),
        limits=file.limits,
        pull=_pulls(file.pull, folder, path),
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


def _check_web(web: WebSection, source: str) -> None:
    """A certificate needs its key and the other way round; a proxy is an address or a network."""
    if (web.cert_file is None) != (web.key_file is None):
        key, other = ("web.key_file", "web.cert_file") if web.key_file is None else ("web.cert_file", "web.key_file")
        raise SettingsError(source, key, Text(f"cần đi cùng {other}", f"is needed together with {other}"))
    for proxy in web.trusted_proxies:
        try:
            ip_network(proxy)
        except ValueError as wrong:
            reason = Text(f"{proxy!r} không phải địa chỉ hay mạng", f"{proxy!r} is neither an address nor a network")
            raise SettingsError(source, "web.trusted_proxies", reason) from wrong
    if web.trusted_proxies and web.open_reading:
        reason = Text(
            "không dùng cùng web.open_reading: proxy sẽ cho mọi người xem",
            "cannot go with web.open_reading: the proxy would show the pages to everybody",
        )
        raise SettingsError(source, "web.trusted_proxies", reason)


def _check_admin(broker: BrokerSection, source: str) -> None:
    """Who listens to an administrator's password can let anybody into the broker: not over a line in clear."""
    if broker.kind == "external" and broker.admin_username and not broker.ca_file and not is_loopback(broker.host):
        reason = Text(
            f"cần có khi đặt broker.admin_username và broker ở máy khác ({broker.host}): mật khẩu quản trị không được "
            "đi qua mạng mà không mã hóa; tạo bằng: classhub tls init",
            f"is needed where broker.admin_username is set and the broker is another machine ({broker.host}): the "
            "administrator's password must not cross the network unencrypted; make one with: classhub tls init",
        )
        raise SettingsError(source, "broker.ca_file", reason)


def _pulls(pulls: tuple[PullSection, ...], folder: Path, path: Path) -> tuple[PullSection, ...]:
    """Each with absolute paths; names are unique: they are the sources of imports. Folders to watch may come later."""
    found: dict[str, PullSection] = {}
    for pull in pulls:
        wrong = complaint(pull)
        if pull.name in found:
            wrong = "name", Text(f"tên {pull.name} đã dùng", f"the name {pull.name} is taken already")
        if wrong is not None:
            raise SettingsError(str(path), f"pull[{pull.name}].{wrong[0]}", wrong[1])
        whole = _absolute_files(f"pull[{pull.name}]", pull, folder, path)
        if whole.path is not None:
            whole = msgspec.structs.replace(whole, path=str(folder / whole.path))
        found[pull.name] = whole
    return tuple(found.values())


FILES = (
    "password_file",
    "admin_password_file",
    "ca_file",
    "cert_file",
    "key_file",
    "token_file",
    "metrics_token_file",
    "secret_file",
    "map_file",
)
Section = TypeVar("Section", bound=msgspec.Struct)


def _absolute_files(name: str, section: Section, folder: Path, path: Path) -> Section:
    """Every file a section names, made absolute; each must be there, but for the broker's log, which comes later."""
    found: dict[str, str] = {}
    for key in (*FILES, "log_file"):
        file: str | None = getattr(section, key, None)
        if file is None:
            continue
        found[key] = str(folder / file)
        if key in FILES and not Path(found[key]).is_file():
            reason = Text(f"không có tệp {found[key]}", f"there is no file {found[key]}")
            raise SettingsError(str(path), f"{name}.{key}", reason)
    return msgspec.structs.replace(section, **found)
