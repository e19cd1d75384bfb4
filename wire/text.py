"""Words for people, in Vietnamese and English together, so that neither can be forgotten."""

from typing import Literal, NamedTuple

Language = Literal["vi", "en"]


class Text(NamedTuple):
    """One message in both languages; build it where the fact is known, choose the language where it is shown."""

    vi: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.vi if language == "vi" else self.en

    def both(self) -> str:
        """One line for logs and terminals, where the reader's language is not known."""
        return self.vi if self.vi == self.en else f"{self.vi} / {self.en}"
