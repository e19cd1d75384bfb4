"""Sensors of air on a serial line: dust, CO₂, climate."""

from firmware_bridge.device import Device
from firmware_bridge.devices.air import (
    bme280,
    hpma115,
    mhz19,
    pms1003,
    pms3003,
    pms5003,
    pms5003s,
    pms5003st,
    pms5003t,
    pms7003,
    s8,
    scd4x,
    scd30,
    sds011,
    sds198,
    sps30,
    zh03,
)

AIR: tuple[Device, ...] = (
    mhz19.DEVICE,
    s8.DEVICE,
    pms1003.DEVICE,
    pms3003.DEVICE,
    pms5003.DEVICE,
    pms5003.PASSIVE,
    pms5003s.DEVICE,
    pms5003t.DEVICE,
    pms5003st.DEVICE,
    pms7003.DEVICE,
    sds011.DEVICE,
    sds198.DEVICE,
    sps30.DEVICE,
    hpma115.DEVICE,
    hpma115.COMPACT,
    zh03.DEVICE,
    scd30.DEVICE,
    scd4x.DEVICE,
    bme280.DEVICE,
)
