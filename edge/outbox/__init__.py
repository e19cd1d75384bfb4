"""The durable outbox: every row stays here, numbered once and for ever, until the hub says that it holds it."""

from edge.outbox.outbox import Limits, NewEvent, NewReading, Outbox, StoredRow

__all__ = ["Limits", "NewEvent", "NewReading", "Outbox", "StoredRow"]
