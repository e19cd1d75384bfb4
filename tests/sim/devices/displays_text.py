"""Displays that speak in lines of text, from the manuals: one class for each language."""

from typing import ClassVar

from firmware_bridge.simulated.panel import Panel


class BenqPanel(Panel):
    SOURCES: ClassVar[dict[bytes, str]] = {b"001": "hdmi1", b"002": "hdmi2", b"000": "vga1", b"101": "android"}
    OFF = b"002"
    SIGNAL = b""

    def answer(self, frame: bytes) -> bytes:
        if len(frame) != 8 or frame[:1] != b"8" or frame[1:3] != b"%02d" % self.number:
            return b""
        kind, command, value = frame[3:4], frame[4:5], frame[5:]
        if kind == b"g":
            code = next(code for code, name in self.SOURCES.items() if name == self.source)
            told = {b"l": b"001" if self.on else self.OFF, b"j": self.SIGNAL + code[len(self.SIGNAL) :]}
            told[b"g"] = b"001" if self.muted else b"000"
            return b"8%02dr%b%b\r" % (self.number, command, told[command]) if command in told else self._verdict(False)
        self.orders.append(frame)
        if command == b"!" and value in {b"001", self.OFF}:
            return self._verdict(self._set(on=value == b"001"))
        if command == b"6" and value in {b"001", b"000"}:
            return self._verdict(self._set(muted=value == b"001"))
        return self._verdict(command == b'"' and value in self.SOURCES and self._set(source=self.SOURCES[value]))

    def _verdict(self, done: bool) -> bytes:
        return b"4%02d%b\r" % (self.number, b"+" if done else b"-")


class ViewSonicPanel(BenqPanel):
    SOURCES: ClassVar[dict[bytes, str]] = {b"004": "hdmi1", b"014": "hdmi2", b"006": "vga1", b"00A": "android"}
    OFF = b"000"
    SIGNAL = b"1"


class LgPanel(Panel):
    SOURCES: ClassVar[dict[str, str]] = {"90": "hdmi1", "91": "hdmi2", "C0": "dp1"}

    def answer(self, frame: bytes) -> bytes:
        words = frame.decode().split(" ")
        if len(words) != 3 or int(words[1], 16) != self.number:
            return b""
        command, value = words[0], words[2].upper()
        if not self.on and command != "ka":
            return b""
        if value != "FF":
            self.orders.append(frame)
        code = self._code(command, value)
        return f"{command[1]} {self.number:02x} {'OK' if code else 'NG'}{code or '02'}x".encode()

    def _code(self, command: str, value: str) -> str:
        """Data of the answer; empty where it refuses."""
        asked = value == "FF"
        source = next(code for code, name in self.SOURCES.items() if name == self.source)
        match command:
            case "ka":
                return f"{self.on:02x}" if asked else value if self._set(on=value == "01") else ""
            case "ke":
                return f"{not self.muted:02x}" if asked else value if self._set(muted=value == "00") else ""
            case "xb":
                done = value in self.SOURCES and self._set(source=self.SOURCES[value])
                return source.lower() if asked else value.lower() if done else ""
            case "dl":
                return f"{self.hours:04x}"
            case "dn":
                return f"{self.celsius:02x}"
        return ""


class SharpPanel(Panel):
    SOURCES: ClassVar[dict[int, str]] = {10: "hdmi1", 13: "hdmi2"}

    def answer(self, frame: bytes) -> bytes:
        command, value = frame[:4].decode(), frame[4:].decode().strip()
        if value.startswith("?"):
            code = next(code for code, name in self.SOURCES.items() if name == self.source)
            told = {"POWR": self.on, "INPS": code, "MUTE": self.muted, "DSTA": 0, "ERRT": self.celsius}
            return b"%d\r\n" % told[command] if command in told else b"ERR\r\n"
        self.orders.append(frame)
        if command == "POWR":
            return b"WAIT\r\n" + (b"OK\r\n" if self._set(on=int(value) == 1) else b"ERR\r\n")
        if command == "MUTE":
            done = self._set(muted=int(value) == 1)
        else:
            done = int(value) in self.SOURCES and self._set(source=self.SOURCES[int(value)])
        return b"OK\r\n" if done else b"ERR\r\n"


class OptomaPanel(Panel):
    SET: ClassVar[dict[str, str]] = {"1": "hdmi1", "15": "hdmi2", "5": "vga1"}
    TOLD: ClassVar[dict[str, int]] = {"hdmi1": 7, "hdmi2": 8, "vga1": 2}

    def answer(self, frame: bytes) -> bytes:
        command, _, value = frame.decode()[3:].partition(" ")
        if frame[:1] != b"~":
            return b""
        told = {"124": int(self.on), "121": self.TOLD[self.source], "356": int(self.muted), "108": self.hours}
        if command in told:
            return b"OK%d\r" % told[command]
        self.orders.append(frame)
        if command == "00":
            done = self._set(on=value == "1")
        elif command == "80":
            done = self._set(muted=value == "1")
        else:
            done = command == "12" and value in self.SET and self._set(source=self.SET[value])
        return b"P\r" if done else b"F\r"


class RkePanel(Panel):
    SOURCES: ClassVar[dict[str, str]] = {"001": "hdmi1", "002": "hdmi2", "101": "android"}

    def answer(self, frame: bytes) -> bytes:
        kind, command, value = frame[3:4], frame[4:5].decode(), frame[5:].decode()
        if frame[:3] != b":%02d" % self.number:
            return b""
        if kind == b"G":
            code = next(code for code, name in self.SOURCES.items() if name == self.source)
            told = {"0": "001" if self.on else "002", ":": code, "9": "001" if self.muted else "000"}
            return f":{self.number:02d}r{command}{told[command]}\r".encode() if command in told else b""
        self.orders.append(frame)
        if command == "0":
            self._set(on=value == "003")
        elif command == "9":
            self._set(muted=value == "001")
        elif value in self.SOURCES:
            self._set(source=self.SOURCES[value])
        return b""


class SmartPanel(Panel):
    SOURCES: ClassVar[dict[str, str]] = {"HDMI1": "hdmi1", "HDMI2": "hdmi2", "VGA1": "vga1"}

    def answer(self, frame: bytes) -> bytes:
        verb, _, rest = frame.decode(errors="replace").strip().partition(" ")
        key, _, value = rest.partition("=")
        name = next(name for name, ours in self.SOURCES.items() if ours == self.source)
        told = {"powerstate": "on" if self.on else "standby", "input": name, "mute": "on" if self.muted else "off"}
        if verb == "get" and key in told:
            return f"{key}={told[key]}\r\n>".encode()
        self.orders.append(frame)
        if verb == "set" and self._obeyed(key, value):
            return f"{key}={value}\r\n>".encode()
        return f"invalid cmd={rest}\r\n>".encode()

    def _obeyed(self, key: str, value: str) -> bool:
        if key == "powerstate":
            return self._set(on=value == "on")
        if key == "mute":
            return self._set(muted=value == "on")
        return key == "input" and value in self.SOURCES and self._set(source=self.SOURCES[value])
