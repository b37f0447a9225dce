"""What each metric of the report is called and means, and the terms that a reader meets."""

from audit.report.data_definitions import DATA
from audit.report.definition import Definition
from audit.report.forgetting_definitions import FORGETTING
from audit.report.model_definitions import MODELS
from audit.report.outside_definitions import OUTSIDE
from audit.report.probe_definitions import PROBES

DEFINITIONS: dict[str, Definition] = {**DATA, **MODELS, **PROBES, **FORGETTING, **OUTSIDE}

TERMS: dict[str, str] = {
    "n": "The number of rows behind a figure. A small n makes a figure uncertain, whatever it says.",
    "Interval": "The range in which the true figure plausibly lies, given so few rows. Wide means: little is known.",
    "Gap (difference)": "The highest figure among the groups less the lowest, in percentage points.",
    "Gap to all rows": "How far the farthest group lies from the figure of all rows together.",
    "Could have seen": "The smallest change that so few rows would have shown four times out of five.",
    "The rest": "All rows that are known not to belong to the group.",
    "Ratio": "Between groups, the lowest figure over the highest: 1 is equal. For one group, its figure over that of the rest.",
    "Points": "Percentage points: from 10 % to 12 % is 2 points.",
    "p": "How often chance alone would show a contrast at least as large. Adjusted: corrected because many contrasts were tested.",
    "Undefined": "The figure cannot be computed, for example a rate over no rows. Undefined is not zero and not good news.",
    "Met / not met": "Whether the figure, with its interval, keeps the limit that the recipe set.",
    "Verdict: higher, lower, not shown": "Whether a group’s figure differs from that of the rest beyond chance, after correction "
    "for all such tests. Not shown is not the same as equal.",
    "Insufficient evidence": "The interval holds values on both sides of the limit: these rows cannot tell.",
}


def define(metric: str) -> Definition:
    """Return a metric's definition; one that this table does not know keeps its own name and is shown as a plain number."""
    return DEFINITIONS.get(metric, Definition(metric.replace("_", " ").capitalize(), "number", ""))
