"""The faults of the demo's notes: each function takes a sound text and returns the faulty one, and what is to be known of it."""

import re
from random import Random

EDITED_WORDS = (0.01, 0.02, 0.04, 0.08)  # near-copies take these shares in turn; at least one word is edited

# fmt: off
EDITS = (
    "quite", "rather", "also", "again", "really", "perhaps", "certainly", "indeed", "mostly", "today", "clearly",
    "simply", "nearly", "still",
)
GIVEN_NAMES = (
    "alex", "maria", "john", "wei", "fatima", "olga", "pedro", "anna", "samir", "joan", "kofi", "ines", "noah", "lena",
    "ravi", "ruth",
)
FAMILY_NAMES = (
    "smith", "garcia", "okafor", "novak", "silva", "meyer", "haddad", "rossi", "tanaka", "brown", "lund", "moreau",
    "singh", "walsh",
)
SHORT = ("ok, file {index}", "see cv {index}", "n/a {index}", "call back {index}", "no show {index}", "dup? {index}")
REPEATED = (
    "strong candidate", "call back soon", "not a fit", "good good", "please advance now", "see the file", "do not call",
)
SYMBOLS = ("####", "----", "////", "====", "....", "|", "++", "**", "~~", ">>")
# fmt: on

# Sentences whose curly quotes, dashes and accents become mojibake when UTF-8 is read as Windows-1252.
ACCENTED = (
    "The candidate’s file is complete.",
    "A café meeting was offered instead.",
    "The résumé is on two pages – well set.",
    "An early start – May – would suit.",
    "The panel’s view: worth a second look.",
)
ENTITIES = (
    "Some research &amp; development work too.",
    "Asked for &quot;a clear path&quot; upwards.",
    "Rated &lt; average on paper, better in person.",
    "Knows health &amp; safety rules.",
    "Tea&nbsp;break cut short.",
)
CONTACT = (
    "Reach the applicant at {secret}.",
    "Contact: {secret}, best after five.",
    "The candidate left {secret} for questions.",
    "Send the answer to {secret}.",
)
LOGIN = (
    "The form was sent from {secret}.",
    "Login from {secret} at the time of the test.",
    "Upload came from {secret}, not the usual machine.",
)


def fold(text: str, turn: int) -> tuple[str, str]:
    """Return the text with other case or white space alone, and which; the kinds take turns."""
    options = {
        "upper_case": text.upper(),
        "double_blanks": text.replace(". ", ".  "),
        "lower_case": text.lower(),
        "line_breaks": text.replace(". ", ".\n"),
        "blanks_around": f"  {text}\t",
    }
    kind = tuple(options)[turn % len(options)]
    return options[kind], kind


def edit(text: str, turn: int, random: Random) -> tuple[str, str]:
    """Replace, delete or add words at random places, and return the similarity to the text as it was."""
    parts = text.split(" ")
    count = max(1, round(EDITED_WORDS[turn % len(EDITED_WORDS)] * len(parts)))
    for place in sorted(random.sample(range(len(parts)), count), reverse=True):
        word = random.choice([word for word in EDITS if word != parts[place]])
        parts[place : place + 1] = random.choice(([word], [], [word, parts[place]]))
    edited = " ".join(parts)
    return edited, f"{similarity(text, edited):.4f}"


def similarity(text: str, other: str) -> float:
    """Return the Jaccard similarity of two texts' word 3-shingles, case folded, without punctuation."""
    shingles = []
    for each in (text, other):
        parts = re.findall(r"\w+", each.lower())
        shingles.append({tuple(parts[at : at + 3]) for at in range(len(parts) - 2)})
    return len(shingles[0] & shingles[1]) / len(shingles[0] | shingles[1])


def blemish(text: str, fault: str, turn: int, place: int, random: Random) -> tuple[str, str]:
    """Return the text with a fault that is no copy, and its detail: the secret, or the kind. `place` makes short texts unique."""
    if fault == "debris":
        return _soil(text, turn, random)
    if fault == "too_short":
        return random.choice(SHORT).format(index=place), ""
    if fault == "few_letters":
        return " ".join(
            f"{random.choice(SYMBOLS)} {random.randrange(1, 1000)}" for _ in range(random.randint(9, 14))
        ), ""
    if fault == "repetition":
        return _repeat(text, turn, random)
    secret = {"email": _email, "phone": _phone, "ip_address": _ip_address}[fault](turn, random)
    sentence = random.choice(LOGIN if fault == "ip_address" else CONTACT).format(secret=secret)
    return _beside(text, sentence, random), secret


def _beside(text: str, sentence: str, random: Random) -> str:
    return " ".join(random.choice(((sentence, text), (text, sentence))))


def _soil(text: str, turn: int, random: Random) -> tuple[str, str]:
    kind = ("carriage_return", "mojibake", "entity", "blanks")[turn % 4]
    if kind == "carriage_return":
        return text.replace(". ", "._x000D_", 1), kind
    if kind == "mojibake":
        return _beside(text, random.choice(ACCENTED).encode("utf-8").decode("cp1252"), random), kind
    if kind == "entity":
        return _beside(text, random.choice(ENTITIES), random), kind
    parts = text.split(" ")
    place = random.randrange(1, len(parts))
    return " ".join(parts[:place]) + " " * random.randint(3, 8) + " ".join(parts[place:]), kind


def _repeat(text: str, turn: int, random: Random) -> tuple[str, str]:
    first = text.split(". ", 1)[0] + "."
    if turn % 2:
        return f"{first} So g{'o' * random.randint(70, 120)}d", "characters"
    return f"{first} {' '.join([random.choice(REPEATED)] * random.randint(12, 18))}", "words"


def _email(turn: int, random: Random) -> str:
    """Return an address in a domain that is reserved for examples (RFC 2606)."""
    host = ("example.com", "example.org", "example.net", "mail.example.com")[turn % 4]
    return f"{random.choice(GIVEN_NAMES)}.{random.choice(FAMILY_NAMES)}{random.randrange(1, 100)}@{host}"


def _phone(turn: int, random: Random) -> str:
    """Return one of the numbers 555-0100 to 555-0199, which are kept for fiction in every North American area."""
    area, line = random.choice((202, 303, 415, 512, 617, 718)), f"01{random.randrange(100):02d}"
    return (f"({area}) 555-{line}", f"{area}-555-{line}", f"+1 {area} 555 {line}", f"{area}.555.{line}")[turn % 4]


def _ip_address(turn: int, random: Random) -> str:
    """Return an address of the ranges that are kept for documentation (RFC 5737 and RFC 3849)."""
    host, part = random.randrange(1, 255), f"{random.randrange(1, 4096):x}"
    return (
        f"192.0.2.{host}",
        f"198.51.100.{host}",
        f"203.0.113.{host}",
        f"2001:db8::{part}",
        f"2001:db8:{part}::{host:x}",
    )[turn % 5]
