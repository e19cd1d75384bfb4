"""What edge.toml says of devices that the hub should show: their names, and the figures it maps itself. Pure."""

from edge.config import EdgeConfig, device_id
from wire.mapping import MAX_MAPPINGS, Figure
from wire.messages import MAX_NAMES

LONGEST_NAME = 200


def device_names(config: EdgeConfig) -> dict[str, str]:
    """What edge.toml calls each device, by its id at the hub."""
    named = [(entry.id, entry.name) for entry in config.serial]
    named += [(entry.id, entry.name) for entry in config.network]
    named += [(entry.id, entry.name) for bus in config.bus for entry in bus.devices]
    gateway = config.gateway.id
    found = {given or device_id(gateway, name): name.strip()[:LONGEST_NAME] for given, name in named}
    return dict(list(found.items())[:MAX_NAMES])


def own_figures(config: EdgeConfig) -> list[Figure]:
    """What edge.toml maps: a mapping of the hub for the same figure is not used."""
    return [Figure(row.topic, row.path) for row in config.mapping][:MAX_MAPPINGS]
