"""When certificates end, judged: a notice 30 days before, critical from 7 days on, and what to run. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

import msgspec

from hub.notice import Notice, Severity
from wire.text import Text

DAY_MS = 86_400_000
WARNING_DAYS, CRITICAL_DAYS = 30, 7
Role = Literal["web", "broker", "ca"]
WORDS: dict[Role, Text] = {
    "web": Text("Chứng chỉ TLS của trang web", "The TLS certificate of the pages"),
    "broker": Text("Chứng chỉ TLS của máy chủ MQTT", "The TLS certificate of the MQTT broker"),
    "ca": Text("Chứng chỉ CA", "The certificate authority"),
}
MENDS: dict[Role, Text] = {
    "web": Text(
        "hãy chạy classhub tls renew; trung tâm tự nạp", "run classhub tls renew; the hub takes it up by itself"
    ),
    "broker": Text(
        "hãy chạy classhub tls renew rồi nạp lại máy chủ MQTT", "run classhub tls renew, then reload the broker"
    ),
    "ca": Text(
        "hãy tạo CA mới bằng classhub tls init ở thư mục khác và chép ca.crt tới mọi cổng",
        "make a new one with classhub tls init in another folder and copy its ca.crt to every gateway",
    ),
}


class Watched(msgspec.Struct, frozen=True):
    """A certificate in use: `where` is its file or the server that presents it."""

    role: Role
    where: str
    ends_ms: int


def days_left(ends_ms: int, now_ms: int) -> int:
    """Whole days; negative once it has ended."""
    return (ends_ms - now_ms) // DAY_MS


def certificate_notices(certificates: Iterable[Watched], now_ms: int) -> list[Notice]:
    """One notice for each certificate that ends soon or has ended."""
    return [_notice(each, now_ms) for each in certificates if each.ends_ms - now_ms < WARNING_DAYS * DAY_MS]


def unreadable_notice(role: Role, where: str, why: str) -> Notice:
    """A certificate file that cannot be used; what was read before stays in use."""
    what = WORDS[role]
    text = Text(
        f"{what.vi} ({where}) không dùng được: {why}; bản đang dùng được giữ nguyên",
        f"{what.en} ({where}) cannot be used: {why}; the one in use stays",
    )
    return Notice(f"certificate.{role}", text, "critical", subject=where)


def _notice(certificate: Watched, now_ms: int) -> Notice:
    days, role = days_left(certificate.ends_ms, now_ms), certificate.role
    what, mend, where = WORDS[role], MENDS[role], certificate.where
    day = datetime.fromtimestamp(certificate.ends_ms / 1000, UTC).date().isoformat()
    if certificate.ends_ms <= now_ms:
        text = Text(
            f"{what.vi} ({where}) đã hết hạn ngày {day}: {mend.vi}", f"{what.en} ({where}) ended on {day}: {mend.en}"
        )
    else:
        text = Text(
            f"{what.vi} ({where}) hết hạn sau {days} ngày ({day}): {mend.vi}",
            f"{what.en} ({where}) ends in {days} day{'' if days == 1 else 's'} ({day}): {mend.en}",
        )
    severity: Severity = "critical" if certificate.ends_ms - now_ms < CRITICAL_DAYS * DAY_MS else "warning"
    return Notice(f"certificate.{role}", text, severity, subject=where)
