"""A thin client of Mosquitto's dynamic security: commands in, answers checked, over TLS; it blocks."""

import queue
import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from hub.broker.dynsec import (
    COMMAND_TOPIC,
    EXISTS,
    RESPONSE_TOPIC,
    UNKNOWN,
    Answer,
    Command,
    creation,
    decode_answers,
    encode_commands,
    renewal,
    switch,
)
from hub.broker.secret_file import read_secret
from hub.config import BrokerSection
from hub.ingest.link import BrokerAddress
from wire.settings import SettingsError
from wire.text import Text

CONNECT_S, ANSWER_S = 5.0, 10.0
REFUSED_SUBSCRIPTION = 128


class BrokerAdminError(Exception):
    """The broker cannot be reached, or does not do what it is told; `text` says what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


@contextmanager
def administering(section: BrokerSection) -> Iterator["DynsecClient | None"]:
    """A connection as administrator of the external broker; None where the hub has none, or no right to it.

    Raises SettingsError for a secret that cannot be used, and BrokerAdminError.
    """
    address = admin_address(section)
    if address is None:
        yield None
        return
    with DynsecClient(address) as client:
        yield client


def admin_address(section: BrokerSection) -> BrokerAddress | None:
    """Where and as whom an external broker is administered. Raises SettingsError."""
    if section.kind != "external" or section.admin_username is None:
        return None
    if section.admin_password_file is None:
        reason = Text("cần có khi đặt broker.admin_username", "is needed where broker.admin_username is set")
        raise SettingsError("hub.toml", "broker.admin_password_file", reason)
    secret = read_secret(Path(section.admin_password_file), "broker.admin_password_file")
    return BrokerAddress(section.host, section.port, section.admin_username, secret, section.ca_file)


class DynsecClient:
    """`with DynsecClient(address) as broker: broker.renew(…)`. One connection; not for several threads at once."""

    def __init__(self, address: BrokerAddress) -> None:
        self._address = address
        self._where = address.where
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"classhub-admin_{secrets.token_hex(4)}",
            reconnect_on_failure=False,
        )
        self._client.username_pw_set(address.username, address.password)
        self._client.connect_timeout = CONNECT_S
        self._client.on_connect = self._greeted
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._heard
        self._client.on_disconnect = self._ended
        # In order: "" once subscribed, a reason where it ended; then payloads.
        self._news: queue.Queue[str | bytes] = queue.Queue()

    # ---- what it can do ----

    def put_gateway(self, school: str, gateway: str, secret: str) -> None:
        """The gateway may come with this password and no other; a session of it is cut. Raises BrokerAdminError."""
        answers = self.ask(creation(school, gateway, secret))
        self._need(answers, EXISTS)
        if any(answer.error for answer in answers):  # one may have been there without the other
            self._need(self.ask(renewal(school, gateway, secret)))

    def switch_gateway(self, school: str, gateway: str, *, on: bool) -> bool:
        """Enable or disable; False where the broker has no such client. Raises BrokerAdminError."""
        answers = self.ask([switch(school, gateway, on=on)])
        self._need(answers, UNKNOWN)
        return not any(answer.error for answer in answers)

    def disabled(self) -> dict[str, bool]:
        """Every client's user name, and whether it is kept out. Raises BrokerAdminError."""
        (answer,) = self.ask([{"command": "listClients", "verbose": True, "count": -1, "offset": 0}])
        self._need([answer])
        clients = (answer.data or {}).get("clients", [])
        return {each["username"]: bool(each.get("disabled")) for each in clients}

    def ask(self, commands: list[Command]) -> list[Answer]:
        """One answer a command, in their order. Raises BrokerAdminError where there is none in time."""
        mark = secrets.token_hex(8)
        self._client.publish(COMMAND_TOPIC, encode_commands(commands, mark), qos=1)
        until, answers = time.monotonic() + ANSWER_S, list[Answer]()
        while len(answers) < len(commands):
            news = self._next(until)
            if isinstance(news, str):
                raise self._unreachable(news)
            try:
                answers += decode_answers(news, mark)
            except msgspec.MsgspecError as strange:
                raise self._unreachable(f"an answer that cannot be read: {strange}") from strange
        return answers

    # ---- the connection ----

    def __enter__(self) -> Self:
        """Raises BrokerAdminError."""
        address = self._address
        try:
            if address.ca_file is not None:
                trust = ssl.create_default_context(cafile=address.ca_file)
                _greet(address, trust)
                self._client.tls_set_context(trust)
            self._client.connect(address.host, address.port)
        except ssl.SSLCertVerificationError as distrusted:
            raise self._distrusted(distrusted) from distrusted
        except (OSError, ValueError) as failed:
            raise self._unreachable(str(failed) or type(failed).__name__) from failed
        self._client.loop_start()
        try:
            reason = self._next(time.monotonic() + CONNECT_S)
        except BrokerAdminError:
            self.close()
            raise
        if reason:
            self.close()
            raise self._refused(str(reason))
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _next(self, until_s: float) -> str | bytes:
        try:
            return self._news.get(timeout=max(until_s - time.monotonic(), 0))
        except queue.Empty:
            raise self._unreachable("no answer") from None

    def _greeted(self, client: Client, _data: object, _flags: object, code: ReasonCode, _properties: object) -> None:
        if code.is_failure:
            self._news.put(str(code))
        else:
            client.subscribe(RESPONSE_TOPIC, 1)

    def _subscribed(
        self, _client: Client, _data: object, _mid: int, codes: list[ReasonCode], _properties: object
    ) -> None:
        refused = any(code.value >= REFUSED_SUBSCRIPTION for code in codes)
        self._news.put(
            "not allowed to administer: dynamic security is off or this user has no right" if refused else ""
        )

    def _heard(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._news.put(bytes(message.payload))

    def _ended(self, _client: Client, _data: object, _flags: object, code: ReasonCode, _properties: object) -> None:
        self._news.put(f"connection lost: {code}")

    # ---- what people read ----

    def _need(self, answers: list[Answer], but: frozenset[str] = frozenset()) -> None:
        for answer in answers:
            if answer.error and answer.error not in but:
                raise BrokerAdminError(
                    Text(
                        f"máy chủ MQTT {self._where} từ chối lệnh {answer.command}: {answer.error}",
                        f"the MQTT broker {self._where} refuses the command {answer.command}: {answer.error}",
                    )
                )

    def _unreachable(self, reason: str) -> BrokerAdminError:
        return BrokerAdminError(
            Text(
                f"máy chủ MQTT {self._where} không trả lời ({reason}); chưa có gì thay đổi: hãy bật máy chủ, kiểm tra"
                " broker.host và broker.port, rồi chạy lại lệnh",
                f"the MQTT broker {self._where} does not answer ({reason}); nothing was changed: start it, look at"
                " broker.host and broker.port, and run the command again",
            )
        )

    def _distrusted(self, error: ssl.SSLCertVerificationError) -> BrokerAdminError:
        return BrokerAdminError(
            Text(
                f"chứng chỉ của máy chủ MQTT {self._where} không dùng được ({error.verify_message});"
                f" chưa có gì thay đổi: xem lại broker.ca_file ({self._address.ca_file}), hoặc: classhub tls init",
                f"the certificate of the MQTT broker {self._where} is not trusted ({error.verify_message});"
                f" nothing was changed: look at broker.ca_file ({self._address.ca_file}), or: classhub tls init",
            )
        )

    def _refused(self, reason: str) -> BrokerAdminError:
        return BrokerAdminError(
            Text(
                f"máy chủ MQTT {self._where} không nhận người quản trị {self._address.username!r} ({reason});"
                " chưa có gì thay đổi: kiểm tra broker.admin_username và broker.admin_password_file",
                f"the MQTT broker {self._where} refuses the administrator {self._address.username!r} ({reason});"
                " nothing was changed: look at broker.admin_username and broker.admin_password_file",
            )
        )


def _greet(address: BrokerAddress, trust: ssl.SSLContext) -> None:
    """One handshake beforehand: paho leaves its socket open where a certificate is not trusted. Raises OSError."""
    with (
        socket.create_connection((address.host, address.port), CONNECT_S) as plain,
        trust.wrap_socket(plain, server_hostname=address.host),
    ):
        pass
