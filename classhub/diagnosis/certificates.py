"""Certificates that a hub's settings name: whether they can be used, and when they end."""

import time
from pathlib import Path

from classhub.diagnosis.finding import Finding, Level, bad, ok
from hub.config import HubConfig
from hub.tls.authority import KeyPair, belong_together, ends_ms
from hub.tls.watch import Role, Watched, certificate_notices, days_left

_RENEW = "classhub tls renew --dir"


def check_certificates(config: HubConfig) -> list[Finding]:
    """The pages' certificate with its key, and every authority the hub trusts."""
    web = config.web
    found: list[Finding] = []
    if web.cert_file is not None and web.key_file is not None:
        found.append(_check_pair(Path(web.cert_file), Path(web.key_file)))
    named = (config.broker.ca_file, config.state.ca_file, config.influxdb.ca_file)
    found += [check_certificate("ca", Path(file)) for file in dict.fromkeys(named) if file is not None]
    return found


def _check_pair(certificate: Path, key: Path) -> Finding:
    try:
        if not belong_together(KeyPair(certificate.read_bytes(), key.read_bytes())):
            vi, en = f"{key} không phải khóa của {certificate}", f"{key} is not the key of {certificate}"
            return bad("tls", vi, en, f"{_RENEW} {certificate.parent}")
    except (OSError, ValueError, TypeError) as broken:
        return _unreadable(certificate, broken)
    return check_certificate("web", certificate)


def check_certificate(role: Role, path: Path) -> Finding:
    """When it ends: a warning 30 days before, bad 7 days before."""
    now_ms = int(time.time() * 1000)
    try:
        ends = ends_ms(path.read_bytes())
    except (OSError, ValueError) as broken:
        return _unreadable(path, broken)
    end_ms = ends[-1] if role == "ca" else ends[0]
    mend = f"{_RENEW} {path.parent}" if role != "ca" else "classhub tls init --help"
    for notice in certificate_notices([Watched(role, str(path), end_ms)], now_ms):
        level = Level.BAD if notice.severity == "critical" else Level.WARNING
        return Finding("tls", level, notice.text, mend)
    days = days_left(end_ms, now_ms)
    return ok("tls", f"{path}: còn {days} ngày", f"{path}: {days} days left")


def _unreadable(path: Path, broken: Exception) -> Finding:
    vi, en = f"{path}: chứng chỉ không dùng được ({broken})", f"{path}: the certificate cannot be used ({broken})"
    return bad("tls", vi, en, f"classhub tls check --dir {path.parent}")
