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
STANDBY_W = 12.0  # below that a projector or board is only asleep


def plain(text: str) -> str:
    """Lower case, without marks, words apart by one space."""
    spread = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    bare = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[a-z]+", bare))


def kind_of(*texts: str) -> Running | None:
    """The kind of appliance these texts (id, name, model) speak of; None where they do not say."""
    padded = f" {' '.join(plain(text) for text in texts)} "
    for kind, words in _WORDS:
        if any(f" {word} " in padded for word in words):
            return kind
    return None
