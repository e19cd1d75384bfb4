"""Grafana's HTTP API: the one file that knows grafana-api (decision 0009: which of its calls are avoided, and why)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from grafana_api.grafana_api import (  # type: ignore[import-untyped]
    GrafanaClientError,
    GrafanaException,
    GrafanaServerError,
)
from grafana_api.grafana_face import GrafanaFace  # type: ignore[import-untyped]

from dashboards.model import Json
from dashboards.sending import Standing
from wire.text import Text

PATIENCE_S = 20.0
_RIGHTS = "dashboards:read, dashboards:write, dashboards:create, folders:read, folders:create"
_PLAIN: dict[int, Text] = {
    HTTPStatus.UNAUTHORIZED: Text(
        "Grafana không nhận mã truy cập; tạo mã ở Administration → Service accounts, ghi vào tệp của --token-file",
        "Grafana does not know the token; make one under Administration → Service accounts, put it into --token-file",
    ),
    HTTPStatus.FORBIDDEN: Text(
        f"mã truy cập thiếu quyền ({_RIGHTS}); cho tài khoản dịch vụ vai trò Editor",
        f"the token lacks rights ({_RIGHTS}); give its service account the role Editor",
    ),
}
_BY_STATUS: dict[str, Text] = {
    "version-mismatch": Text(
        "vừa có người lưu bảng này trong Grafana; chạy lại lệnh để xem khác gì",
        "somebody has just saved this dashboard in Grafana; run the command again to see what differs",
    ),
    "name-exists": Text(
        "trong thư mục đã có bảng khác cùng tên; đổi tên bảng đó trong Grafana",
        "the folder holds another dashboard of this title; rename that one in Grafana",
    ),
}


class GrafanaRefused(Exception):
    """Grafana did not do what was asked; `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


class Grafana:
    """One Grafana as one token sees it. All calls block and raise GrafanaRefused."""

    def __init__(self, url: str, token: str, ca_file: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise GrafanaRefused(Text(f"{url} không phải địa chỉ http(s)", f"{url} is no http(s) address"))
        prefix = parts.path.strip("/")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self._url = url
        self._face = GrafanaFace(
            auth=token,
            host=host,
            port=parts.port,
            protocol=parts.scheme,
            url_path_prefix=f"{prefix}/" if prefix else "",
            verify=ca_file or True,
            timeout=PATIENCE_S,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._face.api.s.close()

    def release(self) -> str:
        """Grafana's version, as its health says; also a test of the address."""
        return str(self._ask(lambda: self._face.api.GET("/health")).get("version", "?"))

    def has_folder(self, uid: str) -> bool:
        return self._found(lambda: self._face.folder.get_folder(uid)) is not None

    def make_folder(self, uid: str, title: str) -> None:
        self._ask(lambda: self._face.folder.create_folder(title, uid))

    def dashboard(self, uid: str) -> Standing | None:
        """As it stands there, with its newest version's message; None where there is none."""
        found = self._found(lambda: self._face.dashboard.get_dashboard(uid))
        if found is None:
            return None
        meta = found.get("meta", {})
        newest = self._newest_version(uid)
        return Standing(
            dashboard=found["dashboard"],
            version=int(found["dashboard"].get("version", meta.get("version", 0))),
            folder=str(meta.get("folderUid", "")),
            message=str(newest.get("message", "")),
            saved_by=str(newest.get("createdBy", meta.get("updatedBy", ""))),
            provisioned=bool(meta.get("provisioned", False)),
        )

    def save(self, dashboard: Json, folder: str, message: str, version: int | None) -> None:
        """Save as the version after `version` (None: there is none yet); somebody else's save in between is refused."""
        body = {"id": None} | dashboard | ({} if version is None else {"version": version})
        order = {"dashboard": body, "folderUid": folder, "message": message, "overwrite": False}
        self._ask(lambda: self._face.dashboard.update_dashboard(order))

    def data_source(self, uid: str) -> Json | None:
        return self._found(lambda: self._face.api.GET(f"/datasources/uid/{uid}"))

    def put_data_source(self, source: Json, *, known: bool) -> None:
        """By uid: the numeric ids that grafana-api's own calls use are switched off since Grafana 13."""
        if known:
            self._ask(lambda: self._face.api.PUT(f"/datasources/uid/{source['uid']}", json=source))
        else:
            self._ask(lambda: self._face.datasource.create_datasource(source))

    def _newest_version(self, uid: str) -> Json:
        """A list up to Grafana 11, an object that holds one after; none where the token may not see versions."""
        try:
            found: Any = self._face.api.GET(f"/dashboards/uid/{uid}/versions?limit=1")
        except GrafanaClientError:
            return {}
        except (GrafanaException, requests.RequestException, ValueError, TypeError) as broken:
            raise self._refused(broken) from broken
        versions = found.get("versions", []) if isinstance(found, dict) else found
        return dict(versions[0]) if versions else {}

    def _found(self, ask: Callable[[], Any]) -> Json | None:
        try:
            return self._object(ask())
        except GrafanaClientError as refused:
            if refused.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise self._refused(refused) from refused
        except (GrafanaException, requests.RequestException, ValueError, TypeError) as broken:
            raise self._refused(broken) from broken

    def _ask(self, ask: Callable[[], Any]) -> Json:
        try:
            return self._object(ask())
        # ValueError and TypeError: what grafana-api does with a page of HTML, as a proxy answers.
        except (GrafanaException, requests.RequestException, ValueError, TypeError) as broken:
            raise self._refused(broken) from broken

    def _object(self, answer: Any) -> Json:
        if not isinstance(answer, dict):
            raise TypeError(type(answer).__name__)
        return answer

    def _refused(self, broken: Exception) -> GrafanaRefused:
        if isinstance(broken, GrafanaException):
            return GrafanaRefused(_explained(broken))
        if isinstance(broken, requests.exceptions.SSLError):
            return GrafanaRefused(
                Text(
                    f"{self._url}: chứng chỉ không được tin; dùng --ca-file ({broken})",
                    f"{self._url}: the certificate is not trusted; use --ca-file ({broken})",
                )
            )
        if isinstance(broken, requests.RequestException) and not isinstance(broken, ValueError):
            return GrafanaRefused(
                Text(
                    f"không kết nối được Grafana ở {self._url} ({broken})",
                    f"no Grafana answers at {self._url} ({broken})",
                )
            )
        return GrafanaRefused(
            Text(
                f"{self._url} trả lời không giống Grafana; xem lại địa chỉ và đường dẫn con",
                f"{self._url} answers, but not as a Grafana does; check the address and its sub-path",
            )
        )


def _explained(refused: GrafanaException) -> Text:
    body = refused.response if isinstance(refused.response, dict) else {}
    known = _PLAIN.get(refused.status_code) or _BY_STATUS.get(str(body.get("status", "")))
    said = str(body.get("message", refused.message))
    if known is not None:
        return Text(f"{known.vi} (Grafana: {said})", f"{known.en} (Grafana: {said})")
    if isinstance(refused, GrafanaServerError):
        return Text(f"Grafana lỗi {refused.status_code}: {said}", f"Grafana failed with {refused.status_code}: {said}")
    return Text(f"Grafana từ chối ({refused.status_code}): {said}", f"Grafana refused ({refused.status_code}): {said}")
