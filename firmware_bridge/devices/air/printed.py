"""Readings as sketches print them, one line at a time: pairs of name and figure, JSON, or columns. Pure.

What cannot be told apart is refused: columns nobody named, a comma that may divide decimals or thousands, a
temperature without a unit that may be Fahrenheit. Such a line has no check: a board on a noisy cable should speak
docs/node-protocol.md instead.
"""

import math
import re

import msgspec

from firmware_bridge.device import Meaning, Measured, Noted, Unusable, Values, WarmingUp
from firmware_bridge.devices.air.printed_words import CO2, TEMPERATURE, Named, in_our_unit, is_silent, named, unit
from wire.text import Text

_UNIT = r"(?:\s*[(\[](?P<unit>[^)\]]{1,8})[)\]])?"
_KEY = re.compile(rf"(?P<name>[^\W\d_][\w.]{{0,31}}(?:[ /\-][^\W\d_][\w.]{{0,31}}){{0,5}}){_UNIT}\s*[:=]\s*")
_HEADING = re.compile(rf"(?P<name>[^\W\d_][^(\[]*?){_UNIT}")
_FIGURE = re.compile(r"(?P<figure>[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?)\s*(?P<unit>\D{0,20})")
_AROUND = " ,;|\t"
_THOUSANDS = 3
_SAME = 0.1
_WARMEST_C = 45.0
_IRRELEVANT = Text("", "")

Pair = tuple[str, Named | None, float | Text]
"""A name as printed, what it stands for, and its value or why it has none."""

_Json = dict[str, float | str | bool | list[msgspec.Raw] | dict[str, msgspec.Raw] | None]
_DOUBT = Text("không rõ cột nào là gì", "the columns may stand in another order")
_UNNAMED = Text("các cột không có tên", "columns without names: print names or headings")


class Printed:
    """A decode with the memory of a heading; `columns` is the order of a line without names, where there is a usual."""

    def __init__(self, quantities: tuple[str, ...], columns: tuple[str, ...] = ()) -> None:
        self._quantities = quantities
        self._columns: tuple[Named | None, ...] = tuple(Named(column) for column in columns)
        self._headed = False

    def __call__(self, frame: bytes) -> Meaning | tuple[Meaning, ...]:
        line = _text(frame).strip()
        if line.startswith("{"):
            return self._meant(_json_pairs(line))
        if _KEY.search(line):
            return self._meant(_pairs(line))
        fields = re.split(r"[;\t|]" if re.search(r"[;\t|]", line) else ",", line)
        if len(fields) > 1:
            return self._row([field.strip() for field in fields])
        return Unusable(Text("dòng chữ không có số đo", "a line without a reading"))

    def _row(self, fields: list[str]) -> Meaning | tuple[Meaning, ...]:
        headings = _headings(fields)
        if headings is not None:
            self._columns, self._headed = headings, True
            return Noted(Text("dòng tiêu đề cột", "a line of headings"))
        if not self._columns or len(fields) != len(self._columns):
            return Unusable(_UNNAMED)
        pairs: list[Pair] = [
            (what.quantity, what, _value(what, field))
            for what, field in zip(self._columns, fields, strict=True)
            if what is not None
        ]
        if not self._headed and _doubtful(pairs):
            return Unusable(_DOUBT)
        return self._meant(pairs)

    def _meant(self, pairs: list[Pair] | Text) -> Meaning | tuple[Meaning, ...]:
        """One measurement of all that is sound, and a reason for each figure that is not."""
        if isinstance(pairs, Text):
            return Unusable(pairs)
        values: Values = {}
        wrong: dict[str, Meaning] = {}
        for _, what, value in pairs:
            if what is None or what.quantity not in self._quantities:
                continue
            if isinstance(value, Text):
                wrong[what.quantity] = Unusable(value)
            elif abs(float(values.setdefault(what.quantity, value)) - value) > _SAME:
                two = Text(f"{what.quantity} có hai giá trị", f"{what.quantity} has two values")
                wrong[what.quantity] = Unusable(two)
        for quantity in wrong:
            values.pop(quantity, None)
        if values.get(CO2) == 0:
            return WarmingUp()  # air without CO2 does not exist: nothing has been measured yet
        if values:
            return (Measured(values), *wrong.values())
        return tuple(wrong.values()) or _nothing(pairs)


def _nothing(pairs: list[Pair]) -> Meaning:
    """No names here: what a line says may be anything, and reasons are logged."""
    if pairs and all(what is not None or is_silent(name) for name, what, _ in pairs):
        return Noted(Text("dòng không có đại lượng của thiết bị này", "a line without this device's quantities"))
    return Unusable(Text("không có tên đại lượng nào đã biết", "no known name of a quantity"))


def _text(frame: bytes) -> str:
    try:
        return frame.decode()
    except UnicodeDecodeError:
        return frame.decode("latin-1")  # many sketches print the degree sign as one byte


def _pairs(line: str) -> list[Pair]:
    """`co2: 612 ppm, t=24,1 C`. What looks like a name's first word may be the unit of the figure before it."""
    keys = list(_KEY.finditer(line))
    names = [key["name"].removesuffix(" is") for key in keys]
    ends = [key.start() for key in keys[1:]] + [len(line)]
    texts = [line[key.end() : end] for key, end in zip(keys, ends, strict=True)]
    for place in range(1, len(keys)):
        first, _, rest = names[place].partition(" ")
        word = not texts[place - 1].strip() and named(names[place]) is None  # `co2=nan t=24.1`
        if rest and (unit(first) or word):
            texts[place - 1] += first
            names[place] = rest
    pairs: list[Pair] = []
    for key, name, text in zip(keys, names, texts, strict=True):
        what = _with_unit(named(name), key["unit"])
        pairs.append((name, what, _IRRELEVANT if what is None else _value(what, text.strip(_AROUND))))
    return pairs


def _with_unit(what: Named | None, said: str | None) -> Named | None:
    """A name with its unit in brackets; a unit nobody knows is kept, and refused with the figure."""
    return what if what is None or not said else Named(what.quantity, unit(said) or said)


def _json_pairs(line: str) -> list[Pair] | Text:
    try:
        said = msgspec.json.decode(line.encode(), type=_Json)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return Text("JSON hỏng", "broken JSON")
    return [(name, what, _json_value(what, value)) for name, value in said.items() for what in (named(name),)]


def _json_value(what: Named | None, value: object) -> float | Text:
    if what is None:
        return _IRRELEVANT
    if isinstance(value, str):
        return _value(what, value)
    return in_our_unit(what.quantity, value, what.unit) if isinstance(value, float) else _no_number(what)


def _headings(fields: list[str]) -> tuple[Named | None, ...] | None:
    """The columns a line of names announces; None where it is no such line."""
    found = [_HEADING.fullmatch(field) for field in fields]
    if not all(found):
        return None
    columns = tuple(_with_unit(named(one["name"]), one["unit"]) for one in found if one is not None)
    return columns if any(columns) else None


def _doubtful(pairs: list[Pair]) -> bool:
    """Whether figures in the usual order look as if they stood in another one."""
    return any(
        isinstance(value, Text) or (what is not None and what.quantity == TEMPERATURE and value > _WARMEST_C)
        for _, what, value in pairs
    )


def _value(what: Named, text: str) -> float | Text:
    found = _FIGURE.fullmatch(text)
    figure = None if found is None else _number(found["figure"])
    if found is None or figure is None:
        return _no_number(what)
    word = found["unit"].strip()
    said = unit(word)
    if (word and not said) or (said and what.unit and said != what.unit):
        return Text(f"{what.quantity} có đơn vị lạ", f"{what.quantity} has an unknown unit")
    return in_our_unit(what.quantity, figure, said or what.unit)


def _number(text: str) -> float | None:
    """A comma divides decimals, unless it may divide thousands."""
    whole, comma, decimals = text.partition(",")
    if comma and (not decimals.isdigit() or len(decimals) == _THOUSANDS or "." in whole):
        return None
    try:
        number = float(f"{whole}.{decimals}" if comma else text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _no_number(what: Named) -> Text:
    return Text(f"{what.quantity} không phải là số", f"{what.quantity} is no number")
