"""The language one set of dashboards speaks: Vietnamese first, English complete, chosen when the JSON is made."""

import msgspec

from wire.text import Language, Text

LANGUAGES: tuple[Language, ...] = ("vi", "en")


class Say(msgspec.Struct, frozen=True):
    """`say("Phòng", "Room")` is the word in this set's language: neither language can be forgotten."""

    language: Language

    def __call__(self, vi: str, en: str) -> str:
        return Text(vi, en).in_language(self.language)

    def text(self, text: Text) -> str:
        """A text from one of the contract's tables, with a capital letter as titles have it."""
        words = text.in_language(self.language)
        return words[:1].upper() + words[1:]
