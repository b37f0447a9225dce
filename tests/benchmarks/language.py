"""How well the language of short texts is told, and how fast: `python tests/benchmarks/language.py`.

Accuracy: the share of windows of so many characters, from word starts in sentences of fourteen languages (sentences.txt), for
which the likeliest language is the right one. Kept: the share that `{step: language, allowed: [its own]}` keeps at the default
confidence if no text is too short. With FAIRLEAD_DATA also what share of real English texts is kept. Other libraries are
measured in the same way where they are installed.
"""

import csv
import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from curate.language import identify

SENTENCES = Path(__file__).with_name("sentences.txt")
LENGTHS = (10, 20, 50, 100, 200)
CONFIDENCE = 0.65


def sentences() -> dict[str, str]:
    """Code of the language → its sentences."""
    lines = [line for line in SENTENCES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {code[1:-1]: text for code, text in zip(lines[::2], lines[1::2], strict=True)}


def windows(text: str, length: int, most: int = 40) -> list[str]:
    """At most so many windows, spread evenly, from the starts of words (of every third character where words run on)."""
    starts = [m.start() for m in re.finditer(r"(?<!\w)\w", text)] if " " in text else range(0, len(text), 3)
    fitting = [start for start in starts if start + length <= len(text)]
    return [text[start : start + length] for start in fitting[:: max(1, len(fitting) // most)]][:most]


def cases(length: int) -> list[tuple[str, str]]:
    """The right code and the window, for all languages."""
    return [(code, window) for code, text in sentences().items() for window in windows(text, length)]


def accuracy(guess: Callable[[list[str]], list[str]], length: int) -> float:
    """The share of windows whose language is guessed."""
    codes, texts = zip(*cases(length), strict=True)
    return sum(one == other for one, other in zip(codes, guess(list(texts)), strict=True)) / len(codes)


def kept(length: int) -> tuple[float, float]:
    """The share of windows kept where their own language is allowed, and of the others where English is."""
    wanted = cases(length)
    found = identify(text for _code, text in wanted)
    own = [named.get(code, 0) >= CONFIDENCE for (code, _text), named in zip(wanted, found, strict=True)]
    english = [named.get("en", 0) >= CONFIDENCE for (code, _), named in zip(wanted, found, strict=True) if code != "en"]
    return sum(own) / len(own), sum(english) / len(english)


def guessers() -> dict[str, Callable[[list[str]], list[str]]]:
    """Ours, and other libraries that are installed."""
    found: dict[str, Callable[[list[str]], list[str]]] = {
        "fairlead": lambda texts: [next(iter(named), "") for named in identify(texts)]
    }
    try:
        import py3langid

        found["py3langid"] = lambda texts: [py3langid.classify(text)[0] for text in texts]
    except ImportError:
        pass
    try:
        from lingua import LanguageDetectorBuilder

        detector = LanguageDetectorBuilder.from_all_languages().build()
        found["lingua"] = lambda texts: [
            ((lang := detector.detect_language_of(text)) and lang.iso_code_639_1.name.lower()) or "" for text in texts
        ]
    except ImportError:
        pass
    return found


def real_english() -> dict[str, list[str]]:
    """Real texts in English, noisy and plain, where FAIRLEAD_DATA holds them."""
    folder = Path(os.environ.get("FAIRLEAD_DATA", "nowhere"))
    if not folder.is_dir():
        return {}
    with (folder / "sms.tsv").open(encoding="utf-8", newline="") as file:
        messages = [line[1] for line in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    statements = [row["text"] for row in json.loads((folder / "toxigen.json").read_text(encoding="utf-8"))]
    return {"SMS": messages, "ToxiGen": statements}


def main() -> None:
    """Print all figures."""
    for name, guess in guessers().items():
        print(f"{name:10} accuracy", *(f"{length}: {accuracy(guess, length):.3f}" for length in LENGTHS))
        texts = windows(" ".join(sentences().values()), 200, 600)
        started = time.perf_counter()
        guess(texts)
        took = (time.perf_counter() - started) / len(texts)
        print(f"{name:10} {took * 1e5:.1f} s for 100,000 texts of 200 characters")
    for length in LENGTHS:
        own, english = kept(length)
        print(
            f"{length:4} characters, min_confidence {CONFIDENCE}: {own:.3f} kept of their own language, {english:.3f} as English"
        )
    for name, texts in real_english().items():
        stays = [named.get("en", 0) >= CONFIDENCE for named in identify(texts)]
        long = [sum(sign.isalpha() for sign in text) >= 20 for text in texts]
        print(
            f"{name}: {sum(stays) / len(stays):.3f} of {len(stays)} kept as English; of those with 20 letters "
            f"{sum(one for one, enough in zip(stays, long, strict=True) if enough) / sum(long):.3f} of {sum(long)}"
        )


if __name__ == "__main__":
    main()
