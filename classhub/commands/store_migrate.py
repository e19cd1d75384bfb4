"""`classhub store migrate --from duckdb --to influxdb`: a hub's history into the other kind of store, and back.

Exit 0: over there, counted. 1: it cannot be done so, or a day's count differs. 2: wrong usage.
"""

import argparse
import json
import sys
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from hub.backup.jobs import alone, direction_of, explained, migrated
from hub.backup.migrate import Day, Outcome
from hub.config import HubConfig, load_config
from hub.control import JobFailed, NoHub, Request, ask
from hub.db.engine import open_database
from hub.stores.series import StoreDown
from wire.settings import SettingsError
from wire.text import Text

KINDS = ("duckdb", "influxdb")
EXPECTED = (StoreDown, JobFailed, SQLAlchemyError, OSError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="source", choices=KINDS, required=True)
    parser.add_argument("--to", dest="target", choices=KINDS, required=True)
    parser.add_argument("--config", type=Path, required=True, help="hub.toml")
    parser.add_argument("--dry-run", action="store_true", help="chỉ xem / show what would go over, write nothing")
    parser.add_argument("--json", action="store_true", help="cho máy đọc / for machines")


def run(arguments: argparse.Namespace) -> int:
    if arguments.source == arguments.target:
        print("classhub store migrate: --from và/and --to: hai loại khác nhau / two different kinds", file=sys.stderr)
        return 2
    wanted = {"from": arguments.source, "to": arguments.target} | ({"dry_run": "yes"} if arguments.dry_run else {})
    try:
        config = load_config(arguments.config)
        with alone(config.hub.data_dir) as ours:
            outcome = _directly(config, wanted) if ours else _by_the_hub(config, wanted)
    except SettingsError as wrong:
        return _fail(str(wrong))
    except EXPECTED as failed:
        said = explained(failed)
        return _fail(said.both() if said else str(failed))
    _show(arguments, outcome, ours=ours)
    return 1 if outcome.differences else 0


def _directly(config: HubConfig, wanted: dict[str, str]) -> Outcome:
    engine = open_database(config.state_url)
    try:
        return migrated(config, engine, None, wanted, _progress)
    finally:
        engine.dispose()


def _by_the_hub(config: HubConfig, wanted: dict[str, str]) -> Outcome:
    """A hub that runs goes on storing into the one store while we read it: it does the work itself."""
    direction_of(wanted, config.store.kind)
    try:
        return msgspec.convert(ask(config.hub.data_dir, Request("migrate", wanted), _progress), Outcome)
    except NoHub as missing:
        folder = config.hub.data_dir
        raise JobFailed(
            Text(
                f"một trung tâm đang dùng {folder} nhưng không nghe ở hub.sock ({missing}): hãy tắt nó rồi chạy lại",
                f"a hub uses {folder} but does not listen on hub.sock ({missing}): stop it and run this again",
            )
        ) from missing


def _progress(said: Text) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{said.both()}", end="", file=sys.stderr, flush=True)


def _show(arguments: argparse.Namespace, outcome: Outcome, *, ours: bool) -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    if arguments.json:
        print(json.dumps(msgspec.to_builtins(outcome), ensure_ascii=False))
        return
    for day in outcome.days:
        print(_line(day))
    for note in outcome.notes:
        print(note.both())
    if not arguments.dry_run:
        print(f"{outcome.minutes} phút của phòng / minutes of rooms, {outcome.marks} dấu xác nhận / marks")
        if not outcome.differences:
            print(_next(arguments, ours=ours).both())


def _line(day: Day) -> str:
    there = "-" if day.target is None else f"{day.target:,}"
    word = "KHÁC / DIFFERS" if day.differs else ("chép / copied" if day.copied else "")
    return f"{day.school:<24} {day.day} {day.source:>12,} {there:>12} {word}".rstrip()


def _next(arguments: argparse.Namespace, *, ours: bool) -> Text:
    if not ours:
        return Text(
            "trung tâm vẫn ghi vào kho cũ: hãy tắt nó và chạy lại lệnh này để chép phần còn lại",
            "the hub goes on storing into the old store: stop it and run this once more for the rest",
        )
    return Text(
        f'bây giờ đặt store.kind = "{arguments.target}" trong {arguments.config} rồi khởi động trung tâm',
        f'now set store.kind = "{arguments.target}" in {arguments.config} and start the hub',
    )


def _fail(said: str) -> int:
    print(f"classhub store migrate: {said}", file=sys.stderr)
    return 1
