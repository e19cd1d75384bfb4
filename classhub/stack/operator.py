"""Whether anybody can sign in to the hub of these settings yet."""

from pathlib import Path

from sqlalchemy import func, select

from hub.config import load_config
from hub.db.engine import open_database
from hub.db.models import OperatorRow


def has_operator(config: Path) -> bool:
    """Raises SettingsError, and SQLAlchemyError where the database cannot be reached."""
    engine = open_database(load_config(config).state_url)
    try:
        with engine.connect() as connection:
            return bool(connection.execute(select(func.count()).select_from(OperatorRow)).scalar())
    finally:
        engine.dispose()
