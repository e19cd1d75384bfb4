"""Records are thinned before they are kept: what is read of them and told of them is the same as of the whole ones."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.school.importers.rest.paging import Found
from hub.school.importers.rest.resources import COLLECTIONS
from hub.school.importers.rest.tables import tables_of
from hub.school.importers.rest.thinned import Thinned
from hub.school.problems import Findings
from tests.sim.oneroster_server import school

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["active", "lop1", "truong"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["sourcedId", "role", "org", "roleType", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def told(collections: dict[str, list[Any]], version: str) -> list[Any]:
    findings = Findings()
    found = {stem: [Found(row, one) for row, one in enumerate(rows, 1)] for stem, rows in collections.items()}
    tables = tables_of(found, version, findings)
    rows = {name: [(one.line, one.cells) for one in table.records] for name, table in tables.items()}
    return [rows, {name: table.rows for name, table in tables.items()}, findings.problems]


@given(st.data(), st.sampled_from(["1.1", "1.2"]))
def test_nothing_is_read_otherwise(data: st.DataObject, version: str) -> None:
    rows: dict[str, list[Any]] = dict(school(5, 2))
    for _ in range(data.draw(st.integers(0, 4))):
        stem = data.draw(st.sampled_from(COLLECTIONS))
        number = data.draw(st.integers(0, len(rows[stem]) - 1))
        if not isinstance(rows[stem][number], dict) or data.draw(st.booleans()):
            rows[stem][number] = data.draw(VALUES)
        else:
            field = data.draw(st.sampled_from([*sorted(rows[stem][number]), "role", "roles", "orgs", "x"]))
            rows[stem][number] = rows[stem][number] | {field: data.draw(VALUES)}
    whole = copy.deepcopy(rows)
    thin = {stem: [Thinned(stem, version)(one) for one in found] for stem, found in rows.items()}
    assert told(thin, version) == told(rows, version)
    assert rows == whole, "what came is not changed"


def test_what_is_not_read_is_not_kept() -> None:
    user = school(1, 1)["users"][0] | {"email": "a@b.vn", "phone": "0912345678", "password": "geheim"}
    user["roles"][0]["userProfile"] = {"password": "geheim"}
    thin = Thinned("users", "1.2")
    kept = thin(user)
    assert not {"email", "phone", "password", "username", "userIds"} & set(kept)
    assert "geheim" not in str(kept)
    assert kept["roles"][0]["org"] == {"sourcedId": "truong"}
    assert kept["roles"][0]["org"] is thin(user)["roles"][0]["org"], "one object for one id"
