"""The digest under which an import is known: of a file's bytes, or of a folder's files by name."""

import hashlib
from pathlib import Path

_CHUNK = 1 << 20


def digest_of(path: Path) -> str:
    """SHA-256 in hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    files = sorted(entry for entry in path.iterdir() if entry.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(file.name.encode() + b"\0")
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
