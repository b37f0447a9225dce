"""Two texts compared word by word: what was removed, what was added, what is the same."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from curate.errors import escaped, shortened

MOST_TOKENS = 4_000
"""Where two texts differ over more words than this, the whole of it is shown as removed and added: to match takes squared time."""

LONGEST = 20_000
"""Characters of a text that is told in whole; of a longer one its ends are, and what surrounds the first difference."""

_BLANKS = {" ": "·", "\n": "⏎\n", "\t": "⇥"}


@dataclass(frozen=True)
class Piece:
    """A run of words with one fate."""

    kind: Literal["same", "removed", "added"]
    text: str

    def shown(self) -> str:
        """Return the text as it is printed: a change of blanks alone, and of signs without a shape, can be seen."""
        if self.kind == "same":
            return escaped(self.text, "\n\t")
        blank = not self.text.strip()
        return "".join(_visible(sign) if blank or sign != " " else sign for sign in self.text)


def word_difference(old: str, new: str) -> tuple[Piece, ...]:
    """Return the pieces of two texts in order; without the removed ones they make `new`, without the added ones `old`."""
    before, after = _tokens(old), _tokens(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    pieces = [Piece("same", "".join(before[:head]))]
    pieces += _middle(before[head : len(before) - tail], after[head : len(after) - tail])
    pieces.append(Piece("same", "".join(before[len(before) - tail :])))
    return tuple(_joined([piece for piece in pieces if piece.text]))


def near_difference(old: str, new: str) -> tuple[str, str]:
    """Return two texts as they are, or if one is long both with what is far from the first difference left out."""
    if max(len(old), len(new)) <= LONGEST:
        return old, new
    head = _alike(old, new)
    tail = min(_alike(old[::-1], new[::-1]), len(old) - head, len(new) - head)
    third = LONGEST // 3
    first, last = shortened(old[:head], third), shortened(old[len(old) - tail :], third)
    middles = (shortened(text[head : len(text) - tail], third) for text in (old, new))
    before, after = (f"{first}{middle}{last}" for middle in middles)
    return before, after


def _alike(left: str, right: str) -> int:
    """Return how many characters two texts begin with alike, by halves: they may be very long."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if left[low:middle] == right[low:middle] else (low, middle - 1)
    return low


def marked(pieces: Sequence[Piece]) -> str:
    """Return pieces as plain text: `[-removed-]{+added+}`."""
    forms = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(forms[piece.kind].format(piece.shown()) for piece in pieces)


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s|\w+|[^\w\s]", text)


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def _middle(before: list[str], after: list[str]) -> Iterator[Piece]:
    if len(before) + len(after) > MOST_TOKENS:
        yield Piece("removed", "".join(before))
        yield Piece("added", "".join(after))
        return
    for kind, low, high, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(before[low:high]))
        else:
            yield Piece("removed", "".join(before[low:high]))
            yield Piece("added", "".join(after[start:end]))


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Join replacements that only a blank keeps apart: `the old man` → `a young woman` is one, not three."""
    removed, added, waiting = "", "", ""
    for piece in pieces:
        if piece.kind == "same":
            if removed and added and not waiting and not piece.text.strip():
                waiting = piece.text
                continue
            yield from _pair(removed, added)
            yield Piece("same", waiting + piece.text)
            removed = added = waiting = ""
        elif waiting:
            removed, added, waiting = removed + waiting, added + waiting, ""
            removed, added = _grown(piece, removed, added)
        else:
            removed, added = _grown(piece, removed, added)
    yield from _pair(removed, added)
    if waiting:
        yield Piece("same", waiting)


def _grown(piece: Piece, removed: str, added: str) -> tuple[str, str]:
    return (removed + piece.text, added) if piece.kind == "removed" else (removed, added + piece.text)


def _pair(removed: str, added: str) -> Iterator[Piece]:
    if removed:
        yield Piece("removed", removed)
    if added:
        yield Piece("added", added)


def _visible(sign: str) -> str:
    if sign in _BLANKS:
        return _BLANKS[sign]
    if sign.isspace() or unicodedata.category(sign) == "Cf":
        return ascii(sign)[1:-1]
    return escaped(sign)
