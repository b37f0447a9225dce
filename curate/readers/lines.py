"""Lines of text with their numbers, some of which can be read again."""

from collections.abc import Iterator

_LEFT_BEHIND = 1000
"""So many lines may stay in memory after they were forgotten, before they are cut off together."""
_A_LINE = 16
"""A line counts for so many characters more than it has, so that a chunk of blank lines is no larger than others."""


class Lines:
    """An iterator of lines that holds those since the last `forget`; `number` is the number of the first of them, from 1."""

    def __init__(self, stream: Iterator[str]) -> None:
        self.number = 1
        self._stream = stream
        self._held: list[str] = []
        self._start = 0
        self._at = 0

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        if self._at == len(self._held):
            self._held.append(next(self._stream))
        self._at += 1
        return self._held[self._at - 1]

    def forget(self) -> tuple[int, list[str]]:
        """Forget the lines that were read; return the number of the first of them, and them."""
        return self._forget(self._at)

    def forget_one(self) -> tuple[int, str]:
        """Forget the first held line alone; the others will be read again."""
        number, lines = self._forget(self._start + 1)
        return number, lines[0]

    def take(self, size: int) -> tuple[int, list[str]]:
        """Read and forget lines of about `size` characters together; no lines at the end."""
        self._at = self._start
        left = size
        while left > 0 and self._at < len(self._held):  # what was given back
            left -= len(self._held[self._at]) + _A_LINE
            self._at += 1
        number, taken = self.forget()
        if left > 0:
            for line in self._stream:  # lines of text are what the csv module reads
                taken.append(line)
                left -= len(line) + _A_LINE
                self.number += 1
                if left <= 0:
                    break
        return number, taken

    def give_back(self, lines: list[str]) -> None:
        """Take back the lines that were read last, to read them again."""
        self._held = lines + self._held[self._start :]
        self._start = self._at = 0
        self.number -= len(lines)

    def _forget(self, end: int) -> tuple[int, list[str]]:
        number, lines = self.number, self._held[self._start : end]
        self.number += len(lines)
        self._start = self._at = end
        if self._start > _LEFT_BEHIND and 2 * self._start > len(self._held):
            del self._held[: self._start]
            self._start = self._at = 0
        return number, lines
