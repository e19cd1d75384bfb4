"""Secrets of the broker in files of mode 600: made once, read with care; empty and well-known ones are refused."""

import os
import secrets
from pathlib import Path

from wire.settings import SettingsError
from wire.text import Text

MODE = 0o600
SHORTEST = 12
WELL_KNOWN = ("admin", "password", "changeme", "secret", "mosquitto", "classhub", "123456")


def kept_secret(path: Path) -> str:
    """The secret in this file, which is made where there is none. Raises SettingsError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    except FileExistsError:
        return read_secret(path)
    except OSError as refused:
        raise SettingsError(str(path), "", Text(f"không ghi được: {refused}", f"cannot be written: {refused}")) from (
            refused
        )
    secret = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret + "\n")
    return secret


def read_secret(path: Path, key: str = "") -> str:
    """Its first line. Raises SettingsError, naming `key`, where it is missing, too short or well known."""
    try:
        secret = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as broken:
        raise SettingsError(str(path), key, Text(f"không đọc được: {broken}", f"cannot be read: {broken}")) from broken
    if len(secret) < SHORTEST or secret.lower().startswith(WELL_KNOWN):
        reason = Text(
            f"mật khẩu trống, quá ngắn (dưới {SHORTEST} ký tự) hoặc ai cũng biết; xóa tệp rồi chạy lại lệnh",
            f"the secret is empty, shorter than {SHORTEST} characters or one that everybody knows; delete the file and"
            " run the command that makes it again",
        )
        raise SettingsError(str(path), key, reason)
    return secret
