"""`classhub demo`: a whole simulated school on this machine; Ctrl-C ends it and leaves nothing behind.

`--feed HUB_TOML` starts its gateways only, for the running hub of those settings: profile `demo` of docker-compose.yml.
"""

import argparse
from pathlib import Path

_PORT, _LAST_PORT = 8080, 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=_PORT, help=f"cổng trang web / web port ({_PORT})")
    parser.add_argument("--dir", type=Path, default=Path("demo-data"), help="thư mục / folder (demo-data)")
    parser.add_argument("--keep", action="store_true", help="giữ thư mục khi kết thúc / keep the folder at the end")
    parser.add_argument(
        "--feed",
        type=Path,
        metavar="HUB_TOML",
        help="nuôi một trung tâm đang chạy / feed a running hub with the simulated school",
    )
    parser.add_argument("--no-browser", action="store_true", help="không tự mở trình duyệt / do not open a browser")


def run(arguments: argparse.Namespace) -> int:
    if arguments.feed is not None:
        from demo.feed import feed

        return feed(arguments.feed.absolute(), arguments.dir.absolute())
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
