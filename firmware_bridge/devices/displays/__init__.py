"""Interactive boards, screens and projectors."""

from firmware_bridge.device import Device
from firmware_bridge.devices.displays import (
    benq,
    ctouch,
    dell,
    iiyama,
    lg,
    nec,
    newline,
    optoma,
    philips,
    pjlink,
    promethean,
    samsung,
    sharp,
    smart,
    sony,
    speechi,
    viewsonic,
)
from firmware_bridge.display import Display
from firmware_bridge.display_device import display_device

TABLES: tuple[Display, ...] = (
    samsung.MDC,
    samsung.EXLINK,
    lg.LG,
    lg.TELEVISION,
    benq.BENQ,
    viewsonic.VIEWSONIC,
    newline.NEWLINE,
    newline.AVOCOR,
    philips.PHILIPS,
    philips.OLD,
    sharp.SHARP,
    nec.NEC,
    promethean.PROMETHEAN,
    smart.SMART,
    optoma.OPTOMA,
    optoma.RKE,
    sony.SONY,
    iiyama.IIYAMA,
    speechi.IIYAMA_TE,
    speechi.SPEECHI,
    ctouch.CTOUCH,
    ctouch.EASYPITCH,
    dell.DELL,
)
DISPLAYS: tuple[Device, ...] = (*(display_device(table) for table in TABLES), pjlink.DEVICE)
