"""The folder `classhub tls` keeps: ca.crt and ca.key of the authority, server.crt and server.key for the servers."""

import os
from datetime import datetime
from pathlib import Path

from hub.tls.authority import (
    KeyPair,
    Names,
    NotAllowed,
    belong_together,
    is_from,
    make_authority,
    make_server,
    names_of,
)
from wire.text import Text

SECRET, PUBLIC = 0o600, 0o644


class TlsError(Exception):
    """What stands in the way, for the person at the terminal."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


class TlsFolder:
    """Every change is written whole or not at all; nothing that somebody else made is overwritten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca_crt, self.ca_key = folder / "ca.crt", folder / "ca.key"
        self.server_crt, self.server_key = folder / "server.crt", folder / "server.key"

    def init(self, wanted: Names, name: str, now: datetime) -> list[Path]:
        """Make what is missing; the files written. An authority stays, and so does a certificate that names all."""
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        written: list[Path] = []
        if self.ca_crt.exists() or self.ca_key.exists():
            authority = self._authority()
        else:
            if self.server_crt.exists():
                raise _foreign(self.server_crt)
            authority = make_authority(name, wanted, now)
            written += self._write(self.ca_key, self.ca_crt, authority)
        old = self._server(authority)
        if old is not None and old.covers(wanted):
            return written
        return written + self._issue(authority, old.joined(wanted) if old else wanted, now)

    def renew(self, more: Names, now: datetime) -> list[Path]:
        """A new server certificate with a new key, for the old names and `more`. Raises TlsError."""
        authority = self._authority()
        old = self._server(authority)
        return self._issue(authority, old.joined(more) if old else more, now)

    def _issue(self, authority: KeyPair, wanted: Names, now: datetime) -> list[Path]:
        try:
            server = make_server(authority, wanted, now)
        except NotAllowed as beyond:
            raise TlsError(
                Text(
                    f"{self.ca_crt} không được phép xác nhận {beyond}: hãy chuyển thư mục {self.folder} đi rồi chạy lại"
                    " classhub tls init (hoặc make up) với mọi tên cần dùng; mọi cổng cần ca.crt mới",
                    f"{self.ca_crt} may not speak for {beyond}: move the folder {self.folder} away and run classhub"
                    " tls init (or make up) again with every name you need; gateways need the new ca.crt",
                )
            ) from beyond
        return self._write(self.server_key, self.server_crt, server)

    def _authority(self) -> KeyPair:
        pair = KeyPair(_read(self.ca_crt), _read(self.ca_key))
        try:
            if belong_together(pair):
                return pair
        except (ValueError, TypeError) as broken:
            raise _unusable(self.ca_crt, str(broken)) from broken
        raise _unusable(self.ca_key, f"not the key of {self.ca_crt.name}")

    def _server(self, authority: KeyPair) -> Names | None:
        """Whom the server certificate that is here is for; None where there is none. Raises TlsError for another's."""
        if not self.server_crt.exists():
            if self.server_key.exists():
                raise _foreign(self.server_key)
            return None
        certificate = _read(self.server_crt)
        if not is_from(certificate, authority.certificate):
            raise _foreign(self.server_crt)
        return names_of(certificate)

    def _write(self, key: Path, certificate: Path, pair: KeyPair) -> list[Path]:
        """Both beside their places first, so that a full disk leaves the old pair."""
        try:
            fresh = [_beside(key, pair.key, SECRET), _beside(certificate, pair.certificate, PUBLIC)]
            for new, place in zip(fresh, (key, certificate), strict=True):
                new.replace(place)
        except OSError as failed:
            raise TlsError(
                Text(f"không ghi được vào {self.folder}: {failed}", f"cannot write into {self.folder}: {failed}")
            ) from failed
        return [key, certificate]


def _beside(place: Path, content: bytes, mode: int) -> Path:
    """A new file beside `place`; its owner, where root renews what a service reads, is that of the file it follows."""
    fresh = place.with_name(f".{place.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        if place.exists():
            before = place.stat()
            if os.geteuid() == 0:
                os.fchown(handle, before.st_uid, before.st_gid)
            mode = before.st_mode & (0o640 if mode == SECRET else PUBLIC)
        os.fchmod(handle, mode)
        os.fsync(handle)
    return fresh


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as broken:
        raise _unusable(path, broken.strerror or str(broken)) from broken


def _unusable(path: Path, why: str) -> TlsError:
    return TlsError(
        Text(
            f"{path} không dùng được ({why}): chép lại từ bản sao lưu, hoặc tạo CA mới ở thư mục khác",
            f"{path} cannot be used ({why}): copy it back from a backup, or make a new authority in another folder",
        )
    )


def _foreign(path: Path) -> TlsError:
    return TlsError(
        Text(
            f"{path} không do CA ở đây cấp và không bị ghi đè: hãy chuyển nó đi hoặc chọn thư mục khác",
            f"{path} is not of the authority here and is not overwritten: move it away or choose another folder",
        )
    )
