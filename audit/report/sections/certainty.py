"""How sure the models say they are: calibration before and after a temperature, and accuracy over stated confidence."""

from audit.attributes import CONFIDENCE
from audit.certainty import BINS, TEMPERED
from audit.report.choosing import having, is_change, only
from audit.report.content import Bin, Block, Fold, Reliability, Section, Table
from audit.report.definitions import define
from audit.report.tables import Kind, Line, crossed
from audit.results import Audit, Measure, Model
from audit.vocabulary import model_names

METRICS = ("calibration_error", "brier", "log_loss")
LEAD = (
    "A model is calibrated if of the answers of which it is 80 % sure, 80 % are right. How well it answers is told above; "
    "this is about whether its certainty can be believed."
)
FITTED = (
    " The temperature was fitted on validation rows, and on no test row; it changes how sure a model says it is, and none of its "
    "answers."
)


def section(audit: Audit) -> Section | None:
    """Return the section, or None where no model said how sure it is."""
    table, bins = tempered(audit), having(audit.measures, attribute=CONFIDENCE)
    blocks: list[Block] = [table] if table is not None else []
    if bins:
        blocks += [picture(audit, bins), Fold("The same in numbers, bin by bin", (_numbers(audit, bins),))]
    if not blocks:
        return None
    who = "predictions" if "tuned" not in audit.models else "models"
    return Section("certainty", f"How sure the {who} are", LEAD + (FITTED if _was_fitted(audit) else ""), tuple(blocks))


def _was_fitted(audit: Audit) -> bool:
    return any(measure.value is not None for measure in having(audit.measures, metric="temperature"))


def tempered(audit: Audit) -> Table | None:
    """Return the figures of certainty before and after temperature scaling, or None where none was asked for."""
    whole = having(audit.measures, attribute=None, label=None)
    temperature = having(whole, metric="temperature")
    if not temperature:
        return None
    lines = [Line(define("temperature").name, temperature)]
    for metric in METRICS:
        mine = tuple(m for m in whole if m.metric.removeprefix(TEMPERED) == metric)
        if any(_is_after(m) for m in mine):
            lines.append(Line(define(metric).name, mine))
    kinds = [
        kind
        for model, name in model_names(audit).items()
        for kind in (_as_stated(f"{name}, as stated", model), _after(f"{name}, after", model))
    ]
    kinds.append(Kind("Change, after", lambda m: is_change(m) and _is_after(m)))
    return crossed("On the test rows, before and after temperature scaling", "Figure", lines, kinds)


def _as_stated(heading: str, model: Model) -> Kind:
    return Kind(heading, lambda m: m.model == model and not _is_after(m))


def _after(heading: str, model: Model) -> Kind:
    return Kind(heading, lambda m: m.model == model and _is_after(m))


def _is_after(measure: Measure) -> bool:
    return measure.metric.startswith(TEMPERED) or measure.metric == "temperature"


def picture(audit: Audit, measures: tuple[Measure, ...]) -> Reliability:
    """Return the picture of accuracy over stated confidence."""
    bins = []
    for accuracy in having(measures, metric="bin_accuracy"):
        mean = only(measures, metric="bin_confidence", model=accuracy.model, group=accuracy.group)
        place = int(accuracy.id.rpartition(".")[2]) - 1
        assert mean is not None
        assert mean.value is not None
        assert accuracy.value is not None
        assert accuracy.interval is not None
        assert accuracy.model is not None
        ends = (accuracy.interval.low, accuracy.interval.high)
        name = model_names(audit)[accuracy.model]
        bins.append(Bin(name, place / BINS, mean.value, accuracy.value, *ends, accuracy.n))
    marks = " Hollow circle: base model. Filled diamond: tuned model." if len(audit.models) > 1 else ""
    said = (
        f"Under the dashed line: surer than right. The upright line is the interval; n are the rows of each bin.{marks}"
    )
    return Reliability("Accuracy by stated confidence", said, tuple(bins), 1 / BINS)


def _numbers(audit: Audit, measures: tuple[Measure, ...]) -> Table:
    groups = sorted(
        {m.group: int(m.id.rpartition(".")[2]) for m in measures if m.group is not None}.items(), key=lambda one: one[1]
    )
    lines = [Line(group, having(measures, group=group)) for group, _place in groups]
    kinds = [
        kind
        for model, name in model_names(audit).items()
        for kind in (
            _of(f"{name}: mean confidence", model, "bin_confidence"),
            _of(f"{name}: accuracy", model, "bin_accuracy"),
        )
    ]
    return crossed("Accuracy by stated confidence", "Stated confidence", lines, kinds, audit.minimum_group_size)


def _of(heading: str, model: Model, metric: str) -> Kind:
    return Kind(heading, lambda m: (m.model, m.metric) == (model, metric))
