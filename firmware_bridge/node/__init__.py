"""The reference sensor node of docs/node-protocol.md: MicroPython that also runs under CPython. Copied onto a board."""
