"""What a look at a finished run came to: what was found right, what is not, and what could not be judged here, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curate.errors import Mistake

AMISS = 3
"""The exit code of a look at a run that found something not as it should be."""


@dataclass(frozen=True)
class Findings:
    """A line for everything found right, a mistake for everything that is not, a line for everything that was left open."""

    verified: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    not_judged: tuple[str, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        """Return what both found, in that order."""
        return Findings(
            (*self.verified, *other.verified),
            (*self.mistakes, *other.mistakes),
            (*self.not_judged, *other.not_judged),
        )

    def in_json(self) -> dict[str, Any]:
        """Return the findings as `--json` tells them."""
        return {
            "verified": list(self.verified),
            "not_judged": list(self.not_judged),
            "mistakes": [mistake.in_json() for mistake in self.mistakes],
        }

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> "Findings":
        """Return the findings that another process told as JSON."""
        mistakes = tuple(Mistake(**mistake) for mistake in content["mistakes"])
        return cls(tuple(content["verified"]), mistakes, tuple(content["not_judged"]))
