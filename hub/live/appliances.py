"""What a switch or meter hangs on, told from the words in its device's name and model."""

import re
import unicodedata

from hub.live.views import Running

# The first kind with a matching word wins: "đèn máy chiếu" is a projector, so projectors come first.
# Words are compared without Vietnamese marks, and as whole words.
_WORDS: tuple[tuple[Running, tuple[str, ...]], ...] = (
    (Running.PROJECTOR, ("projector", "may chieu", "proj", "beamer", "pjlink")),
    (
        Running.AIR_CONDITIONER,
        ("air conditioner", "aircon", "air con", "ac", "dieu hoa", "may lanh", "dieu hoa khong khi", "hvac"),
    ),
    (Running.LIGHTS, ("light", "lights", "lamp", "den", "den tran", "lighting", "den chieu sang")),
    (
        Running.DISPLAY,
        ("display", "board", "bang", "bang tuong tac", "man hinh", "tv", "tivi", "screen", "panel", "interactive"),
    ),
)
# A meter that measures whatever runs in the room: a plug behind it must not be counted a second time.
_WHOLE_ROOM = re.compile(
    r"\b(?:ca phong|toan phong|dien tong|tong phong|cong to tong|dong ho tong|main meter|mains|whole room|room meter)\b"
)
STANDBY_W = 12.0  # below that a projector or board is only asleep


_BETWEEN = re.compile(r"[^a-z]+")
_PATTERNS = tuple((kind, re.compile(rf"\b(?:{'|'.join(words)})\b")) for kind, words in _WORDS)


def plain(text: str) -> str:
    """Lower case, without marks, words apart by one space."""
    bare = text.lower()
    if not bare.isascii():
        spread = unicodedata.normalize("NFD", bare.replace("đ", "d"))
        bare = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return _BETWEEN.sub(" ", bare)


def kind_of(*texts: str) -> Running | None:
    """The kind of appliance these texts (id, name, model) speak of; None where they do not say."""
    words = plain(" ".join(texts))
    return next((kind for kind, pattern in _PATTERNS if pattern.search(words)), None)


def meters_whole_room(*texts: str) -> bool:
    """Whether these texts (id, name, model) say that it measures all of its room."""
    return _WHOLE_ROOM.search(plain(" ".join(texts))) is not None
