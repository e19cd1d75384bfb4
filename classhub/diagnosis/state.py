"""The state database put to the test: there, readable, sound, with an operator in it."""

import contextlib
import sqlite3
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from classhub.diagnosis.finding import Finding, bad, note, ok, warning
from hub.config import HubConfig
from hub.db import postgres
from hub.db.engine import complaint, newest_revision, reading, revision_of

_PATIENCE_S = 3.0


def check_state(config: HubConfig, path: Path) -> Finding:
    """Looks only: nothing is made or upgraded."""
    return _check_file(config, path) if config.state.kind == "sqlite" else _check_server(config.state_url, path)


def _check_file(config: HubConfig, path: Path) -> Finding:
    state = config.hub.data_dir / "state.db"
    if not state.exists():
        mend = f"classhub hub run --config {path}"
        return (
            note("store", f"{state}: chưa có, sẽ được tạo", f"{state}: not there yet, will be made")
            if (config.hub.data_dir.parent.exists())
            else bad("store", f"không có thư mục {state.parent}", f"there is no folder {state.parent}", mend)
        )
    try:
        with contextlib.closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True, timeout=_PATIENCE_S)) as database:
            verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            schools, operators = (
                database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  # two fixed names
                for table in ("school", "operator")
            )
    except sqlite3.Error as broken:
        return bad("store", f"{state}: {broken}", f"{state}: {broken}", f"ls -l {state.parent}")
    if verdict != "ok":
        return bad("store", f"{state} bị hỏng: {verdict}", f"{state} is damaged: {verdict}")
    return _found(str(state), schools, operators)


def _check_server(where: URL, path: Path) -> Finding:
    engine = create_engine(where, poolclass=NullPool, connect_args=postgres.connect_arguments())
    try:
        found = revision_of(engine)
        if found is None:
            run = f"classhub hub run --config {path}"
            shown = postgres.shown(where)
            return note("store", f"{shown}: còn trống ({run})", f"{shown}: empty still ({run})")
        with reading(engine).connect() as connection:
            version = str(connection.scalar(text("SHOW server_version"))).split()[0]
            schools, operators = (
                int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608  # two fixed names
                for table in ("school", "operator")
            )
    except SQLAlchemyError as broken:
        said = complaint(where, broken)
        return bad("store", said.vi, said.en, f"pg_isready -h {where.host} -p {where.port}")
    finally:
        engine.dispose()
    shown = f"{postgres.shown(where)} ({version})"
    if found != newest_revision():
        vi, en = f"{shown}: bản {found}, sẽ được nâng cấp", f"{shown}: revision {found}, will be upgraded"
        return note("store", vi, en)
    return _found(shown, schools, operators)


def _found(shown: str, schools: int, operators: int) -> Finding:
    if not operators:
        vi, en = "chưa có người vận hành nào đăng nhập được", "nobody can sign in: there is no operator"
        return warning("store", vi, en, "classhub hub init --help")
    return ok("store", f"{shown}: tốt, {schools} trường", f"{shown}: sound, {schools} school(s)")
