"""Mosquitto's dynamic security in plain structures: who may say and hear what, as commands and as the plugin's file.

Pure. Sources: mosquitto.org/documentation/dynamic-security, and what Mosquitto 2.0.11 was seen to read and answer.
A gateway writes its own `tele event state` and reads its own `ack cmd` and the hubs' states (docs/protocol.md 1).
"""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from wire.topics import PREFIX, Channel, client_id, gateway_topic, user_name

Command = dict[str, Any]
COMMAND_TOPIC = "$CONTROL/dynamic-security/v1"
RESPONSE_TOPIC = f"{COMMAND_TOPIC}/response"
EVERY_HUB_STATE = f"{PREFIX}/hub/+/state"
WRITES = (Channel.TELE, Channel.EVENT, Channel.STATE)
READS = (Channel.ACK, Channel.CMD)
SALT_BYTES = 12  # Mosquitto 2.0 takes no other length
# What Mosquitto itself uses. Our secrets are 256 random bits, which no cost makes safer, and 2,200 gateways that come
# back at once must not keep the broker busy.
ITERATIONS = 101
EXISTS = frozenset({"Client already exists", "Role already exists"})
UNKNOWN = frozenset({"Client not found", "Role not found"})
ADMIN_ROLE, HUB_ROLE = "classhub-admin", "classhub-hub"


class Credential(msgspec.Struct, frozen=True):
    """A broker user as the plugin's file keeps it. `salt` is SALT_BYTES random bytes."""

    username: str
    secret: str
    salt: bytes
    role: str
    client_id: str | None = None


def acl(kind: str, topic: str) -> Command:
    return {"acltype": kind, "topic": topic, "priority": 0, "allow": True}


# Everybody may leave what only they can hear.
LEAVE = acl("unsubscribePattern", "#")


def gateway_role(school: str, gateway: str) -> str:
    """The role's name is the user's: one role, one gateway."""
    return user_name(school, gateway)


def gateway_acls(school: str, gateway: str) -> list[Command]:
    """Raises ValueError where the ids make no topic."""
    writes = [gateway_topic(school, gateway, channel) for channel in WRITES]
    reads = [gateway_topic(school, gateway, channel) for channel in READS]
    return [
        *(acl("publishClientSend", topic) for topic in writes),
        *(acl("subscribeLiteral", topic) for topic in reads),
        acl("subscribePattern", EVERY_HUB_STATE),
        *(acl("publishClientReceive", topic) for topic in (*reads, EVERY_HUB_STATE)),
        LEAVE,
    ]


def hub_acls() -> list[Command]:
    """A hub hears all gateways and other hubs' states, and speaks to all."""
    heard = [*(f"{PREFIX}/+/+/{channel}" for channel in WRITES), EVERY_HUB_STATE]
    said = [*(f"{PREFIX}/+/+/{channel}" for channel in READS), EVERY_HUB_STATE]
    return [
        *(acl("publishClientSend", topic) for topic in said),
        *(acl("subscribePattern", topic) for topic in heard),
        *(acl("publishClientReceive", topic) for topic in heard),
        LEAVE,
    ]


def admin_acls() -> list[Command]:
    """Commands and their answers, and nothing any gateway says."""
    return [
        acl("publishClientSend", COMMAND_TOPIC),
        acl("publishClientReceive", RESPONSE_TOPIC),
        acl("subscribeLiteral", RESPONSE_TOPIC),
        LEAVE,
    ]


# ---- commands ----


def creation(school: str, gateway: str, secret: str) -> list[Command]:
    """A role and a client that uses it; answered with one of EXISTS where there is one already."""
    role = gateway_role(school, gateway)
    return [
        {"command": "createRole", "rolename": role, "acls": gateway_acls(school, gateway)},
        {"command": "createClient", **_client(school, gateway, secret)},
    ]


def renewal(school: str, gateway: str, secret: str) -> list[Command]:
    """The same for one that is there: its rights and its password as they should be; its session is cut."""
    role = gateway_role(school, gateway)
    return [
        {"command": "modifyRole", "rolename": role, "acls": gateway_acls(school, gateway)},
        {"command": "modifyClient", **_client(school, gateway, secret)},
        {"command": "enableClient", "username": user_name(school, gateway)},
    ]


def switch(school: str, gateway: str, *, on: bool) -> Command:
    """Let a gateway in again, or keep it out: its session is cut at once."""
    return {"command": "enableClient" if on else "disableClient", "username": user_name(school, gateway)}


def _client(school: str, gateway: str, secret: str) -> Command:
    return {
        "username": user_name(school, gateway),
        "password": secret,
        "clientid": client_id(school, gateway),
        "roles": [{"rolename": gateway_role(school, gateway)}],
    }


# ---- the plugin's file ----


def first_file(admin: Credential, hub: Credential, gateways: Iterable[tuple[str, str, Credential]] = ()) -> Command:
    """What the plugin starts with: nobody may do anything that no role allows."""
    every = list(gateways)
    roles = [
        {"rolename": ADMIN_ROLE, "acls": admin_acls()},
        {"rolename": HUB_ROLE, "acls": hub_acls()},
        *({"rolename": gateway_role(s, g), "acls": gateway_acls(s, g)} for s, g, _ in every),
    ]
    kinds = ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe")
    return {
        "defaultACLAccess": dict.fromkeys(kinds, False),
        "clients": [_kept(each) for each in (admin, hub, *(credential for _, _, credential in every))],
        "groups": [],
        "roles": roles,
    }


def _kept(credential: Credential) -> Command:
    hashed = _hash(credential.secret, credential.salt, ITERATIONS)
    kept: Command = {
        "username": credential.username,
        "password": base64.b64encode(hashed).decode(),
        "salt": base64.b64encode(credential.salt).decode(),
        "iterations": ITERATIONS,
        "roles": [{"rolename": credential.role}],
    }
    return kept if credential.client_id is None else kept | {"clientid": credential.client_id}


def _hash(secret: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, iterations)


class KeptClient(msgspec.Struct, frozen=True):
    """A client as the plugin's file or its answers name it; what does not matter here is left out."""

    username: str
    password: str = ""
    salt: str = ""
    iterations: int = ITERATIONS
    disabled: bool = False

    def knows(self, secret: str) -> bool:
        """Whether this is its password."""
        try:
            hashed = _hash(secret, base64.b64decode(self.salt), self.iterations)
        except ValueError:
            return False
        return base64.b64encode(hashed).decode() == self.password


class KeptFile(msgspec.Struct, frozen=True):
    """The part of dynamic-security.json that says who is known."""

    clients: tuple[KeptClient, ...] = ()

    def client(self, username: str) -> KeptClient | None:
        return next((each for each in self.clients if each.username == username), None)


# ---- what the plugin says ----


class Answer(msgspec.Struct, frozen=True):
    """Its answer to one command; `error` is empty where it was carried out."""

    command: str = ""
    error: str = ""
    correlation: str = msgspec.field(default="", name="correlationData")
    data: Any = None


class Answers(msgspec.Struct, frozen=True):
    responses: tuple[Answer, ...] = ()


def encode_commands(commands: Iterable[Command], correlation: str) -> bytes:
    """Each carries the mark, and so does its answer: another administrator's answers arrive on the same topic."""
    return msgspec.json.encode({"commands": [each | {"correlationData": correlation} for each in commands]})


def decode_answers(payload: bytes, correlation: str) -> list[Answer]:
    """Those to our commands; empty for what is not ours. Raises msgspec.MsgspecError for what is no answer at all."""
    found = msgspec.json.decode(payload, type=Answers)
    return [each for each in found.responses if each.correlation == correlation]
