"""A small Grafana on a free loopback port, written from its published HTTP API (12 and 13), with its error bodies.

Not a Grafana: it stores what it is given and answers as the documentation says. No real one could be had for the tests.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.patience import PATIENCE_S

Json = dict[str, Any]
Answer = tuple[int, Any]
TOKEN = "glsa_kiem-thu"
READ_ONLY = "glsa_chi-doc"


class SimulatedGrafana:
    """`with SimulatedGrafana() as grafana: grafana.url`. `saves` counts what was written."""

    def __init__(self, prefix: str = "") -> None:
        self.folders: dict[str, Json] = {}
        self.dashboards: dict[str, Json] = {}  # uid -> {"dashboard", "folder", "versions", "provisioned"}
        self.sources: dict[str, Json] = {}
        self.saves = 0
        self.version_list_is_bare = False  # as up to Grafana 11
        self.saved_after_reading: set[str] = set()  # somebody saves these just after they were read
        self._prefix = prefix
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{self._prefix}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE_S)

    def save_by_hand(self, uid: str, **changes: Any) -> None:
        """A person saves a dashboard in the browser."""
        self._store(
            uid, self.dashboards[uid]["dashboard"] | changes, self.dashboards[uid]["folder"], "", "co-hieu-truong"
        )

    def answer(self, method: str, path: str, token: str, body: Json) -> Answer:
        if not path.startswith(f"{self._prefix}/api/"):
            return 404, "<html><body>no message here: 404 page not found</body></html>"
        route = path.removeprefix(f"{self._prefix}/api").partition("?")[0]
        if route == "/health":
            return 200, {"database": "ok", "version": "12.1.1", "commit": "0000000"}
        if token not in {TOKEN, READ_ONLY}:
            return 401, {"message": "Invalid API key", "messageId": "api-key.invalid", "statusCode": 401, "traceID": ""}
        if token == READ_ONLY and method != "GET":
            text = "You'll need additional permissions to perform this action. Permissions needed: dashboards:create"
            return 403, {"accessErrorId": "ACE0000000001", "message": text, "title": "Access denied"}
        return self._routed(method, route.strip("/").split("/"), body)

    def _routed(self, method: str, words: list[str], body: Json) -> Answer:
        match method, words:
            case _, ["folders", *rest]:
                return self._folder(rest, body)
            case "GET", ["dashboards", "uid", uid]:
                return self._dashboard(uid)
            case "GET", ["dashboards", "uid", uid, "versions"]:
                return self._versions(uid)
            case "POST", ["dashboards", "db"]:
                return self._save(body)
            case _, ["datasources", *rest]:
                return self._data_source(method, rest, body)
        return 404, {"message": "Not found"}

    def _folder(self, rest: list[str], body: Json) -> Answer:
        if rest:
            held = self.folders.get(rest[0])
            return (404, {"message": "folder not found", "status": "not-found"}) if held is None else (200, held)
        if body["uid"] in self.folders:
            return 412, {"message": "the folder has been changed by someone else", "status": "version-mismatch"}
        self.folders[body["uid"]] = body | {"id": len(self.folders) + 1, "url": f"/dashboards/f/{body['uid']}"}
        return 200, self.folders[body["uid"]]

    def _dashboard(self, uid: str) -> Answer:
        held = self.dashboards.get(uid)
        if held is None:
            return 404, {"message": "Dashboard not found"}
        meta = {"folderUid": held["folder"], "provisioned": held["provisioned"], "version": len(held["versions"])}
        return 200, {"dashboard": held["dashboard"], "meta": meta | {"slug": "x", "canSave": True}}

    def _versions(self, uid: str) -> Answer:
        if uid not in self.dashboards:
            return 404, {"message": "Dashboard not found"}
        newest_first = self.dashboards[uid]["versions"][::-1]
        if uid in self.saved_after_reading:
            self.save_by_hand(uid, refresh="9s")
        return 200, newest_first if self.version_list_is_bare else {"continueToken": "", "versions": newest_first}

    def _save(self, body: Json) -> Answer:
        dashboard, folder = body["dashboard"], body.get("folderUid", "")
        uid, held = dashboard["uid"], self.dashboards.get(dashboard["uid"])
        if folder and folder not in self.folders:
            return 400, {"message": "folder not found", "status": "not-found"}
        if held is not None and held["provisioned"]:
            return 400, {"message": "Cannot save provisioned dashboard"}
        if held is not None and not body["overwrite"] and dashboard.get("version") != len(held["versions"]):
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        titles = {(each["folder"], each["dashboard"]["title"]): key for key, each in self.dashboards.items()}
        if titles.get((folder, dashboard["title"]), uid) != uid:
            text = "A dashboard with the same name in the folder already exists"
            return 412, {"message": text, "status": "name-exists"}
        self._store(uid, dashboard, folder, body.get("message", ""), "sa-classhub")
        number = len(self.dashboards[uid]["versions"])
        return 200, {"id": 1, "uid": uid, "url": f"/d/{uid}", "status": "success", "version": number, "slug": "x"}

    def _store(self, uid: str, dashboard: Json, folder: str, message: str, who: str) -> None:
        self.saves += 1
        held = self.dashboards.setdefault(uid, {"versions": [], "provisioned": False})
        number = len(held["versions"]) + 1
        held["folder"] = folder
        held["dashboard"] = dashboard | {"id": len(self.dashboards), "version": number}
        held["versions"].append({"version": number, "message": message, "createdBy": who, "uid": uid})

    def _data_source(self, method: str, rest: list[str], body: Json) -> Answer:
        if method == "POST" and not rest:
            if body["uid"] in self.sources:
                return 409, {"message": "data source with the same name already exists"}
            self.sources[body["uid"]] = body
            return 200, {
                "datasource": body,
                "id": len(self.sources),
                "message": "Datasource added",
                "name": body["name"],
            }
        if len(rest) == 1:  # by number: switched off since version 13
            return 404, {"message": "Not found"}
        uid = rest[-1]
        if uid not in self.sources:
            return 404, {"message": "Data source not found"}
        if method == "PUT":
            self.sources[uid] = body
        shown = {key: value for key, value in self.sources[uid].items() if key != "secureJsonData"}
        return 200, shown | {"id": 1, "secureJsonFields": dict.fromkeys(self.sources[uid]["secureJsonData"], True)}


def _handler(grafana: SimulatedGrafana) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, answer = grafana.answer(self.command, self.path, token, body)
            page = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if isinstance(answer, str) else "application/json")
            self.send_header("Content-Length", str(len(page.encode())))
            self.end_headers()
            self.wfile.write(page.encode())

        do_GET = do_POST = do_PUT = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Tests read answers, not this server's log."""

    return Handler
