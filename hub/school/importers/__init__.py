"""School-system formats: one file a format, each turning an export into a Timetable or a Roster and its problems."""
