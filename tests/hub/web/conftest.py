"""A stand for each test, and a client that speaks to the real application in process."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from hub.stores.duckdb import DuckDbSeries
from tests.hub.web.doubles import PASSWORD, Clock, Stand, build
from tests.hub.web.planned import planned_stand

Client = httpx.AsyncClient
MakeClient = Callable[..., httpx.AsyncClient]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stand(tmp_path: Path, clock: Clock) -> Iterator[Stand]:
    made = build(tmp_path, DuckDbSeries, clock=clock)
    yield made
    made.close()


@pytest.fixture
def closed_stand(tmp_path: Path, clock: Clock) -> Iterator[Stand]:
    """The same without open reading: what a school runs."""
    made = build(tmp_path, DuckDbSeries, clock=clock, open_reading=False)
    yield made
    made.close()


@pytest.fixture
def planned(tmp_path: Path, clock: Clock) -> Iterator[Stand]:
    """One whose timetable is a real one, imported an hour ago."""
    made = planned_stand(tmp_path, clock)
    yield made
    made.close()


@pytest.fixture(scope="module")
def planned_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One for all tests of a module that only read, or are refused."""
    made = planned_stand(tmp_path_factory.mktemp("planned"), Clock())
    yield made
    made.close()


@pytest.fixture
async def pupil(planned: Stand) -> AsyncIterator[Client]:
    """Somebody who only looks at the planned school."""
    async with client_of(planned) as made:
        yield made


@pytest.fixture
async def planner(planned: Stand) -> AsyncIterator[Client]:
    """An operator of the planned school."""
    async with client_of(planned) as made:
        await sign_in(made)
        made.headers["x-csrf-token"] = await csrf_of(made)
        yield made


def client_of(stand: Stand, host: str = "localhost") -> Client:
    transport = httpx.ASGITransport(app=stand.app)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


@pytest.fixture
async def client(stand: Stand) -> AsyncIterator[Client]:
    async with client_of(stand) as made:
        yield made


async def sign_in(client: Client, password: str = PASSWORD, target: str = "/") -> httpx.Response:
    page = await client.get("/login")
    token = page.text.split('name="form_token" value="')[1].split('"')[0]
    return await client.post(
        "/login", data={"name": "operator", "password": password, "form_token": token, "target": target}
    )


async def csrf_of(client: Client) -> str:
    page = await client.get("/about")
    return page.text.split('name="csrf" value="')[1].split('"')[0]
