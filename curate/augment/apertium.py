"""Translation by Apertium, the rule-based translator, found on PATH: one process a direction, texts streamed through it.

Texts go through in Apertium's stream format with a null byte after each, so that no sentence runs on into the next
text, and each with its number in a superblank (a part that Apertium hands through), so that a lost text cannot go unseen.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import IO

from curate.errors import Mistake, UserError

# Apertium names languages by ISO 639-3; a code that is not here is taken as it is written.
_ISO_639_3 = {
    "an": "arg", "ar": "ara", "br": "bre", "ca": "cat", "cy": "cym", "da": "dan", "en": "eng", "eo": "epo",
    "es": "spa", "eu": "eus", "fr": "fra", "gl": "glg", "is": "isl", "it": "ita", "mk": "mkd", "nb": "nob",
    "nn": "nno", "oc": "oci", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sv": "swe", "uk": "ukr",
}  # fmt: skip
_SPECIAL = re.compile(r"[\^$@/\\\[\]{}<>]")
_BREAK = re.compile(r"[^\S\n]*\n\s*")
# an escaped character, a sentence end that we put in, or a superblank, whichever comes first
_STREAM = re.compile(r"\\(.)|\.\[\]|\[((?:\\.|[^\]\\])*)\]", re.DOTALL)
_CHUNK = 1 << 16


def directions(language: str, via: str) -> tuple[str, str]:
    """Return the names of the two directions, for example `eng-spa` and `spa-eng`."""
    here, there = (_ISO_639_3.get(code, code) for code in (language, via))
    return f"{here}-{there}", f"{there}-{here}"


def apertium_problem(language: str, via: str) -> str | None:
    """Return why Apertium cannot translate there and back on this machine, as `what; what to do`, or None."""
    wanted = directions(language, via)
    package = "apertium-" + "-".join(sorted(wanted[0].split("-")))
    program = shutil.which("apertium")
    if program is None:
        return f"apertium is not on PATH; apt-get install apertium {package}"
    listed = subprocess.run([program, "-l"], capture_output=True, text=True, check=False)  # noqa: S603  (a program found on PATH, fixed arguments)
    missing = [direction for direction in wanted if direction not in listed.stdout.split()]
    return f"apertium has no {' and no '.join(missing)} here; apt-get install {package}" if missing else None


def apertium_version() -> str:
    """Return what `apertium -V` says, for example `Apertium 3.8.3`."""
    said = subprocess.run([shutil.which("apertium") or "apertium", "-V"], capture_output=True, text=True, check=False)  # noqa: S603  (as above)
    return said.stdout.strip()


@dataclass(frozen=True)
class Apertium:
    """Translates there and back. The same texts in the same order give the same result.

    The order matters a little: Apertium's tagger narrows what it takes unknown words for as it meets new kinds of words
    (about one text in a hundred comes out otherwise in another order), so the caller gives texts in the order of rows.
    """

    language: str
    via: str

    def round_trip(self, texts: Sequence[str], tick: Callable[[int], None]) -> list[str]:
        """Return every text after its way there and back; blanks at the ends are cut and runs of blanks made one."""
        there, back = directions(self.language, self.via)
        return _translate(_translate(texts, there, tick), back, tick)


def _translate(texts: Sequence[str], direction: str, tick: Callable[[int], None]) -> list[str]:
    """Stream texts through one process. Raises `UserError` if it does not give every text back in its place."""
    command = [shutil.which("apertium") or "apertium", "-z", "-u", "-f", "none", direction]
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(  # noqa: S603  (a program found on PATH; the direction is among those it lists)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
        except OSError as error:
            raise UserError(Mistake("step 'back_translate'", f"apertium cannot be started ({error})")) from error
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            # a thread writes while this one reads: either pipe may fill up before the other is empty
            writer = Thread(target=_write, args=(texts, process.stdin), daemon=True)
            writer.start()
            translated = list(_read(process.stdout, len(texts), tick))
            writer.join()
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip().splitlines()
    if process.returncode != 0 or len(translated) != len(texts):
        what = f"apertium {direction} gave {len(translated):,} of {len(texts):,} texts back and ended with {process.returncode}"
        raise UserError(
            Mistake(
                "back_translate",
                what,
                said[-1] if said else "try one text by hand: echo text | apertium -u " + direction,
            )
        )
    return translated


def _write(texts: Sequence[str], stream: IO[bytes]) -> None:
    try:
        for number, text in enumerate(texts):
            stream.write(to_stream(text, number).encode())
        stream.close()
    except BrokenPipeError:
        return  # the process ended early; the reader counts what came back and says so


def _read(stream: IO[bytes], count: int, tick: Callable[[int], None]) -> Iterator[str]:
    """Yield the texts that come back in their places, up to the first that does not."""
    rest, number = b"", 0
    while chunk := os.read(stream.fileno(), _CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        before = number
        for part in whole:
            text = from_stream(part.decode(errors="replace"), number) if number < count else None
            if text is not None:
                yield text
                number += 1
        if number > before:
            tick(number - before)


def to_stream(text: str, number: int) -> str:
    """Write a text in Apertium's stream format: special characters escaped, line breaks and its number in superblanks.

    Every line ends a sentence (`.[]`, which Apertium's own reader of plain text writes at the end of a paragraph), so that
    nothing is moved over a line break.
    """
    escaped = _SPECIAL.sub(r"\\\g<0>", text.replace("\0", " ").replace("\r\n", "\n").replace("\r", "\n"))
    lines = _BREAK.sub(lambda match: ".[][\n]" if match[0].count("\n") == 1 else ".[][\n\n]", escaped.strip())
    return f"{lines}.[][number {number}]\0"


def from_stream(part: str, number: int) -> str | None:
    """Read a text back from the stream format, or return None if the part does not end with this number."""
    mark = f"[number {number}]"
    if not part.endswith(mark):
        return None
    plain = _STREAM.sub(lambda match: match[1] or match[2] or "", part.removesuffix(mark))
    return re.sub(r" ?\n ?", "\n", re.sub(r"[^\S\n]+", " ", plain)).strip()
