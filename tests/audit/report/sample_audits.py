"""Believable audits with invented numbers: two models over thirteen groups, given predictions, instruction metrics, neither."""

from invented_measures import data_measures, model_measures
from invention import THIRTEEN, Invention, changes, interval

from audit.results import Audit, Example, Measure, Provenance, StepAccount, Verdict

STEPS = (
    StepAccount(step="read", rows_in=6514, rows_out=6510, dropped=0, quarantined=4, added=0, changed=0, reasons={"not_json": 4}),
    StepAccount(step="unicode", rows_in=6510, rows_out=6510, dropped=0, quarantined=0, added=0, changed=212),
    StepAccount(step="whitespace", rows_in=6510, rows_out=6510, dropped=0, quarantined=0, added=0, changed=1847),
    StepAccount(step="length", rows_in=6510, rows_out=6098, dropped=412, quarantined=0, added=0, changed=0, reasons={"too_short": 371, "too_long": 41}),
    StepAccount(step="mask_pii", rows_in=6098, rows_out=6098, dropped=0, quarantined=0, added=0, changed=3),
    StepAccount(step="word_list", rows_in=6098, rows_out=5790, dropped=308, quarantined=0, added=0, changed=0, reasons={"listed_word": 308}),
    StepAccount(step="exact", rows_in=5790, rows_out=5714, dropped=76, quarantined=0, added=0, changed=0, reasons={"exact_duplicate": 76}),
    StepAccount(step="minhash", rows_in=5714, rows_out=5602, dropped=112, quarantined=0, added=0, changed=0, reasons={"near_duplicate": 112}),
    StepAccount(step="split", rows_in=5602, rows_out=5602, dropped=0, quarantined=0, added=0, changed=0),
    StepAccount(
        step="back_translate", rows_in=3922, rows_out=4861, dropped=0, quarantined=0, added=939, changed=0, refused=238,
        reasons={"added": 939, "identity_term_lost": 121, "negation_lost": 48, "too_similar": 69},
    ),
)  # fmt: skip

VERDICTS = (
    Verdict(
        gate="False positive rate of the tuned model, target: highest less lowest, at most 10.0 %", outcome="not met",
        sentence="The gap is 24.1 points: highest for lgbtq (37.2 %), lowest for chinese (13.1 %).",
        measure="tuned.false_positive_rate.target.difference", limit=0.1, direction="max", smallest_detectable=0.087,
    ),
    Verdict(
        gate="Accuracy, tuned less base, at least 0.0 points", outcome="met", sentence="Tuning added 20.3 points of accuracy.",
        measure="change.accuracy", limit=0.0, direction="min", smallest_detectable=0.024,
    ),
    Verdict(
        gate="Rows dropped by length, target: lowest over highest, at least 0.80", outcome="insufficient evidence",
        sentence="The ratio is 0.21; its interval holds the limit.", measure="drop_rate.length.target.ratio", limit=0.8, direction="min",
    ),
)  # fmt: skip
CAUTIONS = (
    "Groups are mentions found in the text. They say whom a statement is about, not who wrote it or who reads it.",
    "The labels are the judgement of annotators. A false positive here is a disagreement with them.",
    "A test set drawn from the same source says nothing about text from elsewhere.",
)
PROVENANCE = (
    Provenance(what="Source toxigen", value="toxigen.json, 6,514 rows, MIT, https://github.com/microsoft/SafeNLP"),
    Provenance(what="SHA-256 of toxigen", value="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    Provenance(what="Software", value="fairlead 0.1.0, Python 3.11.9, polars 2.1.0, torch 2.10.0"),
    Provenance(what="Seed", value="7"),
    Provenance(what="Hardware", value="Linux x86_64, 2 cores, no GPU"),
)
EXAMPLES = (
    Example(row="toxigen/1042", step="minhash", reason="near_duplicate", groups=("women",), text="women can be engineers, and many are",
            other_row="toxigen/377", other_text="women can be engineers and many of them are"),
    Example(row="toxigen/88", step="minhash", reason="near_duplicate", groups=(), text="the weather in spring is mild", other_row="toxigen/12"),
    Example(row="toxigen/5", step="length", reason="too_short", groups=("lgbtq", "women"), text="they are kind"),
)  # fmt: skip


def classification() -> Audit:
    """Return an audit of thirteen groups with base and tuned models."""
    made = Invention(7)
    attributes = {"target": THIRTEEN, "gender": ("men", "women", "unknown")}
    return Audit(
        name="toxigen", task="classification", models=("base", "tuned"), confidence=0.95, minimum_group_size=20, overlapping=("target",),
        steps=STEPS, measures=(*data_measures(made), *model_measures(made, ("base", "tuned"), attributes)), verdicts=VERDICTS,
        examples=EXAMPLES, cautions=CAUTIONS, split={"train": 4861, "validation": 560, "test": 1120}, provenance=PROVENANCE,
    )  # fmt: skip


def given() -> Audit:
    """Return an audit of predictions that came with the data; one group has nobody to count."""
    made = Invention(11)
    made.sizes |= {"African-American": 3696, "Caucasian": 2454, "Hispanic": 637, "Native American": 18, "Other": 0}
    races = ("African-American", "Caucasian", "Hispanic", "Native American", "Other")
    return Audit(
        name="compas", task="classification", models=("given",), confidence=0.95, minimum_group_size=20, overlapping=(), steps=(),
        measures=tuple(model_measures(made, ("given",), {"race": races})), verdicts=(), examples=(), cautions=CAUTIONS[1:],
    )  # fmt: skip


def instruction() -> Audit:
    """Return an audit of instruction metrics without groups."""
    measures = []
    values = {"base": (3.914, 0.0, 0.081, 9.7), "tuned": (2.602, 0.031, 0.274, 28.4)}
    for model, (loss, match, rouge, chrf) in values.items():
        for metric, value in (("loss", loss), ("exact_match", match), ("rouge_l", rouge), ("chrf", chrf)):
            measures.append(Measure(
                id=f"{model}.{metric}", title=f"{metric}, {model} model", metric=metric, model=model, value=value, n=200,
                interval=interval(value * 0.9, value * 1.1, "bootstrap, 2000 replicates, seed 7"),
            ))  # fmt: skip
    measures += changes(measures[:4], measures[4:])
    return Audit(
        name="alpaca", task="instruction", models=("base", "tuned"), confidence=0.95, minimum_group_size=20, overlapping=(), steps=STEPS[:3],
        measures=tuple(measures), verdicts=(), examples=(), cautions=(), split={"train": 700, "validation": 99, "test": 200},
    )  # fmt: skip


def bare() -> Audit:
    """Return an audit without a model, groups or measures."""
    return Audit(
        name="bare", task="chat", models=(), confidence=0.9, minimum_group_size=5, overlapping=(), steps=STEPS[:1], measures=(), verdicts=(),
        examples=(), cautions=(),
    )  # fmt: skip
