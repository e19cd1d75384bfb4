import asyncio
import secrets
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, text

from hub.db.models import WebSessionRow
from hub.web.app import create_app
from hub.web.auth import SESSION_MS, Attempts
from hub.web.guard import COOKIE, local_path
from hub.web.pages.login import FORM_COOKIE
from tests.hub.web.conftest import Client, client_of, csrf_of, sign_in
from tests.hub.web.doubles import PASSWORD, SCHOOL, Clock, Stand, build
from wire.settings import SettingsError

ROOM = f"/api/v1/rooms/{SCHOOL}.a101"


def every_path(stand: Stand) -> list[tuple[str, str]]:
    """Every route of the application with its placeholders filled."""
    filled = {"{school}": SCHOOL, "{uid}": f"{SCHOOL}.a101", "{kind}": "wall", "{device}": "a101-co2",
              "{gateway}": "gw-b2", "{digest}": "a" * 64, "{language}": "en"}  # fmt: skip
    found = []
    for path, methods in create_app(stand.hub).openapi()["paths"].items():
        name = path
        for place, value in filled.items():
            name = name.replace(place, value)
        found += [(method.upper(), name) for method in methods]
    pages = ["/", f"/rooms/{SCHOOL}.a101", "/devices", "/quarantine", "/about", "/live/wall", "/metrics",
             "/api/openapi.json", f"/live/rooms/{SCHOOL}.a101/history", "/no-such-page", "/docs", "/redoc"]  # fmt: skip
    return found + [("GET", page) for page in pages]


async def test_nothing_is_served_without_signing_in(closed_stand: Stand) -> None:
    paths = every_path(closed_stand)
    assert len(paths) > 25
    async with client_of(closed_stand) as client:
        for method, path in paths:
            answer = await client.request(method, path)
            for_programs = path.startswith(("/api/", "/live/", "/metrics")) or method != "GET"
            assert answer.status_code == (401 if for_programs else 303), (method, path)
            assert "A101" not in answer.text
        for path in ("/healthz", "/readyz", "/login"):
            assert (await client.get(path)).status_code == 200


async def test_open_reading_reads_and_never_changes(stand: Stand) -> None:
    async with client_of(stand) as client:
        assert (await client.get("/")).status_code == 200
        for method, path in every_path(stand):
            if method == "POST":
                assert (await client.post(path, json={})).status_code == 401, path
    assert stand.hub.registry.gateway(SCHOOL, "gw-b2").status == "pending"  # type: ignore[union-attr]


async def test_sign_in_leads_back_and_opens_everything(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        first = await client.get("/devices")
        assert first.headers["location"] == "/login?next=/devices"
        answer = await sign_in(client, target="/devices")
        assert (answer.status_code, answer.headers["location"]) == (303, "/devices")
        cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(COOKIE))
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await client.get("/devices")).status_code == 200


async def test_changes_need_the_sessions_token(stand: Stand) -> None:
    async with client_of(stand) as client:
        await sign_in(client)
        refused = await client.post(f"{ROOM}/maintenance", json={"note": "x"})
        assert (refused.status_code, refused.json()["field"]) == (403, "X-CSRF-Token")
        wrong = await client.post(f"{ROOM}/maintenance", json={"note": "x"}, headers={"x-csrf-token": "wrong"})
        assert wrong.status_code == 403
        right = {"x-csrf-token": await csrf_of(client)}
        assert (await client.post(f"{ROOM}/maintenance", json={"note": "x"}, headers=right)).status_code == 200


async def test_wrong_passwords_are_refused_and_slowed_down(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        for _ in range(5):
            assert (await sign_in(client, "wrong")).status_code == 401
        braked = await sign_in(client, PASSWORD)
        assert braked.status_code == 429
        assert int(braked.headers["retry-after"]) >= 1
        assert COOKIE not in client.cookies


async def test_guesses_sent_together_are_braked_as_those_in_a_row(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        page = await client.get("/login")
        token = page.text.split('name="form_token" value="')[1].split('"')[0]
        cookie = f"{FORM_COOKIE}={client.cookies[FORM_COOKIE]}"  # each answer sets another one
        guess = {"name": "operator", "password": "wrong", "form_token": token}
        answers = await asyncio.gather(
            *(client.post("/login", data=guess, headers={"cookie": cookie}) for _ in range(60))
        )
        codes = [answer.status_code for answer in answers]
        assert (codes.count(401), codes.count(429)) == (5, 55)


async def test_passwords_for_the_metrics_sent_together_are_braked(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        guesses = (client.get("/metrics", auth=("operator", f"wrong-{n}")) for n in range(12))
        right = client.get("/metrics", auth=("operator", PASSWORD))
        answers = await asyncio.gather(*guesses, right)
        assert {answer.status_code for answer in answers} == {401}


async def test_a_login_form_from_elsewhere_does_not_count(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        answer = await client.post("/login", data={"name": "operator", "password": PASSWORD, "form_token": "guess"})
        assert answer.status_code == 403
        answer = await client.post("/login", data={"name": "operator", "password": PASSWORD})
        assert answer.status_code == 403


async def test_sign_out_and_expiry_end_the_session(closed_stand: Stand, clock: Clock) -> None:
    async with client_of(closed_stand) as client:
        await sign_in(client)
        await client.post("/logout", data={"csrf": "wrong"})
        with closed_stand.hub.engine.connect() as connection:
            assert len(connection.execute(select(WebSessionRow)).all()) == 1
        await sign_in(client)
        await client.post("/logout", data={"csrf": await csrf_of(client)})
        assert (await client.get("/")).status_code == 303
        await sign_in(client)
        clock.now_ms += SESSION_MS + 1
        assert (await client.get("/")).status_code == 303


async def test_the_database_holds_no_token(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        await sign_in(client)
        with closed_stand.hub.engine.connect() as connection:
            (row,) = connection.execute(select(WebSessionRow)).all()
        assert client.cookies[COOKIE] not in str(row)


async def test_metrics_take_the_operators_password_in_the_header(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        assert (await client.get("/metrics", auth=("operator", "wrong"))).status_code == 401
        assert (await client.get("/metrics", auth=("operator", PASSWORD))).status_code == 200
        assert (await client.get("/api/v1/schools", auth=("operator", PASSWORD))).status_code == 401
        assert (await client.get("/metrics", headers={"authorization": "Basic ###"})).status_code == 401


async def test_prometheus_token_opens_the_metrics_and_nothing_else(closed_stand: Stand, tmp_path: Path) -> None:
    token = secrets.token_urlsafe(32)
    with_token(closed_stand, tmp_path, f"{token}\n")
    bearer = {"authorization": f"Bearer {token}"}
    async with client_of(closed_stand) as client:
        assert (await client.get("/metrics", headers=bearer)).status_code == 200
        for wrong in ("", "Bearer", "Bearer ", f"Bearer {token}x", f"Bearer {token[:-1]}", f"Basic {token}", token):
            assert (await client.get("/metrics", headers={"authorization": wrong})).status_code == 401
        for path in ("/api/v1/schools", "/api/v1/status", "/metrics/", "//metrics", "/live/wall", "/quarantine"):
            assert (await client.get(path, headers=bearer)).status_code in {303, 401}, path
        for method, path in (("POST", "/metrics"), ("POST", "/api/v1/schools/s/devices/d"), ("DELETE", "/metrics")):
            assert (await client.request(method, path, headers=bearer)).status_code == 401
        assert COOKIE not in client.cookies


async def test_without_a_token_in_the_settings_no_bearer_opens_anything(closed_stand: Stand) -> None:
    async with client_of(closed_stand) as client:
        for given in ("Bearer", "Bearer ", "Bearer None"):
            assert (await client.get("/metrics", headers={"authorization": given})).status_code == 401


@pytest.mark.parametrize("weak", ["", "\n", "changeme", "short"])
def test_a_weak_metrics_token_is_refused(closed_stand: Stand, tmp_path: Path, weak: str) -> None:
    with_token(closed_stand, tmp_path, weak)
    with pytest.raises(SettingsError) as wrong:
        create_app(closed_stand.hub)
    assert wrong.value.key == "web.metrics_token_file"


def with_token(stand: Stand, folder: Path, token: str) -> None:
    file = folder / "metrics.token"
    file.write_text(token)
    config = stand.hub.config
    web = msgspec.structs.replace(config.web, metrics_token_file=str(file))
    stand.hub.config = msgspec.structs.replace(config, web=web)


async def test_other_names_for_this_machine_are_refused_on_loopback(stand: Stand) -> None:
    async with client_of(stand, host="evil.example") as client:
        assert (await client.get("/")).status_code == 421
    for host in ("127.0.0.1:8080", "localhost", "[::1]:8080"):
        async with client_of(stand, host=host) as client:
            assert (await client.get("/healthz")).status_code == 200


async def test_on_a_lan_address_any_name_is_answered(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> None:
    from hub.stores.duckdb import DuckDbSeries

    stand = build(tmp_path_factory.mktemp("lan"), DuckDbSeries, clock=clock, open_reading=False, host="0.0.0.0")  # noqa: S104
    async with client_of(stand, host="hub.truong.edu.vn") as client:
        assert (await client.get("/healthz")).status_code == 200
    stand.close()


async def test_every_answer_carries_the_security_headers(client: Client) -> None:
    for path in ("/", "/healthz", "/api/v1/schools", "/nowhere", "/login"):
        headers = (await client.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nb"]
)
def test_no_link_to_us_leads_elsewhere(path: str) -> None:
    assert local_path(path) == "/"


def test_local_paths_stay() -> None:
    assert local_path("/rooms/x.y?range=3h") == "/rooms/x.y?range=3h"


def test_attempts_are_free_then_slow_then_forgotten() -> None:
    attempts = Attempts(free=2, first_wait_s=4, longest_s=10, sources=3)
    assert attempts.wait_s("a", 0) == 0
    for _ in range(2):
        attempts.failed("a", 100)
    assert attempts.wait_s("a", 101) == 3
    attempts.failed("a", 104)
    assert attempts.wait_s("a", 104) == 8
    attempts.failed("a", 112)
    assert attempts.wait_s("a", 112) == 10
    attempts.succeeded("a")
    assert attempts.wait_s("a", 112) == 0
    for source in "wxyz":
        attempts.failed(source, 1)
    assert len(attempts._failures) == 3


def test_failures_of_long_ago_do_not_add_up() -> None:
    attempts = Attempts(free=2, first_wait_s=4, longest_s=10, forget_s=60)
    for at_s in range(0, 6_000, 60):
        attempts.failed("a", at_s)
        assert attempts.wait_s("a", at_s) == 0


async def test_a_state_database_that_is_away_is_said_to_those_whose_session_is_looked_up(closed_stand: Stand) -> None:
    """After a restart of the hub no session is in memory: the answer was an internal error."""
    async with client_of(closed_stand) as before:
        await sign_in(before)
        with closed_stand.hub.engine.begin() as connection:
            connection.execute(text("DROP TABLE web_session"))
        async with client_of(closed_stand) as after:
            after.cookies.update(before.cookies)
            page, program = await after.get("/"), await after.get("/api/v1/status")
    assert (page.status_code, program.status_code) == (503, 503)
    assert "cơ sở dữ liệu trạng thái" in page.text
    assert "state database" in program.json()["detail"]["en"]
