"""What the keys of a keyboard type on the US layout: readers type it whatever language the machine is set to.

Source: Linux include/uapi/linux/input-event-codes.h (numbers of the keys) as facts.
"""

SHIFTS = frozenset({42, 54})
CAPS_LOCK = 58
NOT_TYPED = frozenset({CAPS_LOCK, 69, 70})  # with num lock and scroll lock
ENDS = frozenset({28, 96, 15})  # Enter, Enter of the keypad, Tab: a reader's suffix

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
_KEYPAD = ((71, "789-456+1230."), (55, "*"), (98, "/"))

_PLAIN: dict[int, str] = {first + at: letter for first, plain, _ in _ROWS for at, letter in enumerate(plain)}
_SHIFTED: dict[int, str] = {first + at: letter for first, _, shifted in _ROWS for at, letter in enumerate(shifted)}
_PAD: dict[int, str] = {first + at: letter for first, letters in _KEYPAD for at, letter in enumerate(letters)}


def typed(key: int, *, shift: bool, caps: bool) -> str | None:
    """The letter a key types; None where it types none."""
    if key in _PAD:
        return _PAD[key]
    plain = _PLAIN.get(key)
    if plain is None:
        return None
    return _SHIFTED[key] if shift != (caps and plain.isalpha()) else plain
