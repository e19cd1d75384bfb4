"""What a person or a rule may tell a device to do, and how that ended: `Command` there, event `command_result` back."""

from enum import StrEnum

import msgspec


class OrderKind(StrEnum):
    """The `kind` of a command that is for a device; `value` says more where there is more to say."""

    SWITCH_ON = "switch_on"
    SWITCH_OFF = "switch_off"
    DISPLAY_ON = "display_on"
    DISPLAY_OFF = "display_off"
    DISPLAY_INPUT = "display_input"  # value: hdmi1 hdmi2 dp1 vga1 usb-c1 network …
    DISPLAY_MUTE = "display_mute"
    DISPLAY_UNMUTE = "display_unmute"
    SELF_CALIBRATION_ON = "self_calibration_on"  # ABC: the lowest level of some days becomes outdoor air
    SELF_CALIBRATION_OFF = "self_calibration_off"
    CALIBRATE_OUTDOOR = "calibrate_outdoor"  # what is measured now is outdoor air
    CALIBRATE_TO = "calibrate_to"  # value: the true figure, in the unit of what is measured
    MEASURING_RANGE = "measuring_range"  # value: its upper end
    CLEAN = "clean"  # a fan cleans itself
    RESET_ENERGY = "reset_energy"
    SET_CLOCK = "set_clock"
    ENROL = "enrol"  # value: the place a template is stored at
    DELETE_TEMPLATE = "delete_template"  # value: its place


class Result(StrEnum):
    """How an order ended."""

    DONE = "done"
    REFUSED = "refused"  # by the device, or because the gateway's clock is not known
    TIMED_OUT = "timed_out"  # sent, and no answer came; or the device could not be reached
    EXPIRED = "expired"
    UNSUPPORTED = "unsupported"  # no such device here, or it knows no such order


class Order(msgspec.Struct, frozen=True):
    """One order for one device; `id` is the command's."""

    id: str
    device: str
    kind: OrderKind
    value: str = ""
