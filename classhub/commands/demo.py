"""`classhub demo`: a whole simulated school on this machine; Ctrl-C ends it and leaves nothing behind."""

import argparse
from pathlib import Path

_PORT, _LAST_PORT = 8080, 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=_PORT, help=f"cổng trang web / web port ({_PORT})")
    parser.add_argument("--dir", type=Path, default=Path("demo-data"), help="thư mục / folder (demo-data)")
    parser.add_argument("--keep", action="store_true", help="giữ thư mục khi kết thúc / keep the folder at the end")
    parser.add_argument("--no-browser", action="store_true", help="không tự mở trình duyệt / do not open a browser")


def run(arguments: argparse.Namespace) -> int:
    from demo.processes import Options, play

    return play(
        Options(
            folder=arguments.dir.absolute(),
            port=arguments.port,
            keep=arguments.keep,
            browser=not arguments.no_browser,
        )
    )


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= _LAST_PORT:
        raise ValueError(text)
    return port
