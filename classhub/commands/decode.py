"""`classhub decode`: what a gateway would make of a message of a local broker, or of a serial capture.

One JSON object a line and value on standard output; events, availability and what was not understood on standard
error, with --json in JSON too. Nothing is sent or stored.
Exit 0 fine, 1 the input has problems (bad frames, unreadable messages, nothing in it), 2 wrong usage.
"""

import argparse
from pathlib import Path

from classhub.commands import decode_mqtt, decode_serial
from classhub.commands.decode_device import TABLE_DEVICE
from classhub.commands.decode_output import PROBLEMS, InputProblem, Kind, complain, for_machines
from firmware_bridge.devices import DEVICES

_FILE_HELP = "tệp vào, mặc định là đầu vào chuẩn / input file, standard input without it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="what", required=True, metavar="mqtt|serial")
    mqtt = kinds.add_parser("mqtt", help="một bản tin MQTT / a message of a local broker")
    decode_mqtt.add_arguments(mqtt, _FILE_HELP)
    serial = kinds.add_parser("serial", help="dữ liệu thô từ cổng nối tiếp / raw bytes of a serial line")
    serial.add_argument("device", metavar="DEVICE", help=", ".join((*DEVICES, TABLE_DEVICE)))
    serial.add_argument("--file", type=Path, help=_FILE_HELP)
    serial.add_argument(
        "--hex",
        action="store_true",
        help="tệp là văn bản thập lục phân / the file is hexadecimal text (else tried where its bytes say nothing)",
    )
    serial.add_argument("--address", type=int, help="địa chỉ trên dây chung / its address on a shared line")
    serial.add_argument("--table", type=Path, help="bảng thanh ghi của modbus / the registers of modbus, in TOML")
    for kind in (mqtt, serial):
        kind.add_argument("--json", action="store_true", help="lời nhắn cũng cho máy đọc / messages for machines too")


def run(arguments: argparse.Namespace) -> int:
    before = for_machines.set(arguments.json)
    try:
        return decode_mqtt.run(arguments) if arguments.what == "mqtt" else decode_serial.run(arguments)
    except InputProblem as problem:
        complain(problem.text, Kind.PROBLEM)
        return PROBLEMS
    finally:
        for_machines.reset(before)
