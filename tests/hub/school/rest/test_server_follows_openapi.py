"""The simulated server answers as Ed-Fi's OpenAPI file says, so that what is tested against it means something."""

import copy
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from tests.patience import PATIENCE_S
from tests.sim.oneroster_server import BASES, OneRosterServer

# The file says "object" where 1EdTech's model and Ed-Fi's own server have lists of objects.
LISTS = {"class": ("terms",), "user": ("roles",)}
NAMES = {"orgs": "org", "academicSessions": "academicSession", "courses": "course", "classes": "class",
         "users": "user", "enrollments": "enrollment"}  # fmt: skip


class _TextOnly(yaml.BaseLoader):
    """Its examples of dates stay text."""


@pytest.fixture(scope="module")
def openapi(shared_data: Path) -> dict[str, Any]:
    file = shared_data / "oneroster" / "rest" / "edfi_oneroster_v1p2_openapi.yml"
    found: dict[str, Any] = _TextOnly(file.read_text("utf-8")).get_single_data()
    return found


@pytest.mark.parametrize("collection", NAMES)
def test_an_answer_fits_its_schema(collection: str, openapi: dict[str, Any], server: OneRosterServer) -> None:
    server.needs_token = False
    path = f"{BASES['1.2']}/{collection}"
    parameters = {one["name"] for one in openapi["paths"][path]["get"]["parameters"]}
    assert {"limit", "offset", "sort", "orderBy", "filter"} <= parameters
    address = f"{server.url}{path}?limit=3&offset=0&sort=sourcedId&orderBy=asc"
    answer = httpx.get(address, timeout=PATIENCE_S)
    body = answer.json()
    assert int(answer.headers["X-Total-Count"]) >= len(body[collection]) > 0
    envelope = openapi["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(body) == set(envelope["properties"]) == {collection}
    name = NAMES[collection]
    assert envelope["properties"][collection]["items"]["$ref"].endswith(f"/{name}")
    schema = copy.deepcopy(openapi["components"]["schemas"][name])
    for listed in LISTS.get(name, ()):
        schema["properties"][listed] = {"type": "array", "items": {"type": "object"}}
    for record in body[collection]:
        jsonschema.validate(record, schema)
        assert set(record) - set(schema["properties"]) <= {"enabledUser"}  # 1EdTech demands it, the file forgets it
