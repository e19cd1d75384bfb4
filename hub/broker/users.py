"""The embedded broker's settings file: who may connect and what each may say and hear. Topics are dotted subjects here.

A gateway writes its own `tele event state` and reads its own `ack cmd` and the hubs' states (docs/protocol.md 1).
"""

import json
from pathlib import Path

import msgspec
from sqlalchemy import Engine, select

from hub.db.engine import reading
from hub.db.models import GatewayCredentialRow, GatewayRow
from hub.registry.model import GatewayStatus
from wire.topics import user_name

MQTT_INTERNALS = "$MQTT.sub.>"  # where nats-server delivers a QoS 1 subscription
WRITES = ("tele", "event", "state")
READS = ("ack", "cmd")


class Account(msgspec.Struct, frozen=True):
    """A broker user. `secret` is a password for the hub, a bcrypt hash for a gateway."""

    name: str
    secret: str
    school: str = ""
    gateway: str = ""


def accounts(engine: Engine) -> list[Account]:
    """Every gateway with a credential that is not revoked, unless somebody refused it. Blocks."""
    credential, gateway = GatewayCredentialRow, GatewayRow
    query = (
        select(credential.school, credential.gateway, credential.bcrypt_hash)
        .join(gateway, (gateway.school == credential.school) & (gateway.id == credential.gateway))
        .where(credential.revoked_ms.is_(None), gateway.status != GatewayStatus.REFUSED.value)
        .order_by(credential.school, credential.gateway, credential.id)
    )
    with reading(engine).connect() as connection:
        newest = {(row.school, row.gateway): row.bcrypt_hash for row in connection.execute(query)}
    return [Account(user_name(school, name), secret, school, name) for (school, name), secret in newest.items()]


def may_come(engine: Engine) -> dict[str, bool]:
    """User names of gateways somebody judged: those refused, and those that were given a password once. Blocks."""
    credential, gateway = GatewayCredentialRow, GatewayRow
    refused = select(gateway.school, gateway.id).where(gateway.status == GatewayStatus.REFUSED.value)
    given = select(credential.school, credential.gateway).distinct()
    with reading(engine).connect() as connection:
        judged = [*connection.execute(refused), *connection.execute(given)]
    allowed = {account.name for account in accounts(engine)}
    return {name: name in allowed for name in (user_name(school, gateway) for school, gateway in judged)}


def settings(
    *, folder: Path, host: str, port: int, hub: Account, gateways: list[Account], anyone: Account | None
) -> str:
    """The text of nats.conf. `anyone`: what a client without a credential is, any gateway (loopback only)."""
    users = [_user(hub.name, hub.secret, publish=["edu.v1.>"], subscribe=["edu.v1.>", "$MQTT.>"])]
    users += [_gateway_user(account) for account in gateways]
    no_auth = ""
    if anyone is not None:
        users.append(
            _user(
                anyone.name,
                anyone.secret,
                publish=[f"edu.v1.*.*.{channel}" for channel in WRITES],
                subscribe=[*(f"edu.v1.*.*.{channel}" for channel in READS), "edu.v1.hub.*.state", MQTT_INTERNALS],
            )
        )
        no_auth = f"\n  no_auth_user: {json.dumps(anyone.name)}"
    return f"""# Written by classhub at every start; changes made here are lost.
server_name: "classhub"
host: "127.0.0.1"
port: -1
max_payload: 1MB
max_pending: 64MB
logtime: true
jetstream {{
  store_dir: {json.dumps(str(folder / "jetstream"))}
  max_memory_store: 64MB
  max_file_store: 512MB
}}
mqtt {{
  host: {json.dumps(host)}
  port: {port}{no_auth}
}}
authorization {{
  users = [
{chr(10).join(users)}
  ]
}}
"""


def _gateway_user(account: Account) -> str:
    own = f"edu.v1.{account.school}.{account.gateway}"
    return _user(
        account.name,
        account.secret,
        publish=[f"{own}.{channel}" for channel in WRITES],
        subscribe=[*(f"{own}.{channel}" for channel in READS), "edu.v1.hub.*.state", MQTT_INTERNALS],
    )


def _user(name: str, secret: str, *, publish: list[str], subscribe: list[str]) -> str:
    return (
        f"    {{user: {json.dumps(name)}, password: {json.dumps(secret)}, permissions: "
        f"{{publish: {json.dumps(publish)}, subscribe: {json.dumps(subscribe)}}}}}"
    )
