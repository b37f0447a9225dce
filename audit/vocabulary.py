"""What is compared in an audit: a base and a tuned model, or a baseline and predictions that both came with the data.

Every measure is named while it is computed, as of a base and a tuned model; the ids keep these names. Where nothing was tuned,
`as_given` puts the other words in the place of those, once for the whole audit; the report asks `model_names` and `told`.
"""

from collections.abc import Mapping

from audit.results import Audit, Measure, Model

PREDICTIONS = "Predictions"
"""The line of the provenance that says that predictions and a baseline came with the data."""
TRAINED: Mapping[Model, str] = {"base": "Base", "tuned": "Tuned", "given": "Given predictions"}
CAME_WITH_DATA: Mapping[Model, str] = {**TRAINED, "base": "Baseline", "tuned": "Predictions"}
PHRASES = (
    (", base model", ", baseline"),
    (", tuned model", ", predictions"),
    ("of the base model", "of the baseline"),
    ("of the tuned model", "of the predictions"),
    ("of the base answers", "of the baseline"),
    ("of the tuned answers", "of the predictions"),
    ("from base to tuned", "from the baseline to the predictions"),
    ("Base against tuned", "Baseline against predictions"),
    ("base against tuned", "baseline against predictions"),
    ("tuned − base", "predictions − baseline"),
    ("tuned right and base wrong", "predictions right and baseline wrong"),
    ("base right and tuned wrong", "baseline right and predictions wrong"),
    ("Test rows that only the tuned model got right", "Rows that only the predictions have right"),
    ("Test rows that only the base model got right", "Rows that only the baseline has right"),
    ("those that only the tuned model got right", "those that only the predictions have right"),
    ("those that only the base model got right", "those that only the baseline has right"),
    ("both models gave an answer to", "both have an answer to"),
    ("Whether two models differ", "Whether the two differ"),
    ("Accuracy: base ", "Accuracy: baseline "),
    (" %, tuned ", " %, predictions "),
    ("answers of base name", "answers of the baseline name"),
    ("answers of tuned name", "answers of the predictions name"),
    ("answers of base are", "answers of the baseline are"),
    ("answers of tuned are", "answers of the predictions are"),
    ("The base model has", "The baseline has"),
    ("The tuned model has", "The predictions have"),
    ("this degenerate model", "this degenerate baseline"),
)
"""What is said of a base and a tuned model, and how the same is said of a baseline and of predictions."""


def came_with_data(audit: Audit) -> bool:
    """Return whether an audit compares predictions with a baseline that both came with the data."""
    return any(line.what == PREDICTIONS for line in audit.provenance)


def model_names(audit: Audit) -> Mapping[Model, str]:
    """Return what the models of an audit are called."""
    return CAME_WITH_DATA if came_with_data(audit) else TRAINED


def told(audit: Audit, text: str) -> str:
    """Return a sentence about a base and a tuned model in the words that are true of an audit."""
    return _in_words_of_data(text) if came_with_data(audit) else text


def as_given(audit: Audit) -> Audit:
    """Return an audit whose measures, verdicts and cautions speak of what was compared."""
    if not came_with_data(audit):
        return audit
    verdicts = tuple(
        verdict.model_copy(update={name: _in_words_of_data(getattr(verdict, name)) for name in ("gate", "sentence")})
        for verdict in audit.verdicts
    )
    measures = tuple(map(_measure_as_given, audit.measures))
    cautions = tuple(map(_in_words_of_data, audit.cautions))
    return audit.model_copy(update={"measures": measures, "verdicts": verdicts, "cautions": cautions})


def _measure_as_given(measure: Measure) -> Measure:
    """Return a measure of a model, or of two, in the other words; what is about the data may name a group like a model."""
    if measure.model is None and not measure.id.startswith(("change.", "mcnemar")):
        return measure
    return measure.model_copy(update={name: _in_words_of_data(getattr(measure, name)) for name in ("title", "test")})


def _in_words_of_data(text: str) -> str:
    """Put each phrase once: what follows the first may be the name of a group."""
    for said, instead in PHRASES:
        text = text.replace(said, instead, 1)
    return text
