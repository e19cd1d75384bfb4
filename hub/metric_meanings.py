"""What each figure of the hub means: the HELP lines of /metrics. English only: Prometheus is read by machines."""

_STREAMS = "stream: telemetry or events"

MEANINGS: dict[str, str] = {
    "build_info": "Release of the hub; the value is always 1.",
    # received, decoded, refused
    "messages_total": "MQTT messages received from gateways' topics.",
    "message_bytes_total": "Bytes of those messages.",
    "rows_total": "Rows in the batches received, repeated ones included.",
    "values_total": "Measured values taken, each once.",
    "undecodable_messages_total": "Messages that could not be decoded and were set aside.",
    "unsupported_messages_total": "Messages of gateways newer than this hub; they wait.",
    "pending_messages_total": "Messages of gateways nobody has accepted.",
    "foreign_topic_messages_total": "Messages on topics the protocol does not know.",
    "clock_wait_batches_total": "Batches that waited until their gateway's clock error was steady.",
    "forgotten_epoch_rows_total": "Rows of epochs the hub no longer remembers.",
    "intake_failures_total": "Faults of the hub while taking a message; the message stays unacknowledged.",
    "gateways_turned_away_total": "Messages of strangers turned away because too many wait already.",
    # de-duplicated, accounted
    "duplicate_rows_total": "Rows that had been received before; acknowledged again, stored once.",
    "overwritten_rows_total": "Rows with a key that was stored already with another value.",
    "account_rows": "Rows by their end in the loss accounts (kind), over the epochs the hub remembers.",
    # live
    "live_beat_seconds": "Time of one beat of the live state: judging rooms, telling pages.",
    "live_failures_total": "Beats of the live state that failed.",
    "push_viewers": "Open pages that are told of changes.",
    "alerts_open": "Causes of trouble that stand open in the table alert.",
    "alerts_turned_away_total": "Causes not written down because too many are open.",
    # derived from readings and plans
    "derived_days_total": "School-days derived: statuses, lesson records, waste.",
    "derived_lessons_total": "Lesson records written soon after their lesson ended.",
    "derived_changes_total": "Records and statuses that are other than before since a day was derived anew.",
    "derive_due_days": "School-days that wait to be derived.",
    "derive_due_age_seconds": "How long the one asked for first waits.",
    "derive_failures_total": "School-days that could not be derived for a fault of the hub; tried again in an hour.",
    # forecasts and health of devices
    "forecast_seconds": "Time of one school's night: hours measured, tomorrow forecast, devices examined.",
    "forecast_failures_total": "Schools that could not be forecast for a fault of the hub; tried again in an hour.",
    "device_findings": "What is found of devices: suspect values, lamps and batteries that end.",
    # queue
    "buffered_rows": "Rows that wait for their store.",
    "buffered_bytes": f"Bytes of messages that wait for their store ({_STREAMS}).",
    "shed_rows_total": "Rows let go unacknowledged because the buffer was full; their gateways send them again.",
    # commit
    "commits_total": "Commits of telemetry.",
    "commit_seconds": f"Time of one commit that succeeded, from taking the rows to the stored marks ({_STREAMS}).",
    "commit_rows": f"Rows in one commit that succeeded ({_STREAMS}).",
    "commit_failures_total": f"Commits the store did not take; they are tried again ({_STREAMS}).",
    "committed_rows_total": "Rows of telemetry committed.",
    "committed_events_total": "Events committed.",
    # stores
    "store_up": "1 where the last commit of telemetry succeeded.",
    "store_seconds": "Time of one piece of work of the series store, with its wait (work: write, read, tend).",
    "store_failures_total": "Pieces of work of the series store that failed (work: write, read, tend).",
    "store_reads_waiting": "Queries of pages that wait or run.",
    "store_answers_total": "Answers of InfluxDB by class of their status; none: no answer came.",
    "store_bytes": "Size of the time-series store, where it can be asked cheaply.",
    "derived_waiting_rows": "Derived rows that wait for the store (kind: room_minutes, gateway_minutes).",
    "derived_waiting_bytes": "Memory of those that wait packed (kind: room_minutes, gateway_minutes).",
    "derived_dropped_rows_total": "Derived rows let go because too many waited for the store; no readings.",
    "state_up": "1 where the last commit of events succeeded.",
    "state_seconds": "Time of one piece of work in the state thread, its wait included.",
    "state_waiting": "Pieces of work that wait for the state thread.",
    "quarantined_total": "Messages and rows set aside.",
    "quarantine_open": "Entries in quarantine nobody has settled.",
    "quarantine_bytes": "Raw bytes kept in quarantine.",
    # acknowledged
    "acknowledgements_total": "Acknowledgements sent to gateways.",
    "acknowledgements_due": "Streams that are owed an acknowledgement.",
    # orders
    "commands_open": "Orders to devices whose end nobody has told.",
    "commands_sent_total": "Orders handed to the broker, repeats included.",
    "command_results_waiting": "Results of orders that are not written down yet.",
    "command_results_dropped_total": "Results of orders long closed, too many at once to be written down.",
    "configurations_pending": "Gateways that do not use the newest configuration the hub has for them.",
    "policy_orders_total": "Orders given by rules, dry runs included.",
    # schools' data
    "pulls": "Places schools' data is fetched from by itself.",
    "pulls_failing": "Of them, those whose last try failed, wholly or in part.",
    "pulls_running": "Of them, those being asked now.",
    "pulls_oldest_good_seconds": "Age of the oldest last good state among them.",
    "pull_tries_total": "Tries since the start, by how they ended (kind).",
    "imports_held": "Imports that wait for a person.",
    # who is there
    "gateways": "Gateways accepted.",
    "gateways_online": "Gateways accepted and online.",
    "gateways_pending": "Gateways that wait to be accepted.",
    "broker_up": "1 while both connections to the broker stand.",
    "broker_refused_logins_total": "Logins the broker refused, by its log.",
    "broker_refused_publishes_total": "Publishes the broker did not let through, by its log.",
    "broker_refused_subscriptions_total": "Subscriptions the broker did not grant, by its log.",
    "broker_refused_taken_over_total": "Connections ended because another came with the same client id.",
    "certificate_days_left": "Whole days until a certificate ends, the first of its kind (web, broker, ca).",
    "notices": "Notices open now, by severity: what pages show as problems.",
    "uptime_seconds": "Time since the hub was started.",
}


def meaning(name: str) -> str:
    """The HELP text; its own words where a figure has none."""
    return MEANINGS.get(name, name.replace("_", " ").strip())
