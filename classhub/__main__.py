"""`classhub`: finds the command and runs it. Exit 0 fine, 1 the input has problems, 2 wrong usage.

Each command is a module with `add_arguments(parser)` and `run(arguments) -> int`, imported only when it is called:
a gateway with 1 GB of memory never loads the hub.
"""

import argparse
import importlib
import os
import sys
from types import ModuleType

from wire.release import RELEASE

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("classhub.commands.demo", "một trường mô phỏng, chạy ngay / a whole simulated school"),
    "hub": ("classhub.commands.hub", "dịch vụ trung tâm / the hub service: init, apply, run"),
    "edge": ("classhub.commands.edge", "dịch vụ tại cổng / the gateway agent: run"),
    "gateway": ("classhub.commands.gateway", "thêm, đổi mật khẩu, chặn cổng / add, rotate, revoke gateways"),
    "broker": ("classhub.commands.broker", "cấu hình Mosquitto / the files of a Mosquitto 2: config"),
    "tls": ("classhub.commands.tls", "chứng chỉ / a local authority and certificates: init, renew, check"),
    "state": ("classhub.commands.state", "cơ sở dữ liệu PostgreSQL / the PostgreSQL database: grafana-role"),
    "decode": ("classhub.commands.decode", "giải mã bản tin / what a gateway would make of a message"),
    "bridge": (
        "classhub.commands.bridge",
        "dò, xem, ghi thiết bị / find, watch, record a device: probe, watch, record",
    ),
    "roster": ("classhub.commands.roster", "danh sách / rosters: check, import, decide, undo"),
    "timetable": ("classhub.commands.timetable", "thời khóa biểu / timetables: check, import, decide, undo"),
    "replay": ("classhub.commands.replay", "phát lại số liệu đã ghi / replay a recorded series"),
    "stack": ("classhub.commands.stack", "bộ dịch vụ thật / the production stack: init, finish, health"),
    "store": ("classhub.commands.store", "kho số liệu / the time-series store: setup, migrate"),
    "backup": ("classhub.commands.backup", "sao lưu cả trung tâm / one archive of a whole hub"),
    "restore": ("classhub.commands.restore", "khôi phục vào nơi trống / an archive into an empty stack"),
    "dashboards": ("classhub.commands.dashboards", "bảng Grafana / the Grafana dashboards: build, push"),
    "doctor": ("classhub.commands.doctor", "chẩn đoán / what is wrong and how to mend it"),
}

# What these keep (readings, names, passwords, keys) is nobody else's on the machine; the others may write for all.
KEEPING = frozenset(
    {"demo", "hub", "edge", "gateway", "tls", "roster", "stack", "timetable", "replay", "backup", "restore", "store"}
)
OURS_ONLY = 0o077

USAGE = 2


def main(argv: list[str] | None = None) -> int:
    """Parse, import the one command, run it. Returns the exit code."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in {"-h", "--help"}:
        print(_overview())
        return 0 if words else USAGE
    if words[0] == "--version":
        print(f"classhub {RELEASE}")
        return 0
    if words[0] not in COMMANDS:
        print(f"classhub: không có lệnh / no such command: {words[0]}\n\n{_overview()}", file=sys.stderr)
        return USAGE
    try:
        command = importlib.import_module(COMMANDS[words[0]][0])
    except ModuleNotFoundError as missing:
        print(_missing_extra(words[0], missing), file=sys.stderr)
        return USAGE
    return _run(command, words)


def _run(command: ModuleType, words: list[str]) -> int:
    before = os.umask(OURS_ONLY) if words[0] in KEEPING else None
    parser = argparse.ArgumentParser(prog=f"classhub {words[0]}", description=COMMANDS[words[0]][1])
    command.add_arguments(parser)
    try:
        return int(command.run(parser.parse_args(words[1:])))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    finally:
        if before is not None:
            os.umask(before)


def _overview() -> str:
    lines = [f"  {name:<10} {what}" for name, (_, what) in COMMANDS.items()]
    return "classhub LỆNH / COMMAND [--help]\n\n" + "\n".join(lines)


def _missing_extra(command: str, missing: ModuleNotFoundError) -> str:
    extra = "edge" if command == "edge" else "hub"
    return (
        f"classhub {command}: thiếu gói / missing package {missing.name!r}; "
        f"cài / install: pip install 'classhub[{extra}]'"
    )


if __name__ == "__main__":
    sys.exit(main())
