"""The text of mosquitto.conf for a ClassHub broker: TLS, nobody anonymous, rights by dynamic security, bounded queues.

Pure. For Mosquitto 2.0 (Debian's 2.0.11 and the current image); sources: mosquitto.conf(5) and what 2.0.11 does.
No `memory_limit`: with dynamic security 2.0.11 counts its memory wrongly, and after a password was changed it closed
every connection as "out of memory" (seen). Queues and connections are bounded here,
the whole by the container or the systemd unit.
"""

import msgspec

TLS_PORT = 8883
LARGEST_MESSAGE = 256 * 1024 + 4096  # the protocol's limit, and room for a topic
# Of each listener: said once for all of them it opens one more, on port 1883 of every address, without TLS.
CONNECTIONS = "max_connections 10000"
QUEUED_MESSAGES, QUEUED_BYTES = 20_000, 64_000_000  # of one client that is slow; the edge is the buffer, not the broker
BASE_LOG_TYPES = ("error", "warning", "notice")
# A denied publish is acknowledged like any other: only Mosquitto's debug log tells (eclipse-mosquitto/mosquitto 3020),
# and what was denied of a subscription is what does not follow its topic as `subscribe`.
DENIAL_LOG_TYPES = ("debug", "subscribe")


class BrokerFiles(msgspec.Struct, frozen=True):
    """Where things are, as the broker sees them; in a container other paths than on the machine that writes this."""

    plugin: str
    dynamic_security: str
    data: str
    log: str
    certificate: str
    key: str


class BrokerSettings(msgspec.Struct, frozen=True):
    """`hosts` empty: every address of the machine, IPv4 and IPv6. `plain_port`: without TLS, on loopback only."""

    files: BrokerFiles
    port: int = TLS_PORT
    hosts: tuple[str, ...] = ()
    plain_port: int | None = None
    user: str | None = None
    log_denied: bool = True


def mosquitto_conf(settings: BrokerSettings) -> str:
    """The whole file."""
    files = settings.files
    types = (*BASE_LOG_TYPES, *(DENIAL_LOG_TYPES if settings.log_denied else ()))
    lines = [
        "# Do / by: classhub broker config. Sửa ở đây sẽ mất / changes made here are lost.",
        "per_listener_settings false",
        "allow_anonymous false",
        "allow_zero_length_clientid false",
        f"plugin {files.plugin}",
        f"plugin_opt_config_file {files.dynamic_security}",
        *([f"user {settings.user}"] if settings.user else []),
        "",
        "# Giữ qua khởi động lại / kept over a restart",
        "persistence true",
        f"persistence_location {files.data.rstrip('/')}/",
        "autosave_interval 60",
        "persistent_client_expiration 1d",
        "",
        "# Giới hạn / limits",
        f"message_size_limit {LARGEST_MESSAGE}",
        "max_inflight_messages 100",
        f"max_queued_messages {QUEUED_MESSAGES}",
        f"max_queued_bytes {QUEUED_BYTES}",
        "sys_interval 0",
        "set_tcp_nodelay true",
        "",
        "# Nhật ký, đọc bởi trung tâm / log, read by the hub ([broker] log_file)",
        f"log_dest file {files.log}",
        *(f"log_type {kind}" for kind in types),
        "log_timestamp true",
        "log_timestamp_format %Y-%m-%dT%H:%M:%S%z",
        "connection_messages true",
    ]
    for host in settings.hosts or ("",):
        lines += ["", *_tls_listener(settings.port, host, files)]
    if settings.plain_port is not None:
        for host in ("127.0.0.1", "::1"):
            lines += ["", f"listener {settings.plain_port} {host}", CONNECTIONS]
    return "\n".join(lines) + "\n"


def _tls_listener(port: int, host: str, files: BrokerFiles) -> list[str]:
    return [
        f"listener {port} {host}".rstrip(),
        CONNECTIONS,
        f"certfile {files.certificate}",
        f"keyfile {files.key}",
        "tls_version tlsv1.2",
    ]
