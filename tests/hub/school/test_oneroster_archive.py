import zipfile
from pathlib import Path

import pytest

from hub.school.importers.oneroster import read_oneroster
from hub.school.importers.oneroster_archive import MAX_FILE_BYTES, MAX_FILES, read_bundle
from hub.school.problems import Findings, Unreadable

HEADER = b"sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as refused:
        read_oneroster(path)
    assert refused.value.problem.text.vi
    return refused.value.problem.text.en


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../orgs.csv", "dangerous path"),
        ("/etc/orgs.csv", "dangerous path"),
        ("a/../../orgs.csv", "dangerous path"),
        ("c:orgs.csv", "dangerous path"),
        ("..\\orgs.csv", "dangerous path"),
    ],
)
def test_path_tricks(tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / "r.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(name, HEADER)
    assert words in refusal(path)


def test_one_folder_around_all_files_is_taken_and_told_several_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("export/orgs.csv", HEADER + b"01,,,A,school,,\n")
    read = read_oneroster(path)
    assert [org.id for org in read.roster.orgs] == ["01"]
    assert any("a folder inside the zip" in one.text.en for one in read.findings.problems)
    with zipfile.ZipFile(path, "a") as bundle:
        bundle.writestr("old/orgs.csv", HEADER)
    assert "2 folders (export, old)" in refusal(path)


def test_a_bomb_by_ratio_and_by_size(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("orgs.csv", HEADER + b"0" * (20 * 1024 * 1024))
    assert "zip bomb" in refusal(path)


def test_a_zip_that_lies_about_its_sizes(tmp_path: Path) -> None:
    path = tmp_path / "lie.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("orgs.csv", HEADER + b"0" * (MAX_FILE_BYTES + 1))
    content = path.read_bytes()
    size = (MAX_FILE_BYTES + 1 + len(HEADER)).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (1000).to_bytes(4, "little")))
    assert refusal(path)  # a wrong checksum or too large, in any case refused and not unpacked whole


def test_an_encrypted_zip(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("orgs.csv", HEADER)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(bytes(content))
    assert "encrypted" in refusal(path)


def test_a_symbolic_link_inside(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    entry = zipfile.ZipInfo("orgs.csv")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(entry, "/etc/passwd")
    assert "symbolic link" in refusal(path)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "orgs.csv").write_bytes(HEADER)
    (folder / "users.csv").symlink_to("/etc/passwd")
    assert "symbolic link" in refusal(folder)


def test_too_many_files_and_no_zip_at_all(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        for number in range(MAX_FILES + 1):
            bundle.writestr(f"{number}.csv", "")
    assert "files in the zip" in refusal(path)
    other = tmp_path / "r.zip"
    other.write_bytes(b"hello")
    assert "neither a zip" in refusal(other)


def test_what_an_operating_system_adds_is_left_aside(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("orgs.csv", HEADER)
        bundle.writestr("__MACOSX/._orgs.csv", b"\0")
        bundle.writestr(".DS_Store", b"\0")
        bundle.writestr("readme.txt", b"x")
    findings = Findings()
    assert list(read_bundle(path, findings)) == ["orgs.csv"]
    assert [one.file for one in findings.problems] == ["readme.txt"]
