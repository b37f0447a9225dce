"""What an audit says, as data: measures with their rows, verdicts, and the whole. Results first; rendering is elsewhere."""

from typing import Literal

from pydantic import Field

from audit.frozen import Frozen
from audit.training_results import Training
from curate.few_shot import FewShotChoice
from curate.manifest import OutsideRecord, ProbeRecord, StepFile

SCHEMA_VERSION = 5
Model = Literal["base", "tuned", "given"]
Outcome = Literal["met", "not met", "insufficient evidence"]


class Interval(Frozen):
    """An interval and how it was made, for example `Wilson` or `paired bootstrap, 2000 replicates, seed 7`."""

    low: float
    high: float
    confidence: float
    method: str


class Selection(Frozen):
    """The equalities that pick a measure's rows from one table of evidence (see `audit/evidence.py`).

    A value picks the rows that equal it; in a list column, the rows whose list holds it. Every equality must hold, and where
    `either` lists sets of further ones, all those of at least one set.
    """

    table: str
    equals: dict[str, str | bool | int] = Field(default={})
    either: tuple[dict[str, str | bool | int], ...] = ()


class Measure(Frozen):
    """One number: what it is, of whom, from how many rows, how sure, and which rows.

    A rate has `numerator` rows of `n`; its numerator's rows are those of `selection` that also satisfy `hits`.
    A difference, a ratio or a change has `parts`: the ids of the measures that it is made of.
    `value` is None where the number is undefined, and `undefined` then says why.

    `compare` with a `group` sets the group against the rows outside it: `rest` (their rate), `difference` (group − rest)
    or `ratio` (group / rest). Without a group it sets the groups against each other: `difference` (max − min) or `ratio`
    (min / max). An id that begins with `change.` is tuned − base of the measure that the rest of the id names; its
    `compare` is that measure's, or `tuned_minus_base`. `best_case` and `worst_case` bound what unread answers could be.
    A measure of a probe or of a file from elsewhere names it in `probe`; its numbers say nothing of the task's rows.
    `detectable` is the smallest difference or change that so few rows would show with a power of 80 %, `reference` a share from
    elsewhere.
    A count (`rows`, `word_rows`, `confusion`, `added_rows`, `refused`, `better`, `worse`, `swap_lost`, `swap_gained`,
    `flipped_at`, `few_shot_cut`) has its count as value and numerator, of `n`.
    `mention_before` and `mention_after` are shares of the added rows: by their parents' texts and by their own.
    `npmi` and `log_odds` say how two hits go together; their numerator counts the rows that have both.
    """

    id: str
    title: str
    metric: str
    model: Model | None = None
    attribute: str | None = None
    group: str | None = None
    label: str | None = None
    step: str | None = None
    probe: str | None = None
    compare: str | None = None
    value: float | None = None
    undefined: str = ""
    n: int = 0
    numerator: int | None = None
    interval: Interval | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    test: str = ""
    selection: Selection | None = None
    hits: dict[str, str | bool | int] = Field(default={})
    parts: tuple[str, ...] = ()
    detectable: float | None = None
    reference: float | None = None
    note: str = ""


class Verdict(Frozen):
    """What a gate asked, what was found and how sure that is. Never a bare pass.

    `needed` is about how many rows like these would settle a verdict that they leave open, if what was found stayed as it is.
    """

    gate: str
    outcome: Outcome
    sentence: str
    measure: str
    limit: float
    direction: Literal["max", "min"]
    smallest_detectable: float | None = None
    needed: int | None = None


class StepAccount(Frozen):
    """One step's line in the account of rows: rows in = rows out + dropped + quarantined − added.

    `reasons` counts the rows that it dropped, quarantined or noted and the copies that it refused.
    """

    step: str
    rows_in: int
    rows_out: int
    dropped: int
    quarantined: int
    added: int
    changed: int
    refused: int = 0
    noted: int = 0
    reasons: dict[str, int] = Field(default={})


class Example(Frozen):
    """A row shown under a finding; the text is already masked and cut."""

    row: str
    step: str
    reason: str
    groups: tuple[str, ...]
    text: str
    other_row: str | None = None
    other_text: str | None = None


class NearExample(Frozen):
    """A row near a limit: its value in words, its groups, and its text as it came to the rule, masked and on one line."""

    row: str
    value: str
    groups: tuple[str, ...]
    text: str


class Edge(Frozen):
    """One end of a rule's range that dropped rows: how many lie on either side, and the nearest ones."""

    step: str
    rule: str
    reason: str
    limit: str
    rows_kept: int
    rows_dropped: int
    kept: tuple[NearExample, ...]
    dropped: tuple[NearExample, ...]


class Alarm(Frozen):
    """A source, label or group that lost more of its rows to cleaning than `limit`, in words, and the measure that says so."""

    sentence: str
    limit: float
    measure: str


class SwappedTerm(Frozen):
    """A term that was swapped for another (`muslims → christians`), and how often, between two groups."""

    attribute: str
    from_group: str
    to_group: str
    terms: str
    count: int


class SwapExample(Frozen):
    """A row whose fate a swap changes: `step` drops it for `reason` after the swap (lost), or as it is (gained).

    The text is as read, masked and cut.
    """

    row: str
    attribute: str
    from_group: str
    to_group: str
    terms: tuple[str, ...]
    flip: Literal["lost", "gained"]
    step: str
    reason: str
    detail: str
    text: str


class Swaps(Frozen):
    """How identity terms were swapped: in up to `drawn` rows of each group, which steps were asked, and which before the split not.

    `swapped` counts the swaps of each attribute, `left_out` those that could not be made, by reason; `without` names the attributes
    whose term list says of no term which other one stands for it.
    """

    drawn: int
    asked: tuple[str, ...]
    not_asked: tuple[str, ...]
    swapped: dict[str, int]
    left_out: dict[str, dict[str, int]]
    without: tuple[str, ...]
    terms: tuple[SwappedTerm, ...]
    examples: tuple[SwapExample, ...]


class NearDuplicates(Frozen):
    """How a step looked for near-duplicates, and what it finds.

    A pair is compared with the probability `curve` says for its similarity (pairs of similarity and probability). Areas between
    the curve and the threshold are `false_negatives` (above it, missed) and `false_positives` (below it, compared in vain).
    `against` are the older files and indexes as they were then; `other_text` says where they hold the text of other columns.
    """

    step: str
    threshold: float
    unit: str
    shingle: int
    clusters: str
    permutations: int
    bands: int
    band_rows: int
    found_at_threshold: float
    false_negatives: float
    false_positives: float
    curve: tuple[tuple[float, float], ...]
    against: tuple[StepFile, ...] = ()
    other_text: tuple[str, ...] = ()


class Provenance(Frozen):
    """A line about where things came from: sources with digest and licence, versions, seeds, hardware."""

    what: str
    value: str


class SelfCheck(Frozen):
    """A known number, where it is known from, and what the audit's own functions give, rounded as the source prints it."""

    name: str
    source: str
    expected: tuple[float, ...]
    found: tuple[float | None, ...]
    agrees: bool


class OneAnswer(Frozen):
    """A classifier that gives one `label` for `rows` of its `answered` rows, of which `others` have another label in truth."""

    model: Model
    label: str
    rows: int
    answered: int
    others: int


class Audit(Frozen):
    """The whole audit of one run.

    `crossings` holds for each kind (`rows`: of any kind, each row once), and in it for each pair of sides (`test in train`), how
    many rows of the later side have a counterpart on the earlier one; what nobody crossed is left out. `not_all_compared` counts
    rows whose near-duplicates on other sides may have been overlooked. `guarded` holds for each step whose guard lets no copy
    mention another group the attributes of which that is true, and `references` where the shares of an attribute's groups are from.
    """

    schema_version: int = SCHEMA_VERSION
    name: str
    task: str
    models: tuple[Model, ...]
    confidence: float
    minimum_group_size: int
    overlapping: tuple[str, ...]
    steps: tuple[StepAccount, ...]
    measures: tuple[Measure, ...]
    verdicts: tuple[Verdict, ...]
    examples: tuple[Example, ...]
    cautions: tuple[str, ...]
    split: dict[str, int] = Field(default={})
    crossings: dict[str, dict[str, int]] = Field(default={})
    not_all_compared: int = 0
    guarded: dict[str, tuple[str, ...]] = Field(default={})
    references: dict[str, str] = Field(default={})
    alarms: tuple[Alarm, ...] = ()
    near_duplicates: tuple[NearDuplicates, ...] = ()
    edges: tuple[Edge, ...] = ()
    self_checks: tuple[SelfCheck, ...] = ()
    swaps: Swaps | None = None
    probes: tuple[ProbeRecord, ...] = ()
    outside: tuple[OutsideRecord, ...] = ()
    training: Training | None = None
    few_shot: FewShotChoice | None = None
    one_answers: tuple[OneAnswer, ...] = ()
    provenance: tuple[Provenance, ...] = ()

    @property
    def tells_nothing_apart(self) -> OneAnswer | None:
        """The tuned model's answer to every row, where some have another label in truth; None where the rows are too few."""
        alike = (
            each for each in self.one_answers if each.model == "tuned" and each.rows == each.answered and each.others
        )
        return next((each for each in alike if each.answered >= self.minimum_group_size), None)
