"""Identifiers fit for topics and tags: `[a-z0-9-]{1,64}`, from whatever name a device or a person gives."""

import hashlib
import re
import unicodedata

_ID = re.compile(r"[a-z0-9-]{1,64}")
MAX_ID = 64
_HASH_LENGTH = 6


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def slug(name: str) -> str:
    """`name` as an id; a short hash follows where the name had to be changed, so that two names never meet.

    "P.101" -> "p-101-1c2b3d", "a101" -> "a101". Vietnamese letters lose their marks, đ becomes d.
    """
    if is_id(name):
        return name
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.sub(r"[^a-z0-9]+", "-", kept).strip("-")
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).hexdigest()[:_HASH_LENGTH]
    return f"{words[: MAX_ID - _HASH_LENGTH - 1]}-{digest}" if words else digest
