"""Whether devices can be believed and how long they will last: stuck, drifting, wearing out. Pure."""
