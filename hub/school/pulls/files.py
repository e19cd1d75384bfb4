"""Looks at files: one behind an address (asked whether it changed), one on the disk, or a folder of new ones.

Source: RFC 9110 section 13 (If-None-Match, If-Modified-Since).
Errors: Trouble; OSError where a path cannot be read.
"""

import re
import time
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from hub.school.digest import digest_of
from hub.school.importers.rest.trouble import Trouble, place
from hub.school.importers.rest.web import Answer, Pause, Web
from hub.school.pulls.fetched import private_file, private_folder
from hub.school.pulls.look import Looked, credentials_of, read_file
from hub.school.pulls.settings import PullSection
from hub.school.pulls.state import Memory
from hub.school.reading import Reader
from wire.text import Text

_OK, _NOT_MODIFIED = 200, 304
_UNFIT = re.compile(r"[^\w.\- ]")
STILL_S = 5.0  # a file modified later than this is perhaps still being copied
MAX_SEEN = 500
_CSV_BUNDLE = frozenset({"orgs", "users", "classes", "enrollments", "manifest", "student", "school", "section"})


def look_at_address(
    pull: PullSection, memory: Memory, zone: str, pause: Pause, reader: Reader, folder: Path | None
) -> Looked:
    """What is fetched lies in `folder` while it is read. Raises Trouble, and OSError where it cannot lie there."""
    with private_folder(folder) as own:
        fetched = own / "fetched"
        with private_file(fetched) as stream:
            answer = _fetched(pull, memory, pause, stream)
        if answer.status == _NOT_MODIFIED:
            return Looked(memory)
        if answer.status != _OK or not fetched.stat().st_size:
            where = place(answer.url)
            text = Text(f"{where} trả lời {answer.status}", f"{where} answered {answer.status}")
            raise Trouble(text, status=answer.status)
        after = Memory(
            etag=answer.headers.get("etag", "")[:200],
            modified=answer.headers.get("last-modified", "")[:100],
            digest=digest_of(fetched),
        )
        if after.digest == memory.digest:
            return Looked(after)
        path = fetched.rename(own / _file_name(answer.url, pull.name))
        kind, found = read_file(path, pull, zone, reader)
        return Looked(after, found, kind, path.name)


def _fetched(pull: PullSection, memory: Memory, pause: Pause, into: BinaryIO) -> Answer:
    web = Web(ca_file=pull.ca_file, allow_plain=pull.allow_http, pause=pause)
    try:
        headers = {"If-None-Match": memory.etag} if memory.etag else {}
        headers |= {"If-Modified-Since": memory.modified} if memory.modified else {}
        secret = credentials_of(pull).secret
        headers |= {"Authorization": f"Bearer {secret}"} if secret else {}
        return web.fetch(pull.url or "", headers, into)
    finally:
        web.close()


def look_at_path(pull: PullSection, memory: Memory, zone: str, reader: Reader) -> Looked:
    """Raises OSError and Trouble."""
    path = Path(pull.path or "")
    if not path.exists():
        raise Trouble(Text(f"không có {path}", f"there is no {path}"))
    if path.is_dir() and not _is_bundle(path):
        return _newest(path, pull, memory, zone, reader)
    if not _still(path):
        return Looked(memory, more=True)
    after = Memory(digest=digest_of(path))
    if after.digest == memory.digest:
        return Looked(after)
    kind, found = read_file(path, pull, zone, reader)
    return Looked(after, found, kind, path.name)


def _newest(folder: Path, pull: PullSection, memory: Memory, zone: str, reader: Reader) -> Looked:
    """The oldest file of the folder that was not taken yet: each of several new ones has its turn."""
    fresh = sorted((entry.stat().st_mtime, entry) for entry in folder.iterdir() if _is_own_file(entry))
    for _, entry in fresh[-MAX_SEEN:]:
        seen = memory.seen.get(entry.name)
        if not _still(entry) or seen == (digest := digest_of(entry)):
            continue
        kind, found = read_file(entry, pull, zone, reader)
        kept = [*((name, each) for name, each in memory.seen.items() if name != entry.name), (entry.name, digest)]
        return Looked(Memory(digest=digest, seen=dict(kept[-MAX_SEEN:])), found, kind, entry.name, more=True)
    return Looked(memory)


def _is_own_file(entry: Path) -> bool:
    """Neither hidden, nor a link: whoever may write into the folder must not have the hub read another's files."""
    return entry.is_file() and not entry.is_symlink() and entry.name[0] not in ".~"


def _is_bundle(folder: Path) -> bool:
    names = {entry.stem.lower() for entry in folder.iterdir() if entry.suffix.lower() == ".csv" and _is_own_file(entry)}
    return len(names & _CSV_BUNDLE) > 1


def _still(path: Path) -> bool:
    """Whether nobody has written to it for a while."""
    entries = [path, *path.iterdir()] if path.is_dir() else [path]
    newest = max(entry.stat().st_mtime for entry in entries)
    return not 0 <= time.time() - newest < STILL_S


def _file_name(url: str, otherwise: str) -> str:
    name = _UNFIT.sub("_", unquote(urlsplit(url).path.rpartition("/")[2]))[-100:].lstrip(".")
    return name or otherwise
