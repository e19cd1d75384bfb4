"""hub.toml and the files it names in an archive; secrets stay where they are, and are listed."""

import os
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

from hub.backup.archive import ArchiveReader, ArchiveWriter
from hub.config import HubConfig

SECRET = frozenset({"password_file", "admin_password_file", "key_file", "token_file", "metrics_token_file"})
PLAIN = ("ca_file", "cert_file")
TOML = "configuration/hub.toml"
BESIDE = "restored-files"  # under the new hub.toml: files whose old place was somewhere else on the machine


class Written(NamedTuple):
    """A file put back; `wanted` is where its hub.toml looks for it, if that is another place."""

    path: Path
    wanted: str | None


def write_configuration(config: HubConfig, writer: ArchiveWriter) -> tuple[dict[str, str], list[str]]:
    """(part -> file as hub.toml finds it, secrets left out). A hub.toml that is gone is an OSError."""
    folder = config.source.parent
    writer.part(TOML, config.source.read_bytes())
    files: dict[str, str] = {}
    left_out: list[str] = []
    for section in msgspec.structs.asdict(config).values():
        for key in (*SECRET, *PLAIN):
            named: str | None = getattr(section, key, None)
            if named is None:
                continue
            shown = os.path.relpath(named, folder) if Path(named).is_relative_to(folder) else named
            if key in SECRET:
                left_out.append(shown)
            elif shown not in files.values():
                part = f"configuration/file-{len(files)}"
                writer.part(part, Path(named).read_bytes())
                files[part] = shown
    return files, sorted(set(left_out))


def read_configuration(reader: ArchiveReader, toml: Path) -> list[Written]:
    """Write hub.toml to `toml`, which is not there yet, and its files into the same folder; nothing is overwritten.

    Only a plain relative name decides where a file goes: whoever changed an archive chooses no place on this machine.
    """
    folder = toml.absolute().parent
    folder.mkdir(parents=True, exist_ok=True)
    written = [Written(_put(toml.absolute(), reader.data(TOML)), None)]
    for part, named in reader.manifest.files.items():
        place = PurePosixPath(named)
        inside = not place.is_absolute() and ".." not in place.parts and bool(place.name)
        path = folder / place if inside else folder / BESIDE / (place.name or part.rpartition("/")[2])
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(Written(_put(path, reader.data(part)), None if inside else named))
    return written


def _put(path: Path, data: bytes) -> Path:
    """O_EXCL follows no link that somebody laid there."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return path
