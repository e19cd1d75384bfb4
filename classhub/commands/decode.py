"""`classhub decode`: what a gateway would make of a message of a local broker, or of a serial capture.

One JSON object a line and value on standard output; events, availability and what was not understood on standard
error. Nothing is sent or stored.
Exit 0 fine, 1 the input has problems (bad frames, unreadable messages, nothing in it), 2 wrong usage.
"""

import argparse
from pathlib import Path

from classhub.commands import decode_mqtt, decode_serial
from classhub.commands.decode_device import TABLE_DEVICE
from classhub.commands.decode_output import PROBLEMS, InputProblem, complain
from firmware_bridge.devices import DEVICES

_FILE_HELP = "tệp vào, mặc định là đầu vào chuẩn / input file, standard input without it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="what", required=True, metavar="mqtt|serial")
    mqtt = kinds.add_parser("mqtt", help="một bản tin MQTT / a message of a local broker")
    decode_mqtt.add_arguments(mqtt, _FILE_HELP)
    serial = kinds.add_parser("serial", help="dữ liệu thô từ cổng nối tiếp / raw bytes of a serial line")
    serial.add_argument("device", metavar="DEVICE", help=", ".join((*DEVICES, TABLE_DEVICE)))
    serial.add_argument("--file", type=Path, help=_FILE_HELP)
    serial.add_argument("--address", type=int, help="địa chỉ trên dây chung / its address on a shared line")
    serial.add_argument("--table", type=Path, help="bảng thanh ghi của modbus / the registers of modbus, in TOML")


def run(arguments: argparse.Namespace) -> int:
    try:
        return decode_mqtt.run(arguments) if arguments.what == "mqtt" else decode_serial.run(arguments)
    except InputProblem as problem:
        complain(problem.text)
        return PROBLEMS
