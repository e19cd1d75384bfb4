"""Scheduled pulls put to the test: whether each place answers, lets us in, and is where a file is read from."""

import os
import tempfile
from pathlib import Path

from classhub.diagnosis.finding import Finding, bad, ok
from hub.config import HubConfig
from hub.school.importers.rest.client import Client
from hub.school.importers.rest.limits import Limits
from hub.school.importers.rest.oauth import Tokens
from hub.school.importers.rest.trouble import Trouble, place
from hub.school.importers.rest.web import Web
from hub.school.pulls.look import credentials_of
from hub.school.pulls.settings import PullSection
from wire.text import Text

QUICK = Limits(connect_s=3.0, read_s=5.0, total_s=10.0, attempts=1, file_bytes=128 * 1024 * 1024)
_OK = 200


def check_pulls(config: HubConfig) -> list[Finding]:
    """One finding each; nothing of what is there is kept or shown."""
    return [_check(pull) for pull in config.pull]


def pull_secrets(config: HubConfig) -> dict[str, Path | str | None]:
    """Secret files by the key that names them."""
    return {f"pull[{pull.name}].secret_file": pull.secret_file for pull in config.pull}


def _check(pull: PullSection) -> Finding:
    where = place(pull.url) if pull.url is not None else pull.path or ""
    try:
        if pull.path is not None:
            _check_path(Path(pull.path))
        else:
            _check_address(pull)
    except Trouble as trouble:
        said = trouble.text
        mend = f"curl -I {where}" if pull.url is not None else f"ls -l {where}"
        return bad("pull", f"{pull.name}: {said.vi}", f"{pull.name}: {said.en}", mend)
    return ok("pull", f"{pull.name}: {where} đọc được", f"{pull.name}: {where} can be read")


def _check_path(path: Path) -> None:
    if not path.exists():
        raise Trouble(Text(f"không có {path}", f"there is no {path}"))
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        raise Trouble(Text(f"không có quyền đọc {path}", f"{path} may not be read"))


def _check_address(pull: PullSection) -> None:
    credentials = credentials_of(pull)
    web = Web(ca_file=pull.ca_file, allow_plain=pull.allow_http, limits=QUICK)
    try:
        if pull.kind == "oneroster":
            client = Client(pull.url or "", web, Tokens(web, credentials))
            client.open()
            client.page("orgs", 0, 1)
            return
        headers = {"Authorization": f"Bearer {credentials.secret}"} if credentials.secret else {}
        with tempfile.TemporaryFile() as nameless:  # gone with this process, whatever ends it
            answer = web.fetch(pull.url or "", headers, nameless)
        if answer.status != _OK:
            where = place(answer.url)
            raise Trouble(Text(f"{where} trả lời {answer.status}", f"{where} answered {answer.status}"))
    finally:
        web.close()
