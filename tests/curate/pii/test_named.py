"""Persons and places through Presidio, over a small spaCy pipeline made here: a list of names instead of a trained model."""

import pytest

from curate.pii import named
from curate.steps.mask_pii import MaskPii


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    spacy = pytest.importorskip("spacy", reason="pip install 'fairlead[presidio]'")
    pytest.importorskip("presidio_analyzer", reason="pip install 'fairlead[presidio]'")
    made = spacy.blank("en")
    made.add_pipe("entity_ruler").add_patterns(
        [{"label": "PERSON", "pattern": "Ada Lovelace"}, {"label": "GPE", "pattern": "Paris"}]
    )
    folder = tmp_path_factory.mktemp("pipeline") / "names"
    made.to_disk(folder)
    return str(folder)


def masked(step: MaskPii, *texts: str) -> tuple[list[str], list[str | None]]:
    import polars as pl
    from frames import apply, frame

    applied = apply(step, frame(*texts))
    return applied.rows["text"].to_list(), applied.ledger.select(pl.col("detail")).to_series().to_list()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_persons_and_places(pipeline):
    step = MaskPii(kinds=("email", "person", "location"), model=pipeline)
    assert step.problems() == ()
    text = "Ada Lovelace wrote from Paris (ada@paris.example). Ada Lovelace again."
    once = "[PERSON] wrote from [LOCATION] ([EMAIL]). [PERSON] again."
    assert masked(step, text, "nobody here") == ([once, "nobody here"], ["email 1, person 2, location 1"])
    assert masked(step, once) == ([once], [])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_one_kind_alone(pipeline):
    step = MaskPii(kinds=("person",), model=pipeline)
    assert masked(step, "Ada Lovelace in Paris")[0] == ["[PERSON] in Paris"]


def test_recognise_adds_both_kinds(pipeline):
    step = MaskPii(recognise="presidio", model=pipeline)
    assert step.words() == ("email", "phone", "ip_address", "person", "location")
    assert step.made_with() == (named.version(pipeline),)


def test_what_is_missing_is_said(monkeypatch):
    (problem,) = MaskPii(kinds=("person",), model="no_such_pipeline").problems()
    assert "spacy download no_such_pipeline" in problem
    monkeypatch.setattr("curate.pii.named.util.find_spec", lambda _name: None)
    (problem,) = MaskPii(kinds=("person",)).problems()
    assert problem.endswith("pip install 'fairlead[presidio]'")
    assert MaskPii().problems() == ()
