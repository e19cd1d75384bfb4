"""Which release this is: gateways and hubs tell each other, pages tell people."""

RELEASE = "0.1.0"
