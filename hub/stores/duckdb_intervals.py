"""Where devices hung and how they were calibrated, as the embedded store keeps it: many devices in one transaction.

A transaction for each device took a province of 15,000 more than a minute at its first start.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import duckdb
import numpy as np
from numpy.typing import NDArray

from hub.registry.model import Assignment, Calibration
from hub.stores.duckdb_schema import ALWAYS_MS, Catalogue
from hub.stores.series import DeviceKey

Item = TypeVar("Item", Assignment, Calibration)
Columns = dict[str, NDArray[Any]]


def news(
    told: Mapping[DeviceKey, Sequence[Item]],
    known: Mapping[DeviceKey, tuple[Item, ...]],
    order: Callable[[Item], Any],
) -> dict[DeviceKey, tuple[Item, ...]]:
    """What differs from what is known, sorted."""
    ordered = {key: tuple(sorted(items, key=order)) for key, items in told.items()}
    return {key: items for key, items in ordered.items() if known.get(key, ()) != items}


def assignment_columns(devices: Mapping[DeviceKey, tuple[Assignment, ...]], catalogue: Catalogue) -> Columns:
    """In the order of the table."""
    take = catalogue.devices.take
    rows = [(take(key), each) for key, items in devices.items() for each in items]
    return {
        "device": np.array([device for device, _ in rows], np.int64),
        "room": np.array([each.room for _, each in rows], object),
        "from_ms": np.array([each.from_ms for _, each in rows], np.int64),
        "to_ms": np.array([ALWAYS_MS if each.to_ms is None else each.to_ms for _, each in rows], np.int64),
    }


def calibration_columns(devices: Mapping[DeviceKey, tuple[Calibration, ...]], catalogue: Catalogue) -> Columns:
    """In the order of the table."""
    take, quantity = catalogue.devices.take, catalogue.quantities.take
    rows = [(take(key), each, end) for key, items in devices.items() for each, end in _with_ends(items)]
    return {
        "device": np.array([device for device, _, _ in rows], np.int64),
        "quantity": np.array([quantity(each.quantity) for _, each, _ in rows], np.int64),
        "scale": np.array([each.scale for _, each, _ in rows], np.float64),
        "offset": np.array([each.offset for _, each, _ in rows], np.float64),
        "from_ms": np.array([each.from_ms for _, each, _ in rows], np.int64),
        "to_ms": np.array([end for _, _, end in rows], np.int64),
    }


def write(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    catalogue: Catalogue,
    devices: Mapping[DeviceKey, object],
    columns: Columns,
) -> None:
    """Replace all that the table says of these devices."""
    if not devices:
        return
    connection.register("told", {"device": np.array([catalogue.devices.take(key) for key in devices], np.int64)})
    connection.execute(f"DELETE FROM {table} WHERE device IN (SELECT device FROM told)")  # noqa: S608
    connection.unregister("told")
    if len(columns["device"]):
        connection.register("told", columns)
        connection.execute(f"INSERT INTO {table} SELECT * FROM told")  # noqa: S608
        connection.unregister("told")


def _with_ends(calibrations: Sequence[Calibration]) -> Iterator[tuple[Calibration, int]]:
    """Each calibration holds until the next one of its quantity."""
    for place, each in enumerate(calibrations):
        following = calibrations[place + 1] if place + 1 < len(calibrations) else None
        same = following is not None and following.quantity == each.quantity
        yield each, following.from_ms if same and following is not None else ALWAYS_MS
