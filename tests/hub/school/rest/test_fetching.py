"""A file behind an address, written as it comes: the last answer, nothing of those before, so many bytes."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hub.school.importers.rest.trouble import TooLarge, Trouble
from hub.school.importers.rest.web import Web
from tests.hub.school.rest.conftest import QUICK
from tests.sim.oneroster_server import Fault, OneRosterServer

PACKED = {"Content-Encoding": "gzip"}
CONTENT = bytes(range(256)) * 500


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web(limits=msgspec.structs.replace(QUICK, file_bytes=len(CONTENT)))
    yield made
    made.close()


def fetched(web: Web, server: OneRosterServer, path: Path) -> bytes:
    with path.open("w+b") as stream:
        answer = web.fetch(f"{server.url}/a.csv", {"Authorization": "Bearer x"}, stream)
        assert answer.status == 200
        assert answer.body == b""
    return path.read_bytes()


@pytest.mark.parametrize("packed", [False, True])
def test_of_several_tries_the_last_is_what_is_there(
    packed: bool, web: Web, server: OneRosterServer, tmp_path: Path
) -> None:
    headers, body = (PACKED, gzip.compress(CONTENT)) if packed else ({}, CONTENT)
    server.faults = [
        Fault(status=503, body=b"<html>" + b"later" * 20_000),
        Fault(headers=headers, body=body, cut=True),
        Fault(status=307, headers={"Location": "/b.csv"}, body=b"moved" * 10_000),
        Fault(headers=headers, body=body),
    ]
    assert fetched(web, server, tmp_path / "file") == CONTENT


@pytest.mark.parametrize("headers", [{}, PACKED], ids=["plain", "packed"])
def test_beyond_the_limit_nothing_is_taken(
    headers: dict[str, str], web: Web, server: OneRosterServer, tmp_path: Path
) -> None:
    body = gzip.compress(CONTENT + b"!") if headers else CONTENT + b"!"
    server.faults = [Fault(times=9, headers=headers, body=body)]
    with pytest.raises(TooLarge):
        fetched(web, server, tmp_path / "file")
    assert (tmp_path / "file").stat().st_size <= len(CONTENT)


def test_a_packed_file_without_its_end_is_none(web: Web, server: OneRosterServer, tmp_path: Path) -> None:
    server.faults = [Fault(times=9, headers=PACKED, body=gzip.compress(CONTENT)[:-9])]
    with pytest.raises(Trouble, match="cut short"):
        fetched(web, server, tmp_path / "file")


@pytest.mark.parametrize("first", [1, 100_000, len(CONTENT)])
@pytest.mark.parametrize("padding", [b"", b"\0" * 200_000])
def test_a_file_packed_in_several_members_is_taken_whole(
    first: int, padding: bytes, web: Web, server: OneRosterServer, tmp_path: Path
) -> None:
    body = gzip.compress(CONTENT[:first]) + gzip.compress(CONTENT[first:], 0) + gzip.compress(b"") + padding
    server.faults = [Fault(headers=PACKED, body=body)]
    assert fetched(web, server, tmp_path / "file") == CONTENT


def test_a_member_that_is_cut_or_none_is_no_file(web: Web, server: OneRosterServer, tmp_path: Path) -> None:
    whole = gzip.compress(CONTENT[:9])
    for body in (whole + gzip.compress(CONTENT[9:])[:-9], whole + b"<html>"):
        server.faults = [Fault(times=9, headers=PACKED, body=body)]
        with pytest.raises(Trouble, match="cut short"):
            fetched(web, server, tmp_path / "file")


def test_a_disk_that_takes_nothing_is_told_as_such(web: Web, server: OneRosterServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    server.faults = [Fault(times=9, body=CONTENT)]
    with (tmp_path / "file").open("rb") as stream, pytest.raises(Trouble, match="cannot be written") as told:
        web.fetch(f"{server.url}/a.csv", {}, stream)
    assert told.value.lasting
    assert len(server.asked) == 1, "another try would not help"
