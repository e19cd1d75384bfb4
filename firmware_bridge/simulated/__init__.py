"""Devices that are not there, speaking real bytes: for the demo, tests and trying things out.

Built from the data sheets' frames, not from this package's decoders.
"""

from firmware_bridge.simulated.mhz19 import SimulatedMhz19
from firmware_bridge.simulated.pms5003 import SimulatedPms5003
from firmware_bridge.simulated.sensor import Level, SimulatedSensor
from firmware_bridge.simulated.terminal import PseudoTerminal

__all__ = ["Level", "PseudoTerminal", "SimulatedMhz19", "SimulatedPms5003", "SimulatedSensor"]
