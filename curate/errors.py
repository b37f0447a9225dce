"""Errors that a user can mend: each says what is wrong, where, and what would be right."""

import errno
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Self

_MENDABLE = (
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EFBIG,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
)

_HINTS = {
    errno.EDQUOT: "free some space and run the same again",
    errno.EFBIG: "raise the limit on the size of a file (ulimit -f), or name another disk, and run the same again",
    errno.ENOSPC: "free some space and run the same again",
}

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""What would steer a terminal that printed it, or turn the reading direction of what stands around it; and the byte order mark."""

_LONGEST = 1_000
"""Characters of a name or a value that a mistake quotes; hostile files hold names of megabytes."""
_NAMES = 30
"""So many known words are told."""


@dataclass(frozen=True)
class Mistake:
    """One thing that a user can mend. `where` is `file:line`, a file, or a part of the command line.

    `part` is the part of the recipe that leads there (`steps.2.sql`), for whoever knows the lines of the file.
    """

    where: str
    what: str
    hint: str = ""
    part: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Keep to one line of some length, whatever names and values of the user's are quoted."""
        for name in ("where", "what", "hint"):
            object.__setattr__(self, name, escaped(shortened(getattr(self, name), _LONGEST)))

    @classmethod
    def of_problem(cls, where: str, problem: str) -> Self:
        """Make a mistake of what a step says of this machine: `what; what to do`."""
        what, _semicolon, hint = problem.partition("; ")
        return cls(where, what, hint)

    def of_part(self, part: str) -> "Mistake":
        """Return the mistake with the part of the recipe that leads there, if none is known yet."""
        return self if self.part else replace(self, part=part)

    def in_json(self) -> dict[str, str]:
        """Return the mistake as `--json` tells it."""
        return {"where": self.where, "what": self.what, "hint": self.hint}

    def __str__(self) -> str:
        """Render as one line: `recipe.yaml:14: unknown step 'lenght'; did you mean 'length'?`."""
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")


class UserError(Exception):
    """All the mistakes that one look at the user's input found. The command line prints them and exits with 2."""

    def __init__(self, mistakes: Mistake | Sequence[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = (mistakes,) if isinstance(mistakes, Mistake) else tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def check_none_changed(names: Iterable[str]) -> None:
    """Raise `UserError` if there are names of files that changed while they were read."""
    hint = "run the same command again when nothing writes to it"
    changed = [Mistake(name, "changed while it was read", hint) for name in names]
    if changed:
        raise UserError(changed)


def escaped(text: str, spared: str = "") -> str:
    """Return a text with what would steer a terminal shown as backslash escapes, but for the `spared` characters."""
    return _STEERING.sub(lambda sign: sign[0] if sign[0] in spared else ascii(sign[0])[1:-1], text)


def escaped_json(text: str) -> str:
    """Return JSON that means the same and cannot steer a terminal that prints it."""
    return _STEERING.sub(lambda sign: sign[0] if sign[0] == "\n" else f"\\u{ord(sign[0]):04x}", text)


def shortened(text: str, most: int) -> str:
    """Return a text of at most about `most` characters; of a longer one both ends, and how much was left out between them."""
    if len(text) <= most:
        return text
    return f"{text[: most - most // 4]} … ({len(text) - most:,} characters left out) … {text[-(most // 4) :]}"


def of_system(error: OSError | MemoryError) -> UserError | None:
    """Return what the operating system refused as a user's mistake; None if it is not for the user to mend."""
    if isinstance(error, MemoryError):
        return UserError(Mistake("memory", "there is not enough of it", "run the same again where there is more"))
    if error.errno not in _MENDABLE:
        return None
    hint = _HINTS.get(error.errno, "see what stands there, and who may read and write it")
    return UserError(Mistake(str(error.filename or "a file"), f"cannot be used ({error.strerror})", hint))


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return `did you mean 'length'?` for the nearest known word, or the list of known words."""
    near = get_close_matches(shortened(word, 100), [name for name in known if len(name) <= _LONGEST], n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    more = f", and {len(known) - _NAMES:,} more" if len(known) > _NAMES else ""
    return f"known: {', '.join(shortened(name, 100) for name in known[:_NAMES])}{more}"
