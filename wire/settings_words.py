"""What msgspec says of a value it refuses, in words of both languages, with the values that would be allowed."""

import re

from msgspec import inspect

from wire.text import Text

_TYPES = {
    "int": Text("số nguyên", "a whole number"),
    "float": Text("số", "a number"),
    "str": Text("chữ trong ngoặc kép", "a text in quotes"),
    "Path": Text("đường dẫn trong ngoặc kép", "a path in quotes"),
    "bool": Text("true hoặc false", "true or false"),
    "array": Text("danh sách [ … ]", "a list [ … ]"),
    "object": Text("một bảng khóa = giá trị", "a table of key = value"),
    "null": Text("bỏ trống", "nothing"),
    "date": Text("ngày", "a date"),
    "datetime": Text("thời điểm", "a moment"),
}
_GOT = {"str": Text("chữ", "a text"), "array": Text("danh sách", "a list"), "object": Text("bảng", "a table")}
_BOUND = {
    ">=": Text("từ {0} trở lên", "at least {0}"),
    ">": Text("lớn hơn {0}", "more than {0}"),
    "<=": Text("không quá {0}", "at most {0}"),
    "<": Text("nhỏ hơn {0}", "less than {0}"),
}
_EXPECTED = re.compile(r"[Ee]xpected `(?P<want>[^`]+)`(?P<rest>.*)", re.DOTALL)


def in_words(reason: str, kind: type, key: str) -> Text:
    """`reason` is msgspec's without its place, `key` the dotted place in the structure `kind`."""
    if reason.startswith("Invalid enum value "):
        said = reason.removeprefix("Invalid enum value ")
        allowed = ", ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in allowed_at(kind, key))
        if not allowed:
            return Text(f"{said} không dùng được", f"{said} is not allowed")
        return Text(f"{said} không có trong: {allowed}", f"{said} is none of {allowed}")
    field = re.search(r"(required|unknown) field `([^`]+)`", reason)
    if field:
        return _field(field[1], field[2])
    found = _EXPECTED.fullmatch(reason)
    return Text(reason, reason) if found is None else _expected(found["want"], found["rest"].strip())


def _field(which: str, name: str) -> Text:
    if which == "required":
        return Text(f"thiếu {name}", f"{name} is missing")
    return Text(f"không có khóa {name}: xem lại chính tả", f"there is no key {name}: look at its spelling")


def _expected(want: str, rest: str) -> Text:
    kinds = [_TYPES.get(one, Text(one, one)) for one in want.split(" | ") if one != "null"]
    vi, en = " hoặc ".join(one.vi for one in kinds), " or ".join(one.en for one in kinds)
    got = re.fullmatch(r", got `([^`]+)`", rest)
    if got:
        was = _GOT.get(got[1], _TYPES.get(got[1], Text(got[1], got[1])))
        return Text(f"cần {vi}, đang là {was.vi}", f"{en} is wanted, it is {was.en}")
    bound = re.fullmatch(r"(of length )?(>=|>|<=|<) (\S+)", rest)
    if bound:
        figure, said = _figure(bound[3]), _BOUND[bound[2]]
        if bound[1]:
            what = Text("số mục", "the number of entries") if want == "array" else Text("số ký tự", "its length")
            return Text(f"{what.vi} phải {said.vi.format(figure)}", f"{what.en} must be {said.en.format(figure)}")
        return Text(f"cần {vi} {said.vi.format(figure)}", f"{en} is wanted, {said.en.format(figure)}")
    count = re.fullmatch(r"of length (\d+), got (\d+)", rest)
    if count:
        return Text(f"cần {count[1]} mục, đang có {count[2]}", f"{count[1]} entries are wanted, there are {count[2]}")
    form = re.fullmatch(r"matching regex '(.*)'", rest)
    if form:
        return Text(f"phải có dạng {form[1]}", f"must have the form {form[1]}")
    return Text(f"cần {vi} {rest}".strip(), f"{en} is wanted {rest}".strip())


def _figure(said: str) -> str:
    return said.removesuffix(".0")


def allowed_at(kind: type, key: str) -> tuple[object, ...]:
    """The values an enumeration or a choice at this place has; empty where there is no such."""
    at: list[inspect.Type] = [inspect.type_info(kind)]
    for part in re.findall(r"[^.\[\]]+|\[[^\]]*\]", key):
        at = [inner for one in at for inner in _within(one, part)]
    return tuple(value for one in _flat(at) for value in _choices(one))


def _flat(types: list[inspect.Type]) -> list[inspect.Type]:
    return [
        inner for one in types for inner in (_flat(list(one.types)) if isinstance(one, inspect.UnionType) else [one])
    ]


def _within(one: inspect.Type, part: str) -> list[inspect.Type]:
    found: list[inspect.Type] = []
    for there in _flat([one]):
        if isinstance(there, inspect.StructType):
            found += [field.type for field in there.fields if field.encode_name == part]
        elif isinstance(there, inspect.CollectionType | inspect.VarTupleType):
            found.append(there.item_type)
        elif isinstance(there, inspect.TupleType):
            found += there.item_types
        elif isinstance(there, inspect.DictType):
            found.append(there.value_type)
    return found


def _choices(one: inspect.Type) -> tuple[object, ...]:
    if isinstance(one, inspect.EnumType):
        return tuple(member.value for member in one.cls)
    return tuple(one.values) if isinstance(one, inspect.LiteralType) else ()
