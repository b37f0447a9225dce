"""Errors that a user can mend: each says what is wrong, where, and what would be right."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Mistake:
    """One thing that a user can mend. `where` is `file:line`, a file, or a part of the command line."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        """Render as one line: `recipe.yaml:14: unknown step 'lenght'; did you mean 'length'?`."""
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")


class UserError(Exception):
    """All the mistakes that one look at the user's input found. The command line prints them and exits with 2."""

    def __init__(self, mistakes: Mistake | Sequence[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = (mistakes,) if isinstance(mistakes, Mistake) else tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return `did you mean 'length'?` for the nearest known word, or the list of known words."""
    near = get_close_matches(word, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
