"""A OneRoster server as `classhub roster check` asks it: who we are comes from options, the environment or a file.

The secret is never an argument: arguments are seen by everybody on the machine.
"""

import argparse
import os
from pathlib import Path

from hub.school.importers.rest.limits import Limits
from hub.school.importers.rest.oauth import Credentials
from hub.school.importers.rest.roster import Pulled, Server, read_server
from hub.school.problems import refuse
from wire.text import Text

SECRET, CLIENT, TOKEN_URL = "CLASSHUB_CLIENT_SECRET", "CLASSHUB_CLIENT_ID", "CLASSHUB_TOKEN_URL"  # names
PATIENCE = Limits(attempts=3)  # somebody sits and waits


def is_address(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def add_server(check: argparse.ArgumentParser) -> None:
    """Options of a check whose path is the address of a server."""
    server = check.add_argument_group("máy chủ OneRoster / OneRoster server")
    server.add_argument("--token-url", help=f"nơi cấp mã / where tokens come from (${TOKEN_URL})")
    server.add_argument("--client-id", help=f"tên của ta / who we are there (${CLIENT})")
    server.add_argument("--secret-file", type=Path, help=f"tệp mật khẩu / file with the secret (${SECRET})")
    server.add_argument("--ca-file", type=Path, help="chứng chỉ gốc / certificate authority")
    server.add_argument("--allow-http", action="store_true", help="cho phép không mã hóa / allow unencrypted")


def read_from_server(arguments: argparse.Namespace) -> Pulled:
    """All of the roster there. Raises Unreadable, OSError."""
    secret = os.environ.get(SECRET, "")
    if arguments.secret_file is not None:
        secret = arguments.secret_file.read_text("utf-8", errors="replace").partition("\n")[0].strip()
    credentials = Credentials(
        token_url=arguments.token_url or os.environ.get(TOKEN_URL, ""),
        client_id=arguments.client_id or os.environ.get(CLIENT, ""),
        secret=secret,
    )
    if credentials.token_url and not (credentials.client_id and credentials.secret):
        text = Text(
            f"cần --client-id và --secret-file (hoặc ${CLIENT}, ${SECRET})",
            f"--client-id and --secret-file are needed (or ${CLIENT}, ${SECRET})",
        )
        raise refuse("--token-url", text)
    ca_file = None if arguments.ca_file is None else str(arguments.ca_file)
    return read_server(Server(arguments.path, credentials, ca_file, arguments.allow_http), limits=PATIENCE)
