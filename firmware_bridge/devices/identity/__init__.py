"""Readers of cards, fingers and codes, and attendance terminals."""

from firmware_bridge.device import Device
from firmware_bridge.devices.identity import pn532, qr, r307, rdm6300, wedge, wiegand26, zkteco

IDENTITY: tuple[Device, ...] = (
    r307.DEVICE,
    rdm6300.DEVICE,
    pn532.DEVICE,
    wiegand26.DEVICE,
    qr.DEVICE,
    wedge.CARD,
    wedge.CODE,
    zkteco.DEVICE,
)
