"""Whether a gateway here keeps what it measures, for its container's health check. Loads nothing of the hub."""

import sqlite3
from pathlib import Path

from edge.agent import OUTBOX_FILE
from edge.config import load_config

PATIENCE_S = 3.0


def edge_keeps(config: Path) -> str | None:
    """None where its outbox is there and answers; what it sends is judged by its hub. Raises SettingsError."""
    outbox = load_config(config).gateway.data_dir / OUTBOX_FILE
    if not outbox.is_file():
        return f"{outbox}: not there"
    try:
        database = sqlite3.connect(f"file:{outbox}?mode=ro", uri=True, timeout=PATIENCE_S)
        try:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            database.close()
    except sqlite3.Error as broken:
        return f"{outbox}: {broken}"
    return None
