"""A line of the ledger in words. What its value and its threshold are is another thing in each step, and the reason tells which."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from curate.limits import End, number_in_words

DRAWN = "{threshold} of the {value} rows{of_cell} were drawn, and not this one"
SENTENCES = {
    "near_duplicate": "similarity {value} (limit {threshold}) to {other}, which stays{by}",
    "chained_near_duplicate": "joined by a chain {detail} to {other}, which stays; similarity to it {value} (limit {threshold})",
    "near_duplicate_of_older": "similarity {value} (limit {threshold}) to the older row {detail}",
    "not_all_compared": "more rows share a band with its text than are compared; it was compared with some of them",
    "exact_duplicate": "copy of {other}, which stays{by}",
    "over_cap": "place {value} of at most {threshold}{of_cell}",
    "not_sampled": DRAWN,
    "over_quota": DRAWN,
    "surplus_in_cell": DRAWN,
    "no_weight": "its {value} rows{of_cell} have no weight in the mixture",
    "too_few_rows": "{value} rows where {threshold} were wanted; {detail}",
    "cell_weight": "weight {value} (at most {threshold}) for each row of {detail}",
    "label_conflict": "the same text as {other}, which has another label",
    "label_of_majority": "votes for its label {value}, for the label that it gets {threshold}; see {other}",
    "label_of_newest": "the newest row decides; see {other}",
    "label_of_first_source": "the source that comes first decides; see {other}",
    "near_duplicate_of_later_side": "similarity {value} (limit {threshold}) to {other}, on a later side of the split",
    "same_text_as_later_side": "the same text as {other}, on a later side of the split",
    "too_similar": "similarity {value}, at most {threshold}",
    "too_different": "similarity {value}, at least {threshold}",
    "lost_identity": "groups that are no longer mentioned: {value}",
    "gained_identity": "groups that are newly mentioned: {value}",
    "lost_negation": "negations {value}, in its parent {threshold}",
    "gained_negation": "negations {value}, in its parent {threshold}",
    "lost_label_word": "words of the label that are gone: {value}",
}
"""What is said for a reason, if the line holds all that the sentence names."""


def event_in_words(line: Mapping[str, Any], other: str | None) -> str:
    """Return a line as a sentence: `cap: dropped (over_cap); place 41 of at most 40 in "red"`. `other` is the other row's name."""
    said = f"{line['step']}: {line['event']}"
    said += f" {line['column']}" if line["column"] is not None and line["reason"] is None else ""
    said += f" ({line['reason']})" if line["reason"] else ""
    return "; ".join([said, *_about(line, other)])


def _about(line: Mapping[str, Any], other: str | None) -> Iterator[str]:
    value, threshold = line["value"], line["threshold"]
    detail = line["detail"]
    known = {
        "value": None if value is None else number_in_words(value, (threshold,)),
        "threshold": None if threshold is None else number_in_words(_round(threshold)),
        "other": other,
        "detail": detail,
        "by": f" (keep: {detail})" if detail else "",
        "of_cell": "" if detail is None else f' in "{detail}"',
    }
    sentence = SENTENCES.get(line["reason"] or "")
    if sentence is not None and all(
        known[name] is not None for _text, name, _spec, _kind in Formatter().parse(sentence) if name
    ):
        yield sentence.format(**known)
        return
    if value is not None:
        measured = "similarity to its parent" if line["event"] == "added" else "measured"
        yield f"{measured} {known['value']}" + (f", limit {known['threshold']}" if threshold is not None else "")
    if detail:
        yield f"found: {detail}"
    if other:
        yield f"{'made from' if line['event'] == 'added' else 'see'} {other}"


def _round(threshold: float) -> float:
    """Return the rounder one beside a limit that is excluded: the line does not tell which end of a range it is."""
    ends = (End.of_minimum(threshold), End.of_maximum(threshold))
    return next((end.value for end in ends if end is not None and not end.included), threshold)
