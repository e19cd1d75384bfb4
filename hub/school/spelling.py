"""Where a Vietnamese tone mark stands: "Hoá" and "Hóa" are one spelling. For comparison only. Pure.

Source: the two customs of placing it (older: òa òe úy; newer: oà oè uý) differ in open oa, oe and uy only, as keyboards
(BambooEngine/bamboo-core, bogo) and text processors (underthesea, yomitan) have it; clusters of vowels by underthesea.
Typing habits put it elsewhere, too ("hòan"): with one cluster and one tone, no two words differ by its place.
"""

import re
import unicodedata
from functools import lru_cache

TONES = "\u0300\u0301\u0303\u0309\u0323"
_VOWELS = "aăâeêioôơuưy"
_MARKED = "ăâêôơư"  # where the cluster has one of these, the last of them bears the tone
# Every cluster of two or three vowels a syllable has; of others (Spanish "río" and "rió") nothing is known.
_CLUSTERS = (
    "ai ao au ay âu ây eo êu ia iê iêu iu oa oai oao oay oă oe oeo oi oo ôi ôô ơi ua uai uao uau uay uă uâ uây ue ueo "
    "uê uêu ui uô uôi uơ uy uya uyê uyu ưa ưi ưu ươ ươi ươu ya yê yêu yu"
)
_KNOWN = frozenset(_CLUSTERS.split())
_RUN = re.compile(
    f"[{''.join(unicodedata.normalize('NFC', v + tone) for v in _VOWELS for tone in ('', *TONES))}]{{2,4}}"
)
_SILENT = {"q": "u", "g": "i"}  # after these it is part of the consonant, where another vowel follows


def one_spelling(text: str) -> str:
    """Lower case NFC in, the same with every tone mark in its usual place out; what is not Vietnamese stays."""
    return text if text.isascii() else _RUN.sub(_placed, text)


def _placed(run: re.Match[str]) -> str:
    before, after = run.string[max(0, run.start() - 1) : run.start()], run.string[run.end() : run.end() + 1]
    if after and unicodedata.combining(after):
        return run[0]
    return _usual(run[0], before if before in _SILENT else "", closed=after.isalpha())


@lru_cache(4096)
def _usual(vowels: str, before: str, *, closed: bool) -> str:
    apart = unicodedata.normalize("NFD", vowels)
    tones = [one for one in apart if one in TONES]
    letters = unicodedata.normalize("NFC", "".join(one for one in apart if one not in TONES))
    silent = _SILENT.get(before) == letters[0]
    cluster = letters[silent:]
    if len(tones) != 1 or (len(cluster) > 1 and cluster not in _KNOWN):
        return vowels
    place = silent + _bearer(cluster, closed=closed)
    return unicodedata.normalize("NFC", f"{letters[: place + 1]}{tones[0]}{letters[place + 1 :]}")


def _bearer(cluster: str, *, closed: bool) -> int:
    """Which of the letters bears the tone: the marked one, of three the middle, of two the last before a consonant."""
    marked = [place for place, letter in enumerate(cluster) if letter in _MARKED]
    if marked:
        return marked[-1]
    return len(cluster) - 1 if closed or len(cluster) == 1 else (len(cluster) - 1) // 2
