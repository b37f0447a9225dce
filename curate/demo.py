"""The demo's data: believable short screening notes with a label, two group columns, and faults whose truth is kept."""

from dataclasses import dataclass, replace
from random import Random

import polars as pl

from curate import demo_faults as faulty
from curate import demo_words as words

VERSION = 1  # rises when the same rows and seed give other notes; it is part of the source's digest

# Shares of the rows, at least one row each. A row has one fault at most. A copy has an original that is sound and is
# copied once, and it may stand before or after it; the other faults stand in rows of their own.
COPIES = {"exact_copy": 0.03, "folded_copy": 0.02, "near_copy": 0.04, "label_conflict": 0.015}
BLEMISHES = {
    "debris": 0.04,
    "email": 0.015,
    "phone": 0.015,
    "ip_address": 0.01,
    "too_short": 0.01,
    "repetition": 0.01,
    "few_letters": 0.005,
}

GENDERS = {"woman": 0.46, "man": 0.46, "nonbinary": 0.08}
AGE_GROUPS = {"under 40": 0.6, "40 and over": 0.4}
MISSING_GROUP = 0.05  # rows whose group column is empty, for each of the two columns by itself
NEUTRAL_NOTES = 0.15  # notes that speak of "the candidate" and use no pronoun
COPIED_TWICE_AS_OFTEN = "woman"  # so a cleaning step that removes copies removes more notes about women

# A candidate advances if points of the text + shifts + noise > 0. The shifts are what is unfair: no sentence earns them.
GENDER_SHIFT = {"woman": -1.1, "man": 1.1, "nonbinary": -1.1}
AGE_SHIFT = {"under 40": 0.3, "40 and over": -0.4}
NOISE = 1.8

YEARS_WORKED = {"under 40": (2, 14), "40 and over": (15, 30)}
WRITTEN_IN = 2024
MOST_WORDS = 60
PARTS = ("opening", "experience", "skill", "exercise", "conversation", "reference", "closing")
ALWAYS = ("experience", "skill")
PLAIN = {"opening": words.OPENING, "experience": words.EXPERIENCE, "closing": words.CLOSING}


@dataclass(frozen=True, slots=True)
class _Note:
    """A note. The candidate's gender and age group are always known here; what the columns show may be null."""

    text: str
    label: str
    gender: str
    shown_gender: str | None
    shown_age_group: str | None


@dataclass(frozen=True, slots=True)
class _Fault:
    note: int
    fault: str
    of: int | None
    detail: str


def generate(rows: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows (`text, label, gender, age_group`) and the truth of what was planted (`index, fault, of, detail`).

    `index` is the position of a row, from 1; `of` is the index of a copy's original, else null. `detail` is the
    similarity of a near-copy to its original (Jaccard on word 3-shingles), the secret of a personal datum, or the kind
    of debris, folding or repetition. The same `rows` (100 or more) and `seed` give the same frames on every machine.
    """
    random = Random(seed)  # noqa: S311  (texts are drawn, not secrets)
    copies, blemishes = (_counts(shares, rows) for shares in (COPIES, BLEMISHES))
    # Python loops here and below, because a note is drawn sentence by sentence
    notes = [_draw_note(random) for _ in range(rows - sum(copies.values()))]
    copied, rest = _choose_copied(notes, sum(copies.values()), random)
    faults: list[_Fault] = []
    for fault, count in blemishes.items():
        for turn in range(count):
            place = rest.pop()
            text, detail = faulty.blemish(notes[place].text, fault, turn, place, random)
            notes[place] = replace(notes[place], text=text)
            faults.append(_Fault(place, fault, None, detail))
    for fault, count in copies.items():
        for turn in range(count):
            original = copied.pop()
            note, detail = _copy(notes[original], fault, turn, random)
            faults.append(_Fault(len(notes), fault, original, detail))
            notes.append(note)
    return _lay_out(notes, faults, random)


def _counts(shares: dict[str, float], rows: int) -> dict[str, int]:
    return {fault: max(1, round(share * rows)) for fault, share in shares.items()}


def _lay_out(notes: list[_Note], faults: list[_Fault], random: Random) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Shuffle the notes, and name them by their positions from 1."""
    order = list(range(len(notes)))
    random.shuffle(order)
    index = {place: position for position, place in enumerate(order, start=1)}
    shuffled = [notes[place] for place in order]
    data = pl.DataFrame(
        [(note.text, note.label, note.shown_gender, note.shown_age_group) for note in shuffled],
        schema={"text": pl.String, "label": pl.String, "gender": pl.String, "age_group": pl.String},
        orient="row",
    )
    truth = pl.DataFrame(
        [
            (index[fault.note], fault.fault, None if fault.of is None else index[fault.of], fault.detail)
            for fault in faults
        ],
        schema={"index": pl.Int64, "fault": pl.String, "of": pl.Int64, "detail": pl.String},
        orient="row",
    )
    return data, truth.sort("index")


def _draw_note(random: Random) -> _Note:
    """Draw a candidate, write two to five sentences about them, and decide by the hidden score."""
    gender, age_group = _weighted(GENDERS, random), _weighted(AGE_GROUPS, random)
    slots = _draw_slots(age_group, random) | words.PRONOUNS["neutral" if random.random() < NEUTRAL_NOTES else gender]
    optional = random.sample([part for part in PARTS if part not in ALWAYS], random.randint(0, 3))
    text, points = "", 0
    for part in PARTS:
        if part not in ALWAYS and part not in optional:
            continue
        level = 0 if part in PLAIN else random.choice((-1, 0, 1))
        sentence = random.choice(PLAIN[part] if part in PLAIN else words.ASPECTS[part][level]).format_map(slots)
        if len(text.split()) + len(sentence.split()) <= MOST_WORDS:
            text, points = f"{text} {sentence}".lstrip(), points + level
    score = points + GENDER_SHIFT[gender] + AGE_SHIFT[age_group] + random.uniform(-NOISE, NOISE)
    return _Note(
        text=text,
        label="advance" if score > 0 else "reject",
        gender=gender,
        shown_gender=None if random.random() < MISSING_GROUP else gender,
        shown_age_group=None if random.random() < MISSING_GROUP else age_group,
    )


def _draw_slots(age_group: str, random: Random) -> dict[str, str]:
    drawn = {slot: random.choice(options) for slot, options in words.SLOTS.items()}
    drawn["skill"], drawn["other_skill"] = random.sample(words.SLOTS["skill"], 2)
    drawn["employer"], drawn["rival"] = random.sample(words.SLOTS["employer"], 2)
    worked = random.randint(*YEARS_WORKED[age_group])
    return drawn | {"years": words.YEARS[worked], "year": str(WRITTEN_IN - worked)}


def _weighted(weights: dict[str, float], random: Random) -> str:
    return random.choices(tuple(weights), tuple(weights.values()))[0]


def _choose_copied(notes: list[_Note], count: int, random: Random) -> tuple[list[int], list[int]]:
    """Return the places of the notes to copy, and the rest; both in random order.

    The larger of two uniform keys gives a note twice the weight (Efraimidis and Spirakis 2006, key u^(1/w) with w = 2).
    """
    keys = [
        (max(random.random(), random.random() if note.gender == COPIED_TWICE_AS_OFTEN else 0.0), place)
        for place, note in enumerate(notes)
    ]
    places = [place for _key, place in sorted(keys, reverse=True)]
    copied, rest = places[:count], places[count:]
    random.shuffle(copied)
    random.shuffle(rest)
    return copied, rest


def _copy(note: _Note, fault: str, turn: int, random: Random) -> tuple[_Note, str]:
    """Return a copy of a note with the fault, and its detail."""
    if fault == "folded_copy":
        text, kind = faulty.fold(note.text, turn)
        return replace(note, text=text), kind
    if fault == "near_copy":
        text, similarity = faulty.edit(note.text, turn, random)
        return replace(note, text=text), similarity
    if fault == "label_conflict":
        other = "reject" if note.label == "advance" else "advance"
        return replace(note, label=other), f"{other}, the original says {note.label}"
    return note, ""
