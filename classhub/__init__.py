"""The command line `classhub`: thin, one module a command."""
