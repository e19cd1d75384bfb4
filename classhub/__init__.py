"""The command line `classhub`: thin, one module a command."""

__version__ = "0.1.0"
