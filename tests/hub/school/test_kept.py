"""What waits for a decision comes back whole, piece by piece, or not at all."""

from pathlib import Path

import msgspec
import pytest

from hub.school.importers.formats import read_roster, read_timetable
from hub.school.kept import Gone, Kept, KeptImports
from hub.school.problems import Findings
from tests.hub.school.conftest import FIXTURES


def made(findings: Findings, **thing: object) -> Kept:
    return Kept("tệp.zip", "d", "f", {"users": 2}, {"error": 1}, findings=findings.problems, **thing)  # type: ignore[arg-type]


@pytest.fixture
def roster() -> Kept:
    found = read_roster(FIXTURES / "roster_defects")
    return made(found.findings, roster=found.roster, column_maps=found.column_maps)


@pytest.fixture
def timetable() -> Kept:
    found = read_timetable(FIXTURES / "asc_school.xml")
    return made(found.findings, timetable=found.timetable, options={"first_week": "odd"})


@pytest.mark.parametrize("name", ["roster", "timetable"])
def test_it_comes_back_as_it_was(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    kept, held = request.getfixturevalue(name), KeptImports(tmp_path)
    assert held.keep(1, kept)
    assert held.kept(1) == kept
    assert (tmp_path / "1.json").stat().st_mode & 0o777 == 0o600


def test_what_a_killed_hub_wrote_by_half_is_gone(roster: Kept, tmp_path: Path) -> None:
    """Cut anywhere, between two lines too: half a school must not end the other half."""
    held = KeptImports(tmp_path)
    assert held.keep(1, roster)
    content = (tmp_path / "1.json").read_bytes()
    ends = [at for at, sign in enumerate(content) if sign == ord("\n")]
    for cut in (0, 5, *(end + more for end in ends[:-1] for more in (0, 1))):
        (tmp_path / "1.json").write_bytes(content[:cut])
        with pytest.raises(Gone):
            held.kept(1)


def test_what_an_older_hub_kept_is_read(roster: Kept, tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(msgspec.json.encode(roster))
    assert KeptImports(tmp_path).kept(1) == roster


def test_what_cannot_be_written_leaves_nothing(roster: Kept, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not KeptImports(tmp_path / "file").keep(1, roster)
    assert not KeptImports(None).keep(1, roster)
