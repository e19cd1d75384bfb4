"""Expressions of templates: recursive descent into functions of one message, bounded in length and depth. Pure.

Source: the Jinja 3 documentation of expressions; a filter binds tighter than arithmetic (`value | float / 10`).
"""

import operator
import re
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from edge.dialects.figures import Refused, harmless, read_json
from edge.dialects.json_paths import MISSING
from edge.dialects.template_filters import ARITY, FILTERS, Absent, number_of
from wire.text import Text

_MOST_TOKENS = 250
_DEEPEST = 24

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d{1,18}\.\d{1,18}|\d{1,18})|(?P<string>'[^'\\]*'|"[^"\\]*")|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<sign>==|!=|<=|>=|//|[-+*/%<>()\[\],.|=])|(?P<end>\Z)|(?P<other>.))""",
    re.DOTALL | re.ASCII,
)
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None}
_EQUAL: dict[str, Callable[[object, object], bool]] = {"==": operator.eq, "!=": operator.ne}
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_SUMS: dict[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub}
_PRODUCTS: dict[str, Callable[[float, float], float]] = {
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


_DEFAULTED = frozenset({"float", "int", "round"})
_KEYWORDS = {("round", 0): ("precision",), ("round", 1): ("method",)}


class Unsafe(Exception):
    """A template that is not read; the text names what in it."""

    def __init__(self, what: str) -> None:
        self.text = Text(f"mẫu không được hỗ trợ: {what[:80]}", f"template not supported: {what[:80]}")
        super().__init__(self.text.en)


class Scope:
    """One message: `value` as text, `value_json` decoded when it is first asked for."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._json: object = MISSING

    def named(self, name: str) -> object:
        """Raises Refused where the payload is not JSON."""
        if name == "value":
            return self._payload.decode("utf-8", "replace").strip()
        if self._json is MISSING:
            self._json = read_json(self._payload)
        return self._json


Part = Callable[[Scope], object]


def truth(value: object) -> bool:
    """Jinja's truth; that a value is not there is no answer. Raises Absent."""
    return bool(_present(value))


def expression(text: str) -> Part:
    """What stands between {{ and }}. Raises Unsafe; the function raises Absent, Refused, ArithmeticError, TypeError."""
    parser = _Parser(text)
    part = parser.ternary()
    parser.take("end", "")
    return part


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [(match.lastgroup or "other", match.group().strip()) for match in _TOKEN.finditer(text)]
        self._at = self._depth = 0
        if len(self._tokens) > _MOST_TOKENS:
            self._fail()

    def _fail(self) -> NoReturn:
        raise Unsafe(f"{{{{ {self._text.strip()} }}}}")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def take(self, kind: str, text: str) -> None:
        if self._next() != (kind, text):
            self._fail()

    def _accept(self, *texts: str) -> str:
        kind, text = self._peek()
        if kind in {"sign", "name"} and text in texts:
            self._at += 1
            return text
        return ""

    def _deeper(self, inner: Callable[[], Part]) -> Part:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail()
        part = inner()
        self._depth -= 1
        return part

    def ternary(self) -> Part:
        value = self._deeper(self._or)
        if self._accept("if"):
            condition = self._deeper(self._or)
            if not self._accept("else"):
                self._fail()
            return partial(_chosen, condition, value, self._deeper(self.ternary))
        return value

    def _or(self) -> Part:
        left = self._and()
        while self._accept("or"):
            left = partial(_either, left, self._and())
        return left

    def _and(self) -> Part:
        left = self._not()
        while self._accept("and"):
            left = partial(_both, left, self._not())
        return left

    def _not(self) -> Part:
        if self._accept("not"):
            return partial(_negated, self._deeper(self._not))
        return self._comparison()

    def _comparison(self) -> Part:
        left = self._arithmetic(self._product, _SUMS)
        if self._accept("is"):
            return self._test(left)
        sign = self._accept(*_EQUAL, *_ORDER, "in", "not")
        if not sign:
            return left
        if sign == "not":
            self.take("name", "in")
        right = self._arithmetic(self._product, _SUMS)
        if sign in {"in", "not"}:
            return partial(_contained, left, right, wanted=sign == "in")
        return (
            partial(_equal, _EQUAL[sign], left, right) if sign in _EQUAL else partial(_two, _ORDER[sign], left, right)
        )

    def _test(self, left: Part) -> Part:
        wanted = not self._accept("not")
        name = self._next()[1]
        if name not in {"defined", "none"}:
            self._fail()
        return partial(_is_defined if name == "defined" else _is_none, left, wanted=wanted)

    def _product(self) -> Part:
        return self._arithmetic(self._unary, _PRODUCTS)

    def _arithmetic(self, inner: Callable[[], Part], signs: dict[str, Callable[[float, float], float]]) -> Part:
        left = inner()
        while sign := self._accept(*signs):
            left = partial(_two, signs[sign], left, inner())
        return left

    def _unary(self) -> Part:
        value = self._signed()
        while self._accept("|"):
            value = self._filter(value)
        return value

    def _signed(self) -> Part:
        if self._accept("-"):
            return partial(_minus, self._deeper(self._signed))
        return self._postfix(self._primary())

    def _postfix(self, value: Part) -> Part:
        while True:
            if self._accept("."):
                value = self._member(value)
            elif self._accept("["):
                value = partial(_step, value, self._key())
                self.take("sign", "]")
            else:
                return value

    def _member(self, value: Part) -> Part:
        """`.key`, or the one method there is: `.get('key')`, whose default is no measurement either."""
        kind, key = self._next()
        if key == "get" and self._accept("("):
            value = partial(_step, value, self._key())
            if self._accept(","):
                self.ternary()
                value = partial(_existing, value)
            self.take("sign", ")")
            return value
        if kind not in {"name", "number"} or self._peek() == ("sign", "("):
            self._fail()
        return partial(_step, value, key)

    def _key(self) -> str | int:
        negative = bool(self._accept("-"))
        kind, text = self._next()
        if kind == "string" and not negative:
            return text[1:-1]
        if kind != "number" or not text.isdecimal():
            self._fail()
        return -int(text) if negative else int(text)

    def _filter(self, value: Part) -> Part:
        kind, name = self._next()
        arguments, defaulted = self._arguments(name) if self._accept("(") else ([], False)
        if kind != "name" or name not in FILTERS or len(arguments) > ARITY[name]:
            self._fail()
        found = partial(_filtered, name, value, arguments)
        return partial(_or_absent, found) if defaulted else found

    def _arguments(self, name: str) -> tuple[list[Part], bool]:
        """What stands in the brackets, and whether there is a `default=`: it is read and never taken."""
        found: list[Part] = []
        defaulted = False
        while not self._accept(")"):
            keyword = self._keyword()
            part = self._deeper(self.ternary)
            if keyword == "default" and name in _DEFAULTED:
                defaulted = True
            elif keyword in {"", *_KEYWORDS.get((name, len(found)), ())} and not (defaulted and not keyword):
                found.append(part)
            else:
                self._fail()
            if not self._accept(","):
                self.take("sign", ")")
                break
        return found, defaulted

    def _keyword(self) -> str:
        kind, text = self._peek()
        after = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else ("end", "")
        if kind != "name" or after != ("sign", "="):
            return ""
        self._at += 2
        return text

    def _listed(self, end: str) -> list[Part]:
        found: list[Part] = []
        while not self._accept(end):
            found.append(self._deeper(self.ternary))
            if not self._accept(","):
                self.take("sign", end)
                break
        return found

    def _primary(self) -> Part:
        kind, text = self._next()
        if kind == "number":
            return partial(_constant, float(text) if "." in text else int(text))
        if kind == "string":
            return partial(_constant, text[1:-1])
        if kind == "sign" and text == "[":
            return partial(_list, self._listed("]"))
        if kind == "name":
            return self._name(text)
        if kind != "sign" or text != "(":
            self._fail()
        inner = self._deeper(self.ternary)
        self.take("sign", ")")
        return inner

    def _name(self, name: str) -> Part:
        if name in _CONSTANTS:
            return partial(_constant, _CONSTANTS[name])
        if name in {"float", "int"} and self._accept("("):
            arguments, defaulted = self._arguments(name)
            if not 1 <= len(arguments) <= 1 + ARITY[name]:
                self._fail()
            found = partial(_filtered, name, arguments[0], arguments[1:])
            return partial(_or_absent, found) if defaulted else found
        if name not in {"value", "value_json"}:
            self._fail()
        return partial(_named, name)


def _constant(value: object, _: Scope) -> object:
    return value


def _named(name: str, scope: Scope) -> object:
    return scope.named(name)


def _list(members: list[Part], scope: Scope) -> object:
    return [one(scope) for one in members]


def _filtered(name: str, value: Part, arguments: list[Part], scope: Scope) -> object:
    return FILTERS[name](value(scope), [one(scope) for one in arguments])


def _or_absent(inner: Part, scope: Scope) -> object:
    """What is no number, where a default is given for it, is no measurement either."""
    try:
        return inner(scope)
    except Refused as refused:
        raise Absent from refused


def _chosen(condition: Part, then: Part, otherwise: Part, scope: Scope) -> object:
    return then(scope) if truth(condition(scope)) else otherwise(scope)


def _either(one: Part, other: Part, scope: Scope) -> object:
    """`or` gives one of its sides, as in Jinja. A constant in place of null is a default: no measurement."""
    left = _present(one(scope))
    if left:
        return left
    if isinstance(other, partial) and other.func is _constant and not isinstance(left, bool):
        if left is None or left == "":
            raise Absent
        return left  # 0 was measured
    return other(scope)


def _both(one: Part, other: Part, scope: Scope) -> object:
    left = _present(one(scope))
    return other(scope) if left else left


def _negated(one: Part, scope: Scope) -> object:
    return not truth(one(scope))


def _two(calculate: Callable[[float, float], object], one: Part, other: Part, scope: Scope) -> object:
    return calculate(number_of(one(scope)), number_of(other(scope)))


def _minus(one: Part, scope: Scope) -> object:
    return -number_of(one(scope))


def _equal(compare: Callable[[object, object], bool], one: Part, other: Part, scope: Scope) -> object:
    return compare(_present(one(scope)), _present(other(scope)))


def _is_defined(one: Part, scope: Scope, *, wanted: bool) -> object:
    return (one(scope) is not MISSING) is wanted


def _is_none(one: Part, scope: Scope, *, wanted: bool) -> object:
    return (_present(one(scope)) is None) is wanted


def _contained(one: Part, many: Part, scope: Scope, *, wanted: bool) -> object:
    member, whole = _present(one(scope)), _present(many(scope))
    if not isinstance(whole, list | dict | str):
        raise Refused(Text(f"không tìm được trong {harmless(whole)}", f"nothing is in {harmless(whole)}"))
    return (str(member) in whole if isinstance(whole, str | dict) else member in whole) is wanted


def _step(value: Part, key: str | int, scope: Scope) -> object:
    inner = value(scope)
    if isinstance(inner, dict):
        return inner.get(str(key), MISSING)
    if isinstance(inner, list) and str(key).removeprefix("-").isdecimal():
        index = int(key)
        return inner[index] if -len(inner) <= index < len(inner) else MISSING
    return MISSING


def _existing(value: Part, scope: Scope) -> object:
    return _present(value(scope))


def _present(value: object) -> object:
    if value is MISSING:
        raise Absent
    return value
