"""The account Grafana reads PostgreSQL with: it may see the views of schema `grafana` and nothing else."""

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from hub.db import postgres
from hub.db.engine import cause
from wire.text import Text

ROLE = "classhub_grafana"
SCHEMA = "grafana"
CONNECTIONS = 20
LONGEST_QUERY = "20s"


class RoleRefused(Exception):
    """The account cannot be made; `text` says why and which command mends it."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


def grant(engine: Engine, password: str) -> bool:
    """Make the account or set its password and rights anew. True where it was made. Blocks. Raises RoleRefused.

    The server gets the password as a SCRAM hash: no statement and no log of it holds the password itself.
    """
    raw = engine.raw_connection()
    try:
        connection = raw.driver_connection
        if not isinstance(connection, psycopg.Connection):
            raise TypeError("only PostgreSQL has roles")
        with connection.transaction():
            return _grant(connection, password)
    except psycopg.errors.InsufficientPrivilege as refused:
        raise RoleRefused(_no_right(engine, refused)) from refused
    finally:
        raw.close()


def _grant(connection: "psycopg.Connection[tuple[object, ...]]", password: str) -> bool:
    hashed = connection.pgconn.encrypt_password(password.encode(), ROLE.encode(), b"scram-sha-256").decode()
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone() is not None
    role, schema = sql.Identifier(ROLE), sql.Identifier(SCHEMA)
    database = sql.Identifier(connection.info.dbname)
    if not known:
        connection.execute(sql.SQL("CREATE ROLE {}").format(role))
    login = "ALTER ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}"
    connection.execute(sql.SQL(login).format(role, sql.Literal(CONNECTIONS), sql.Literal(hashed)))
    for statement in (
        "ALTER ROLE {role} SET default_transaction_read_only = on",
        "ALTER ROLE {role} SET statement_timeout = {longest}",
        "ALTER ROLE {role} SET search_path = {schema}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role}",
        "REVOKE ALL ON SCHEMA public FROM {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",  # before PostgreSQL 15 everybody might
        "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {role}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
        # Views that a later migration makes are of the same kind.
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role}",
    ):
        named = {"role": role, "schema": schema, "database": database, "longest": sql.Literal(LONGEST_QUERY)}
        connection.execute(sql.SQL(statement).format(**named))
    return not known


def _no_right(engine: Engine, refused: psycopg.Error) -> Text:
    shown, why = postgres.shown(engine.url), cause(refused)
    who, database = engine.url.username, engine.url.database
    mend = f'ALTER ROLE "{who}" CREATEROLE; ALTER DATABASE "{database}" OWNER TO "{who}"'
    return Text(
        f"{shown}: không tạo được tài khoản {ROLE} ({why}); quản trị viên hãy chạy: {mend}",
        f"{shown}: the account {ROLE} cannot be made ({why}); an administrator runs: {mend}",
    )
