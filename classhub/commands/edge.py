"""`classhub edge run --config edge.toml`: the gateway agent until SIGTERM, which drains and exits 0."""

import argparse
import asyncio
import logging
import signal
import sqlite3
import sys
from pathlib import Path

from edge.agent import Agent
from edge.claim import Claimed, claimed
from edge.config import EdgeConfig, load_config
from edge.sources.table import build_sources
from wire.release import RELEASE
from wire.settings import SettingsError

INPUT_WRONG = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    run_parser = actions.add_parser("run", help="chạy dịch vụ tại cổng / run the gateway agent")
    run_parser.add_argument("--config", type=Path, default=Path("edge.toml"), metavar="FILE")
    run_parser.add_argument("--log", default="info", choices=("debug", "info", "warning", "error"))


def run(arguments: argparse.Namespace) -> int:
    logging.basicConfig(
        level=arguments.log.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    try:
        config = load_config(arguments.config)
        with claimed(config.gateway.data_dir):
            asyncio.run(_serve(config, arguments.config))
    except (SettingsError, Claimed) as wrong:
        print(wrong, file=sys.stderr)
        return INPUT_WRONG
    except (OSError, sqlite3.Error) as broken:
        print(f"{arguments.config}: gateway.data_dir: không mở được / cannot be opened: {broken}", file=sys.stderr)
        return INPUT_WRONG
    return 0


async def _serve(config: EdgeConfig, path: Path) -> None:
    sources = build_sources(config, str(path))
    agent = Agent(config, source_file=str(path), software=f"classhub {RELEASE}")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await agent.run(sources, stop)
