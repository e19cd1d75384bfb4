"""manifest.csv: which version, which files, bulk or delta; every contradiction with the bundle is reported."""

from collections.abc import Collection
from difflib import get_close_matches

import msgspec

from hub.school.importers.oneroster_columns import FILES
from hub.school.importers.table import Table
from hub.school.problems import Findings
from wire.text import Text

FILE = "manifest.csv"
_MODES = ("bulk", "delta", "absent")
_OTHER = ("manifest.version", "oneroster.version", "source.systemName", "source.systemCode")


class Manifest(msgspec.Struct, frozen=True):
    """`modes` by stem: bulk, delta or absent; a stem the manifest does not name is not in it."""

    version: str
    modes: dict[str, str] = {}

    def is_delta(self, stem: str) -> bool:
        return self.modes.get(stem) == "delta"


def read_manifest(table: Table | None, stems: dict[str, str], users: frozenset[str], findings: Findings) -> Manifest:
    """`stems` are the files of the bundle: their OneRoster stem and name; `users` the columns of users.csv."""
    seen = version_by_columns(stems, users)
    if table is None:
        text = Text("thiếu manifest.csv; phiên bản được đoán theo các tệp", "manifest.csv is missing; version guessed")
        findings.error(FILE, text)
        return Manifest(seen or "1.1")
    values = _properties(table, findings)
    version = _version(values, seen, table.file, findings)
    modes = {stem: mode for stem in FILES[version] if (mode := _mode(stem, values, table.file, findings)) is not None}
    _check_unknown(values, version, table.file, findings)
    _check_presence(modes, stems, values, table.file, findings)
    return Manifest(version, modes)


def _properties(table: Table, findings: Findings) -> dict[str, tuple[str, int]]:
    """Value and line by property name."""
    values: dict[str, tuple[str, int]] = {}
    names = table.header if len(table.header) > 1 else ("propertyName", "value")  # whatever they are called
    for record in table.records:
        name = record.get(names[0])
        if name in values:
            text = Text(f"“{name}” xuất hiện hai lần", f"{name!r} appears twice")
            findings.error(table.file, text, record.line, "propertyName")
            continue
        values[name] = (record.get(names[1]), record.line)
    return values


def version_by_columns(stems: Collection[str], users: frozenset[str]) -> str | None:
    """Roles and schools stand in users.csv until 1.1, in roles.csv from 1.2; None where the files do not say."""
    old, new = {"orgSourcedIds", "role"} <= users, bool({"roles", "userProfiles"} & set(stems))
    new = new or bool({"userMasterIdentifier", "primaryOrgSourcedId", "pronouns"} & users)
    if old == new:
        return None
    return "1.1" if old else "1.2"


def _version(values: dict[str, tuple[str, int]], seen: str | None, file: str, findings: Findings) -> str:
    manifest_version, line = values.get("manifest.version", ("", 0))
    if manifest_version != "1.0":
        text = Text(
            f"manifest.version là “{manifest_version}”, cần 1.0",
            f"manifest.version is {manifest_version!r}, expected 1.0",
        )
        findings.warning(file, text, line or None, "value")
    version, line = values.get("oneroster.version", ("", 0))
    if version in FILES and seen in {None, version}:
        return version
    if version in FILES and seen is not None:
        text = Text(
            f"oneroster.version là {version} nhưng các cột là của {seen}; đọc theo {seen}",
            f"oneroster.version is {version}, yet the columns are those of {seen}; read as {seen}",
        )
        findings.warning(file, text, line or None, "value")
        return seen
    guessed = seen or ("1.2" if version.startswith("1.2") else "1.1")
    text = Text(
        f"oneroster.version là “{version}”, biết 1.1 và 1.2; đọc theo {guessed}",
        f"oneroster.version is {version!r}, known are 1.1 and 1.2; read as {guessed}",
    )
    findings.error(file, text, line or None, "value")
    return guessed


def _mode(stem: str, values: dict[str, tuple[str, int]], file: str, findings: Findings) -> str | None:
    entry = values.get(f"file.{stem}")
    if entry is None:
        return None
    value, line = entry
    if value in _MODES:
        return value
    lower = value.lower()
    if lower in _MODES:
        text = Text(f"“{value}” phải viết là “{lower}”", f"{value!r} should be written {lower!r}")
        findings.warning(file, text, line, "value")
        return lower
    text = Text(
        f"file.{stem}: giá trị “{value}” không hợp lệ, cần bulk, delta hoặc absent",
        f"file.{stem}: the value is {value!r}, expected bulk, delta or absent",
    )
    (findings.error if value else findings.warning)(file, text, line, "value")
    return None


def _check_unknown(values: dict[str, tuple[str, int]], version: str, file: str, findings: Findings) -> None:
    known = {f"file.{stem}" for stem in FILES[version]} | set(_OTHER)
    for name, (value, line) in values.items():
        if name in known:
            if not value and not name.startswith("file."):
                findings.warning(file, Text(f"“{name}” không có giá trị", f"{name!r} has no value"), line, "value")
            continue
        near = get_close_matches(name, known - set(values), n=1, cutoff=0.75)
        lower = [one for one in known if one.lower() == name.lower()]
        meant = (lower or near or [""])[0]
        text = (
            Text(f"không có thuộc tính “{name}”: viết sai “{meant}”?", f"no such property {name!r}: meant {meant!r}?")
            if meant
            else Text(f"không có thuộc tính “{name}”", f"no such property {name!r}")
        )
        findings.warning(file, text, line, "propertyName")
    missing = sorted(known - set(values) - {"source.systemName", "source.systemCode"})
    if missing:
        named = ", ".join(missing)
        findings.note(file, Text(f"thiếu thuộc tính: {named}", f"missing properties: {named}"))


def _check_presence(
    modes: dict[str, str], stems: dict[str, str], values: dict[str, tuple[str, int]], file: str, findings: Findings
) -> None:
    for stem, mode in modes.items():
        line = values[f"file.{stem}"][1]
        if mode == "absent" and stem in stems:
            text = Text(
                f"khai absent nhưng {stems[stem]} có trong gói", f"declared absent, yet {stems[stem]} is in the bundle"
            )
            findings.warning(file, text, line, "value")
        elif mode != "absent" and stem not in stems:
            text = Text(
                f"khai {mode} nhưng {stem}.csv không có trong gói",
                f"declared {mode}, yet {stem}.csv is not in the bundle",
            )
            findings.error(file, text, line, "value")
    for stem, name in stems.items():
        if stem not in modes and stem != "manifest":
            text = Text(
                f"{name} có trong gói nhưng manifest không khai chế độ",
                f"{name} is in the bundle but the manifest states no mode for it",
            )
            line = values.get(f"file.{stem}", ("", 0))[1]
            findings.warning(file, text, line or None, f"file.{stem}")
