"""A word difference as a person sees it: struck red and green where there are colours, `[-old-]{+new+}` elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from curate.errors import escaped
from curate.questions.word_difference import Piece, marked, word_difference

UNCHANGED = 240
"""Characters of an unchanged run that are shown in the middle of a long text."""

STYLES = {"same": "", "removed": "red strike", "added": "green"}
NARROW = 72
"""Under this width two texts stand one under the other."""


@dataclass(frozen=True)
class Words:
    """Pieces of a difference on one run of lines."""

    pieces: Sequence[Piece]

    def __rich_console__(self, console: Console, _options: ConsoleOptions) -> RenderResult:
        """Draw with colours if the console has some."""
        pieces = _shortened(self.pieces)
        if has_colours(console):
            yield Text.assemble(*((piece.shown(), STYLES[piece.kind]) for piece in pieces))
        else:
            yield Text(marked(pieces))


@dataclass(frozen=True)
class Beside:
    """Two texts side by side, or one under the other where it is narrow, with the words that only one of them has marked."""

    left_title: str
    left: str
    right_title: str
    right: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw each text without the pieces that only the other has."""
        if self.left == self.right:
            yield Text(escaped(f"{self.left_title} and {self.right_title} have the same text"), style="dim")
            return
        pieces = word_difference(self.left, self.right)
        left = Words([piece for piece in pieces if piece.kind != "added"])
        right = Words([piece for piece in pieces if piece.kind != "removed"])
        if options.max_width < NARROW:
            for title, words in ((self.left_title, left), (self.right_title, right)):
                yield Text(escaped(title), style="dim")
                yield words
            return
        table = Table(box=None, padding=(0, 2, 0, 0), expand=True, show_edge=False)
        table.add_column(Text(escaped(self.left_title), style="dim"), ratio=1, overflow="fold")
        table.add_column(Text(escaped(self.right_title), style="dim"), ratio=1, overflow="fold")
        table.add_row(left, right)
        yield table


def has_colours(console: Console) -> bool:
    """Return whether red and green can be told apart here."""
    return console.color_system is not None and not console.no_color


def _shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """Cut the middle out of long unchanged runs, so that what changed stands near what surrounds it."""
    if all(piece.kind == "same" for piece in pieces):
        return list(pieces)
    return [_cut(piece) if piece.kind == "same" else piece for piece in pieces]


def _cut(piece: Piece) -> Piece:
    left_out = len(piece.text) - UNCHANGED
    if left_out <= UNCHANGED:
        return piece
    half = UNCHANGED // 2
    return Piece("same", f"{piece.text[:half]} … {left_out:,} characters the same … {piece.text[-half:]}")
