"""What was told of rooms and calibrations while another thread reads what is still to be moved."""

from pathlib import Path
from threading import Thread

from sqlalchemy import Connection, event

from hub.db.engine import open_database
from hub.registry.model import Assignment
from hub.stores.influx.told import Told
from tests.patience import PATIENCE_S


def test_what_is_told_while_a_finished_move_is_noted_is_not_forgotten(tmp_path: Path) -> None:
    """Readers would take windows for true that are not, and count rows twice that stand under two room tags."""
    engine = open_database(f"sqlite:///{tmp_path}/state.db")
    told = Told(engine)
    told.of_school("s1")
    telling = Thread(
        target=lambda: told.replace({("s1", "d1"): ([Assignment("s1", "d1", "r1", 0)], None)}, lambda keys: keys)
    )

    def between(_connection: Connection) -> None:
        """`settled` has read, and has not kept what it read."""
        if telling.ident is None:
            telling.start()
            telling.join(0.5)

    event.listen(engine, "rollback", between)
    told.settled()
    telling.join(PATIENCE_S)
    assert told.moving("s1")["d1"]
    engine.dispose()
