"""The templates of Home Assistant discovery, as far as they are safe: read by a parser of our own, never run as code.

Source: Home Assistant documentation, "Templating" and "Using templates with the MQTT integration".
Read:   `{{ value }}`, `{{ value_json.a.b[0]['c'] }}`, `.get('c')`, the filters of edge.dialects.template_filters (with
        `default=`, `precision=`, `method=`),
        + - * / // %, comparisons, `in`, `is defined`, and/or/not, `x if c else y`, `float(x)`, `int(x)`, {% if %}.
Errors: Unsafe for anything else, when parsed; Refused where a value cannot be taken; MISSING where the message does not
        hold what is asked for. A default is no measurement: where one would have been used, the result is MISSING too.
"""

import re
from typing import NamedTuple

from edge.dialects.figures import Refused
from edge.dialects.json_paths import MISSING
from edge.dialects.template_expressions import Part, Scope, Unsafe, expression, truth
from edge.dialects.template_filters import Absent
from wire.text import Text

_LONGEST = 2_000
_LONGEST_RESULT = 1_000
_DEEPEST = 24
_PIECES = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
_PATH = re.compile(r"value_json((?:\.\w+|\[[^\]]*\])+)")
_STEP = re.compile(r"\.\w+|\[[^\]]*\]")
_KEY = re.compile(r"\w+(?:[-. :]\w+)*")


class Template(NamedTuple):
    """A parsed template."""

    parts: tuple[Part, ...]

    def of(self, payload: bytes) -> object:
        """The value, typed where the template is a single expression, else text; MISSING. Raises Refused."""
        try:
            return _joined(self.parts, Scope(payload))
        except Absent:
            return MISSING
        except (ArithmeticError, ValueError, TypeError, RecursionError) as broken:
            raise Refused(Text(f"mẫu không tính được: {broken}", f"the template fails: {broken}")) from broken


def parse(text: str) -> Template:
    """Raises Unsafe."""
    if len(text) > _LONGEST:
        raise Unsafe(f"{len(text)} > {_LONGEST}")
    reader = _Pieces([piece for piece in _PIECES.split(text) if piece.strip() and not piece.startswith("{#")])
    return Template(tuple(reader.block(())))


def path_in(text: str) -> str:
    """Where in the JSON a template looks, keys joined by dots, as far as one can tell; "" for the whole payload."""
    path = _PATH.search(text[:_LONGEST])
    return "" if path is None else ".".join(key for one in _STEP.findall(path.group(1)) for key in _KEY.findall(one))


class _Pieces:
    """Text, expressions and statements in order, consumed from the front."""

    def __init__(self, pieces: list[str]) -> None:
        self._left = pieces
        self._depth = 0

    def block(self, ends: tuple[str, ...]) -> list[Part]:
        """Parts up to a statement that begins with one of `ends`, which stays."""
        parts: list[Part] = []
        while self._left:
            piece = self._left[0]
            if not piece.startswith("{%"):
                self._left.pop(0)
                parts.append(_written(piece))
                continue
            word, _, rest = _statement(piece)
            if word in ends:
                return parts
            if word != "if":
                raise Unsafe(piece)
            parts.append(self._condition(rest))
        if ends:
            raise Unsafe("{% if %} …")
        return parts

    def _condition(self, text: str) -> Part:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unsafe("{% if %} {% if %} …")
        self._left.pop(0)
        condition = expression(text)
        then = self.block(("elif", "else", "endif"))
        word, _, rest = _statement(self._left[0])
        otherwise: list[Part] = []
        if word == "elif":
            otherwise = [self._condition(rest)]
        else:
            self._left.pop(0)
            if word == "else":
                otherwise = self.block(("endif",))
                self._left.pop(0)
        self._depth -= 1
        return lambda scope: _joined(tuple(then if truth(condition(scope)) else otherwise), scope)


def _statement(piece: str) -> tuple[str, str, str]:
    return piece[2:-2].strip("-+ \t\r\n").partition(" ")


def _written(piece: str) -> Part:
    if piece.startswith("{{") and piece.endswith("}}"):
        return expression(piece[2:-2].removeprefix("-").removesuffix("-"))
    if "{{" in piece or "{%" in piece:
        raise Unsafe(piece)
    text = piece.strip()
    return lambda _: text


def _joined(parts: tuple[Part, ...], scope: Scope) -> object:
    if not parts:
        raise Absent
    found = [part(scope) for part in parts]
    if len(found) == 1:
        return found[0]
    if MISSING in found:
        raise Absent
    return "".join(str(one)[:_LONGEST_RESULT] for one in found)[:_LONGEST_RESULT].strip()
