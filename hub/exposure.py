"""Secrets that cross the network unencrypted by these settings: allowed, for a trial, and told. Pure."""

from hub.config import BrokerSection, HubConfig, WebSection
from hub.notice import Notice
from hub.school.pulls.settings import PullSection, in_clear
from wire.address import host_port, is_loopback
from wire.text import Text


def plain_notices(config: HubConfig) -> list[Notice]:
    """At most one for the broker, one for the pages, one for all pulls."""
    found = [_broker_in_clear(config.broker), _pages_in_clear(config.web), _pulls_in_clear(config.pull)]
    return [notice for notice in found if notice is not None]


def _broker_in_clear(broker: BrokerSection) -> Notice | None:
    if is_loopback(broker.host):
        return None
    where = host_port(broker.host, broker.port)
    if broker.kind == "embedded":
        text = Text(
            f"Máy chủ MQTT đi kèm ({where}) không mã hóa: ai nghe được mạng này thấy mật khẩu và số liệu của các cổng. "
            "Để dùng lâu dài: Mosquitto với TLS, xem docs/operations.md",
            f"The embedded MQTT broker ({where}) does not encrypt: whoever listens on this network sees passwords and "
            "data of the gateways. For more than a trial: Mosquitto with TLS, see docs/operations.md",
        )
        return Notice("broker.plain", text)
    if broker.password_file is None or broker.ca_file is not None:
        return None
    text = Text(
        f"Mật khẩu của trung tâm đi tới máy chủ MQTT {where} mà không mã hóa: hãy bật TLS ở đó (classhub tls init, "
        "classhub broker config) và đặt broker.ca_file",
        f"The hub's password goes to the MQTT broker {where} unencrypted: turn TLS on there (classhub tls init, "
        "classhub broker config) and set broker.ca_file",
    )
    return Notice("broker.plain", text)


def _pages_in_clear(web: WebSection) -> Notice | None:
    """A reverse proxy that was named is taken to speak TLS with the browsers."""
    if is_loopback(web.host) or web.cert_file is not None or web.trusted_proxies:
        return None
    text = Text(
        f"Trang web ở {host_port(web.host, web.port)} không mã hóa: ai nghe được mạng này thấy mật khẩu đăng nhập. "
        "Hãy chạy classhub tls init rồi đặt web.cert_file và web.key_file",
        f"The pages on {host_port(web.host, web.port)} are not encrypted: whoever listens on this network sees the "
        "passwords of those who sign in. Run classhub tls init, then set web.cert_file and web.key_file",
    )
    return Notice("web.plain", text)


def _pulls_in_clear(pulls: tuple[PullSection, ...]) -> Notice | None:
    names = ", ".join(pull.name for pull in pulls if in_clear(pull))
    if not names:
        return None
    text = Text(
        f"Nguồn dữ liệu {names} lấy qua mạng mà không mã hóa (pull.allow_http): ai nghe được mạng này thấy tên học "
        "sinh và mật khẩu. Hãy dùng https",
        f"The data source {names} is fetched unencrypted (pull.allow_http): whoever listens on the network sees "
        "pupils' names and the secret. Use https",
    )
    return Notice("pull.plain", text)
