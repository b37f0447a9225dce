"""Invented measures of the shapes that an audit holds, with numbers drawn from a seed."""

import math
import random

from audit.results import Interval, Measure, Selection

THIRTEEN = (
    "asian", "black", "chinese", "disabled (mental)", "disabled (physical)", "jewish", "latino", "lgbtq", "mexican", "middle eastern",
    "muslim", "native american", "women",
)  # fmt: skip


class Invention:
    """Makes measures of the shapes that an audit holds, with numbers drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sizes = {group: self.chance.randint(140, 620) for group in THIRTEEN} | {"native american": 17}

    def rate(self, name: str, title: str, n: int, share: float, **fields: object) -> Measure:
        """Return a rate near `share` of n rows; undefined over no rows."""
        hits = min(n, max(0, round(n * share)))
        stated = {
            "id": name,
            "title": title,
            "n": n,
            "numerator": hits,
            "selection": Selection(table="invented"),
            **fields,
        }
        if n == 0:
            return Measure.model_validate({**stated, "undefined": "no row here is truly negative"})
        value = hits / n
        half = 1.96 * math.sqrt(value * (1 - value) / n + 1 / n**2)
        return Measure.model_validate(
            {**stated, "value": value, "interval": interval(max(0, value - half), min(1, value + half), "Wilson")}
        )

    def group(  # noqa: PLR0917  (a line of numbers, as in the tables they stand for)
        self, prefix: str, title: str, attribute: str, group: str, n: int, share: float, rest: float, **fields: object
    ) -> list[Measure]:
        """Return a group's rate, that of the rest, their difference with its p-value, and their ratio."""
        name = f"{prefix}.{attribute}.{slug(group)}"
        same = {**fields, "attribute": attribute, "group": group}
        inside = self.rate(name, f"{title}, {attribute}: {group}", n, share, **same)
        outside = self.rate(
            f"{name}.rest", f"{title}, {attribute}: all but {group}", 6000 - n, rest, **same, compare="rest"
        )
        parts = {"parts": (inside.id, outside.id), "n": 6000, **same}
        if inside.value is None or not outside.value:
            nothing = "no row here is truly negative" if inside.value is None else "nobody outside the group counts"
            return [inside, outside, *(
                Measure.model_validate({"id": f"{name}.{word}", "title": title, "compare": word, "undefined": nothing, **parts})
                for word in ("difference", "ratio")
            )]  # fmt: skip
        assert outside.value is not None
        apart, over = inside.value - outside.value, inside.value / outside.value
        half = 2.2 * math.sqrt(max(inside.value * (1 - inside.value), 0.001) / n)
        p_value = math.erfc(abs(apart) / half * 1.4)
        difference = Measure.model_validate({
            "id": f"{name}.difference", "title": f"{title}, {attribute}: {group} less the rest", "compare": "difference", "value": apart,
            "interval": interval(apart - half, apart + half, "Newcombe"), "p_value": p_value, "p_adjusted": min(1, 13 * p_value),
            "test": "Fisher's exact test, Holm over 13 tests", **parts,
        })  # fmt: skip
        ratio = Measure.model_validate({
            "id": f"{name}.ratio", "title": f"{title}, {attribute}: {group} over the rest", "compare": "ratio", "value": over,
            "interval": interval(over * 0.8, over * 1.27, "Katz log"), **parts,
        })  # fmt: skip
        return [inside, outside, difference, ratio]

    def groups(  # noqa: PLR0917  (as above)
        self,
        prefix: str,
        title: str,
        attribute: str,
        names: tuple[str, ...],
        usual: float,
        wide: float,
        **fields: object,
    ) -> list[Measure]:
        """Return a rate of every group, around a usual value, and the gaps between the groups."""
        found = []
        for group in names:
            share = min(0.97, max(0.0, usual + self.chance.uniform(-wide, wide)))
            found += self.group(prefix, title, attribute, group, self.sizes.get(group, 900), share, usual, **fields)
        values = [m.value for m in found if m.compare is None and m.value is not None and m.n >= 20]
        gap, parts = max(values) - min(values), tuple(m.id for m in found if m.compare is None)
        note = "do not set it: native american (2 of 17, 11.8 %)" if "native american" in names else ""
        same = {**fields, "attribute": attribute, "parts": parts, "n": 5984, "note": note}
        found.append(Measure.model_validate({
            "id": f"{prefix}.{attribute}.difference", "title": f"{title}, {attribute}: highest less lowest", "compare": "difference", "value": gap,
            "interval": interval(gap * 0.7, gap * 1.4, "Newcombe, simultaneous over 66 pairs"), "p_value": 0.0005,
            "test": "permutation of the outcome among these rows, 2000 draws, seed 7", **same,
        }))  # fmt: skip
        ratio = min(values) / max(values) if max(values) else 0.0
        found.append(Measure.model_validate({
            "id": f"{prefix}.{attribute}.ratio", "title": f"{title}, {attribute}: lowest over highest", "compare": "ratio", "value": ratio,
            "interval": interval(ratio * 0.7, min(1, ratio * 1.4), "Katz log, simultaneous over 66 pairs"), **same,
        }))  # fmt: skip
        return found


def slug(group: str) -> str:
    """Return a group's word in an id."""
    return group.replace(" ", "_").replace("(", "").replace(")", "")


def interval(low: float, high: float, method: str) -> Interval:
    """Return an interval at 95 %."""
    return Interval(low=low, high=high, confidence=0.95, method=method)


def changes(base: list[Measure], tuned: list[Measure]) -> list[Measure]:
    """Return tuned − base for the rates and gaps of two models."""
    found = []
    for before, after in zip(base, tuned, strict=True):
        if before.compare == "rest" or (before.group is not None and before.compare is not None):
            continue
        known = before.value is not None and after.value is not None
        apart = (after.value or 0) - (before.value or 0)
        bounds = interval(apart - 0.04, apart + 0.04, "paired bootstrap, 2000 replicates, seed 7")
        found.append(after.model_copy(update={
            "id": f"change.{after.id.removeprefix('tuned.')}", "title": f"{after.title}: change", "model": None, "numerator": None,
            "compare": after.compare or "tuned_minus_base", "value": apart if known else None, "interval": bounds if known else None,
            "undefined": "" if known else "one of the two is undefined", "parts": (before.id, after.id), "p_value": None, "test": "", "note": "",
        }))  # fmt: skip
    return found
