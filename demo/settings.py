"""The settings files of the demo, as a person would write them: hub.toml, edge.toml, the school file, a broker's."""

import json

from demo.bells import Bells
from demo.cast import BUILDINGS, GATEWAYS, NEW_GATEWAY, PLACES, SCHOOL, SCHOOL_NAME
from demo.plan import HOST, PORTS, Plan
from demo.units import (
    BOARD,
    BUS,
    BUS_DEVICES,
    FITTED,
    METER,
    MQTT_GATEWAY,
    PROJECTOR,
    READER,
    base_topic,
    serial_units,
    zigbee_units,
)

PULL, PULLED = "van-phong", "thu-muc-van-phong"  # the pull's name, and the folder it looks at


def write_hub(plan: Plan) -> None:
    """What `classhub hub run` is started with, over what `hub init` wrote."""
    plan.hub_toml().write_text(_hub(plan), encoding="utf-8")


def write_edges(plan: Plan) -> None:
    """What each `classhub edge run` is started with."""
    for gateway, _ in (*GATEWAYS, (NEW_GATEWAY, "")):
        plan.edge_toml(gateway).parent.mkdir(parents=True, exist_ok=True)
        write_edge(plan, gateway, [_text("host", HOST), f"port = {plan.uplink_port(gateway)}"])


def write_edge(plan: Plan, gateway: str, broker: list[str]) -> None:
    """One of them; `broker` are the lines of its section."""
    plan.edge_toml(gateway).write_text(_edge(plan, gateway, broker), encoding="utf-8")


def write_school(plan: Plan, bells: Bells) -> None:
    """The school file `classhub hub apply` reads."""
    (plan.folder / "school.toml").write_text(_school(bells), encoding="utf-8")


def _hub(plan: Plan) -> str:
    return "\n".join((
        "[hub]", 'id = "main"', 'data_dir = "data"', 'language = "vi"', "",
        "[broker]", 'kind = "embedded"', _text("host", HOST), f"port = {plan.broker_port}", "",
        "[web]", _text("host", HOST), f"port = {plan.web_port}",
        "open_reading = true  # simulated, and reachable from this machine only", "",
        "[store]", "min_free_mb = 50", "",
        "[[pull]]  # where the school's office puts its exports", _text("school", SCHOOL), _text("name", PULL),
        'kind = "file"', _text("path", str(plan.folder / PULLED)), 'holds = "roster"', "every_minutes = 30", "",
    ))  # fmt: skip


def _edge(plan: Plan, gateway: str, broker: list[str]) -> str:
    lines = [
        "[gateway]", _text("school", SCHOOL), _text("id", gateway), 'hub = "main"', 'data_dir = "data"', "",
        "[broker]", *broker, "",
        "[clock]", 'trust = "system"', "",
        "[outbox]", "max_mb = 64", "min_free_mb = 50", "",
    ]  # fmt: skip
    for serial in serial_units():
        if serial.gateway == gateway:
            lines += ["[[serial]]", _text("name", serial.id), _text("id", serial.id), _text("device", serial.device)]
            # Relative to the folder the demo's processes live in: a path in edge.toml has at most 64 letters.
            lines += [_text("port", f"{PORTS}/{serial.id}"), ""]
    lines += _fitted(plan, gateway)
    if gateway != NEW_GATEWAY:
        lines += ["[[zigbee2mqtt]]", 'name = "zigbee"', _text("host", HOST), f"port = {plan.local_port}"]
        lines += [_text("base_topic", base_topic(gateway)), ""]
        lines += [
            "[[replay]]  # what it measured before the demo was started",
            'file = "past.csv"',
            'map = "past.toml"',
        ]
        lines += ["speed = 0", ""]
    return "\n".join(lines)


def _fitted(plan: Plan, gateway: str) -> list[str]:
    """Displays on the network, the card reader, the shared line, and devices of other makes on the local broker."""
    lines: list[str] = []
    for unit, device, port in ((BOARD, "samsung-mdc", plan.board_port), (PROJECTOR, "pjlink", plan.projector_port)):
        if unit.gateway == gateway:
            lines += ["[[network]]", _text("name", unit.id), _text("id", unit.id), _text("device", device)]
            lines += [_text("host", HOST), f"port = {port}", ""]
    if gateway == READER.gateway:
        lines += ["[[serial]]", _text("name", READER.id), _text("id", READER.id), _text("device", "rdm6300")]
        lines += [_text("port", f"{PORTS}/{READER.id}"), ""]
    if gateway == METER.gateway:
        lines += ["[[bus]]", _text("name", BUS), _text("port", f"{PORTS}/{BUS}"), "devices = ["]
        for unit, device, address in BUS_DEVICES:
            words = [_text("name", unit.id), _text("id", unit.id), _text("device", device), f"address = {address}"]
            lines.append(f"  {{ {', '.join(words)} }},")
        lines += ["]", ""]
    if gateway == MQTT_GATEWAY:
        topics = '["tele/#", "stat/#", "application/#", "stem/#"]'
        lines += ["[[mqtt]]", _text("name", "mqtt"), _text("host", HOST), f"port = {plan.local_port}"]
        lines += [f"topics = {topics}", ""]
    return lines


def _school(bells: Bells) -> str:
    lines = ["[school]", _text("id", SCHOOL), _text("name", SCHOOL_NAME), _text("timezone", bells.timezone)]
    lines += ["simulated = true", ""]
    for building, name in BUILDINGS:
        lines += ["[[building]]", _text("id", building), _text("name", name), ""]
    for place in PLACES:
        lines += ["[[room]]", _text("id", place.id), _text("name", place.name), _text("building", place.building)]
        lines += [f'aliases = ["{place.id.upper()}"]', f"volume_m3 = {place.volume_m3}", "capacity = 45", ""]
    for gateway, name in GATEWAYS:
        lines += ["[[gateway]]", _text("id", gateway), _text("name", name), ""]
    for unit in serial_units():
        if unit.gateway != NEW_GATEWAY:
            lines += _device(unit.id, unit.room, unit.gateway, unit.name, unit.model)
    for fitted in FITTED:
        lines += _device(fitted.id, fitted.room, fitted.gateway, fitted.name, fitted.model)
    for zigbee in zigbee_units():
        if zigbee.assigned:
            lines += _device(zigbee.id, zigbee.room, zigbee.gateway, zigbee.name)
    return "\n".join(lines)


def _device(device: str, room: str, gateway: str, name: str, model: str = "") -> list[str]:
    lines = ["[[device]]", _text("id", device), _text("room", room), _text("gateway", gateway), _text("name", name)]
    return [*lines, _text("model", model), ""] if model else [*lines, ""]


def write_local_broker(plan: Plan) -> None:
    """One nats-server plays the local brokers of all gateways; each has a base topic of its own on it."""
    store = json.dumps(str(plan.folder / "local-broker"))
    text = (
        f'listen: "{HOST}:-1"\nserver_name: "demo-local"\njetstream {{ store_dir: {store} }}\n'
        f'mqtt {{ listen: "{HOST}:{plan.local_port}" }}\n'
    )
    (plan.folder / "local-broker.conf").write_text(text, encoding="utf-8")


def _text(key: str, value: str) -> str:
    """A TOML line; JSON's string is a TOML basic string, Vietnamese letters included."""
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
