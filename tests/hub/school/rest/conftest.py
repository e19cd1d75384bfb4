"""A small school behind a OneRoster server, and how to ask it without waiting long."""

from collections.abc import Iterator

import pytest

from hub.school.importers.rest.limits import Limits
from hub.school.importers.rest.oauth import Credentials
from hub.school.importers.rest.roster import Pulled, Server, read_server
from tests.sim.oneroster_server import OneRosterServer, school

QUICK = Limits(page_records=10, backoff_s=0.005, longest_wait_s=1.2, connect_s=30.0, read_s=30.0, total_s=120.0)


@pytest.fixture
def server() -> Iterator[OneRosterServer]:
    with OneRosterServer(school()) as running:
        yield running


def reach(server: OneRosterServer) -> Server:
    return Server(server.url, Credentials(server.token_url, server.client_id, server.secret))


def pull(server: OneRosterServer, newer_than: str = "", limits: Limits = QUICK) -> Pulled:
    return read_server(reach(server), newer_than=newer_than, limits=limits)
