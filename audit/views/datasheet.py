"""The data sheet view: the questions of Datasheets for Datasets, answered from evidence where it can, else left to a person.

Source: Gebru et al. 2021, Datasheets for Datasets, Communications of the ACM 64(12):86-92. The questions are shortened.
"""

from collections.abc import Callable

from audit.report.content import Block, Heading, Prose, Section
from audit.views import answers
from audit.views.material import PERSON, Material, document

Answer = Callable[[Material], tuple[Block, ...]] | None
QUESTIONS: dict[str, tuple[tuple[str, Answer], ...]] = {
    "Motivation": (
        ("For what purpose was the data set created?", None),
        ("Who created it, and on behalf of which entity?", None),
        ("Who funded its creation?", None),
    ),
    "Composition": (
        ("What do the instances represent?", None),
        ("How many instances are there?", answers.instances),
        ("Does it contain all possible instances, or is it a sample of a larger set?", answers.sample),
        ("What data does each instance consist of?", answers.of_each),
        ("Is there a label or target associated with each instance?", answers.label),
        ("Is any information missing from individual instances?", answers.missing),
        ("Are relationships between individual instances made explicit?", answers.relations),
        ("Are there recommended data splits?", answers.splits),
        ("Are there errors, sources of noise, or redundancies?", answers.errors),
        ("Is it self-contained, or does it rely on external resources?", answers.self_contained),
        ("Does it contain data that might be considered confidential?", None),
        (
            "Does it contain data that, viewed directly, might be offensive, insulting or threatening?",
            answers.offensive,
        ),
        ("Does it identify any subpopulations?", answers.subpopulations),
        ("Is it possible to identify individuals, directly or indirectly?", answers.identifiable),
        ("Does it contain data that might be considered sensitive in any way?", answers.sensitive),
    ),
    "Collection process": (
        ("How was the data associated with each instance acquired?", None),
        ("What mechanisms or procedures were used to collect it?", None),
        ("If it is a sample of a larger set, what was the sampling strategy?", None),
        ("Who was involved in the collection, and how were they compensated?", None),
        ("Over what time was it collected?", None),
        ("Were any ethical review processes conducted?", None),
        ("Was it collected from the individuals directly, or obtained from others?", answers.self_contained),
        ("Were the individuals notified about the collection?", None),
        ("Did the individuals consent to the collection and use of their data?", None),
        ("If consent was obtained, can it be revoked?", None),
        ("Has the potential impact on the individuals been analysed?", None),
    ),
    "Preprocessing, cleaning, labelling": (
        ("Was any preprocessing, cleaning or labelling done?", answers.preprocessing),
        ("Was the raw data saved in addition?", answers.raw),
        ("Is the software that was used available?", answers.software),
    ),
    "Uses": (
        ("Has it been used for any tasks already?", answers.used_for),
        ("Is there a repository that links to papers or systems that use it?", None),
        ("What other tasks could it be used for?", None),
        (
            "Is there anything about its composition or making that might affect future uses?",
            answers.composition_matters,
        ),
        ("Are there tasks for which it should not be used?", None),
    ),
    "Distribution": (
        ("Will it be distributed to third parties?", None),
        ("How will it be distributed?", None),
        ("When will it be distributed?", None),
        ("Under which licence or terms of use will it be distributed?", answers.licences),
        ("Have third parties imposed restrictions on the data?", None),
        ("Do export controls or other regulatory restrictions apply?", None),
    ),
    "Maintenance": (
        ("Who supports, hosts and maintains it?", None),
        ("How can its owner be contacted?", None),
        ("Is there an erratum?", None),
        ("Will it be updated?", None),
        ("Are there limits on the retention of data about people?", None),
        ("Will older versions be kept?", None),
        ("Can others extend it or contribute to it?", None),
    ),
}
LEAD = "What the evidence of a run answers of the questions of Datasheets for Datasets (Gebru et al. 2021)."


def datasheet(material: Material) -> str:
    """Return the document."""
    sections = [
        Section(part, part, _left_to_people(questions), tuple(_blocks(material, questions)))
        for part, questions in QUESTIONS.items()
    ]
    return document(material, f"Data sheet: {material.recipe.name}", LEAD, sections)


def _left_to_people(questions: tuple[tuple[str, Answer], ...]) -> str:
    if all(answer is None for _question, answer in questions):
        return "None of it can be told from the run."
    return "Answered where the run can tell."


def _blocks(material: Material, questions: tuple[tuple[str, Answer], ...]) -> list[Block]:
    blocks: list[Block] = []
    for question, answer in questions:
        blocks += [Heading(question), *(answer(material) if answer is not None else (Prose(PERSON),))]
    return blocks
