"""Taking a checked roster or timetable into the state database of `hub.toml`; shared by two commands."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from hub import audit
from hub.config import HubConfig, load_config
from hub.db.engine import complaint, open_database
from hub.school.report import as_json, problem_lines, total_line
from hub.school.repository import ImportResult, Schools, UnknownSchool
from wire.settings import SettingsError

PROBLEMS, USAGE = 1, 2


def take_roster(arguments: argparse.Namespace, path: Path) -> int:
    def take(schools: Schools, now_ms: int) -> ImportResult:
        return schools.import_roster(arguments.school, path, now_ms, force=arguments.force)

    return _take(arguments, "roster", take)


def take_timetable(arguments: argparse.Namespace, path: Path) -> int:
    def take(schools: Schools, now_ms: int) -> ImportResult:
        return schools.import_timetable(
            arguments.school,
            path,
            now_ms,
            valid_from=arguments.valid_from,
            first_week=arguments.first_week,
            force=arguments.force,
        )

    return _take(arguments, "timetable", take)


def _take(arguments: argparse.Namespace, kind: str, take: Callable[[Schools, int], ImportResult]) -> int:
    try:
        config = load_config(arguments.config)
    except (SettingsError, OSError) as broken:
        print(f"classhub: {broken}", file=sys.stderr)
        return PROBLEMS
    try:
        result = _taken(config, f"{kind} {arguments.school}", take)
    except UnknownSchool:
        mend = f"classhub hub apply FILE --config {arguments.config}"
        return _usage(f"không có trường / no such school: {arguments.school} ({mend})")
    except OSError as broken:
        return _usage(f"không đọc được / cannot read: {broken}")
    except SQLAlchemyError as broken:
        print(f"classhub: {complaint(config.state_url, broken).both()}", file=sys.stderr)
        return PROBLEMS
    _show(result, machine=arguments.json)
    return PROBLEMS if result.status == "refused" or result.findings.bad else 0


def _taken(config: HubConfig, what: str, take: Callable[[Schools, int], ImportResult]) -> ImportResult:
    engine = open_database(config.state_url)
    try:
        now_ms = int(time.time() * 1000)
        result = take(Schools(engine), now_ms)
        audit.record(engine, audit.command_line_user(), f"import {what} number {result.id}: {result.status}", now_ms)
        return result
    finally:
        engine.dispose()


def _show(result: ImportResult, *, machine: bool) -> None:
    if machine:
        document = {
            "status": result.status,
            "counts": result.counts,
            "change": msgspec.to_builtins(result.change),
            "unmatched_rooms": list(result.unmatched_rooms),
            "problems": [as_json(problem) for problem in result.findings.problems],
        }
        print(json.dumps(document, ensure_ascii=False))
        return
    status = {
        "applied": "đã nhập / imported",
        "unchanged": "không có gì mới / nothing new",
        "refused": "bị từ chối, dữ liệu cũ giữ nguyên / refused, the data so far stays",
    }[result.status]
    change = result.change
    print(f"{status}: +{change.added} ~{change.changed} -{change.ended}")
    print("\n".join([*problem_lines(result.findings), total_line(result.findings)]))
    if result.unmatched_rooms:
        print(f"phòng chưa khớp / rooms not matched: {', '.join(result.unmatched_rooms)}")


def _usage(text: str) -> int:
    print(f"classhub: {text}", file=sys.stderr)
    return USAGE
