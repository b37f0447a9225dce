"""The data sheet: every question of the paper, answers from the run, and a person for the rest."""

from people import cited

from audit.views.datasheet import QUESTIONS, datasheet
from audit.views.material import PERSON


def parts(text):
    """What follows each question."""
    found = text.split("\n### ")[1:]
    return {part.splitlines()[0]: part for part in found}


def test_every_question_stands_there_and_has_an_answer(tuned, people):
    questions = [question for part in QUESTIONS.values() for question, _answer in part]
    assert len(questions) == 50
    assert list(QUESTIONS) == [
        "Motivation", "Composition", "Collection process", "Preprocessing, cleaning, labelling", "Uses", "Distribution", "Maintenance",
    ]  # fmt: skip
    for material in (tuned, people):
        found = parts(datasheet(material))
        assert list(found) == questions
        for part in QUESTIONS.values():
            for question, answer in part:
                body = found[question].split("\n\n", 1)[1].split("\n\n## ")[0].strip()
                assert (body == PERSON) == (answer is None), question
                assert body


def test_answers_are_those_of_the_run(tuned):
    found = parts(datasheet(tuned))
    steps = {step.step: step for step in tuned.audit.steps}
    assert "| Rows, train rows | 173 | `rows.train` |" in found["How many instances are there?"]
    assert f"too short {steps['length'].dropped}" in found["Are there errors, sources of noise, or redundancies?"]
    assert (
        "| notes | not stated | CC0 | notes.csv | 240 | 0 |"
        in found["Is it self-contained, or does it rely on external resources?"]
    )
    assert "gender: from the column “gender”" in found["Does it identify any subpopulations?"]
    assert "by the terms that a text mentions" in found["Does it identify any subpopulations?"]
    assert "demo was tuned on it" in found["Has it been used for any tasks already?"]
    assert "Looked for: " in found["Is it possible to identify individuals, directly or indirectly?"]
    assert tuned.audit.cautions[0] in found[
        "Is there anything about its composition or making that might affect future uses?"
    ].replace("\\", "")


def test_unknown_groups_are_missing_information(people):
    found = parts(datasheet(people))["Is any information missing from individual instances?"]
    assert "2.9\u00a0% (3 of 103) | `share.all.race.unknown`" in found


def test_every_id_is_one_of_the_audit(tuned, people):
    for material in (tuned, people):
        names = cited(datasheet(material))
        assert names
        assert set(names) <= {m.id for m in material.audit.measures}
