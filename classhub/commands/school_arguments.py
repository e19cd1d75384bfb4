"""Options that `classhub roster` and `classhub timetable` share; importing this loads no database."""

import argparse
from pathlib import Path
from typing import Any

MAX_SOURCE = 64
BY_HAND = "hand"  # hub.school.bells.HAND


def add_comparison(check: argparse.ArgumentParser) -> None:
    """Options of a check that says what an import would change."""
    check.add_argument("--school", help="mã trường: xem sẽ thay đổi gì / id of the school: what would change there")
    check.add_argument("--config", type=Path, help="hub.toml, cùng với / together with --school")


def add_map(parser: argparse.ArgumentParser) -> None:
    """How the columns of a spreadsheet are to be read."""
    parser.add_argument(
        "--map", type=Path, metavar="F.toml", help="ánh xạ cột của bảng tính / columns of a spreadsheet"
    )


def add_source(take: argparse.ArgumentParser) -> None:
    """Which stream of imports a file belongs to: an import replaces only what its own stream brought."""
    take.add_argument(
        "--source", default="", type=_source, metavar="NAME", help="luồng nhập / stream of imports, e.g. teachers"
    )


def _source(name: str) -> str:
    """As long as its column is; what people set by hand is no file's to replace."""
    if len(name) > MAX_SOURCE or not name.isprintable() or name.strip() != name or name == BY_HAND:
        raise argparse.ArgumentTypeError(
            f"1–{MAX_SOURCE} ký tự, không phải {BY_HAND!r} / 1 to {MAX_SOURCE} characters, not {BY_HAND!r}"
        )
    return name


def add_decisions(actions: Any) -> None:
    """`decide` and `undo`, for imports of either kind."""
    decide = actions.add_parser(
        "decide", help="áp dụng hoặc bỏ lần nhập đang chờ / apply or reject an import that waits"
    )
    take_back = actions.add_parser("undo", help="hoàn tác lần nhập mới nhất / take back the newest import")
    for one in (decide, take_back):
        one.add_argument("number", type=int, help="số của lần nhập / number of the import")
    decide.add_argument("decision", choices=("apply", "reject"), help="áp dụng hay bỏ / apply or reject")
    for one in (decide, take_back):
        one.add_argument("--config", type=Path, required=True, help="hub.toml")
        one.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
