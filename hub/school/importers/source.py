"""A file or folder somebody wants to import, looked at just enough to say what it is: first bytes, names inside."""

import zipfile
from pathlib import Path

import msgspec

HEAD_BYTES = 8_192
MAX_NAMES = 2_000


class Source(msgspec.Struct, frozen=True):
    """`head`: the first bytes of a file, without zero bytes (UTF-16 looks like ASCII then); b"" of a folder or zip.
    `names`: the files inside a folder or zip, as they are written there; empty for a single file.
    """

    path: Path
    head: bytes = b""
    names: tuple[str, ...] = ()

    @property
    def stems(self) -> frozenset[str]:
        """Names of the files inside, without folder and ending, in small letters."""
        return frozenset(Path(name.replace("\\", "/")).stem.lower() for name in self.names)


def look_at(path: Path) -> Source:
    """Raises OSError. A broken zip is a file without names: its reader says what is wrong with it."""
    if path.is_dir():
        return Source(path, names=tuple(sorted(entry.name for entry in path.iterdir() if entry.is_file())[:MAX_NAMES]))
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        if head.startswith(b"PK"):
            return Source(path, names=_inside(path))
    return Source(path, head.replace(b"\0", b""))


def _inside(path: Path) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(path) as bundle:
            return tuple(bundle.namelist()[:MAX_NAMES])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return ()
