"""The term lists: they can be read, no term stands in two groups, and they find what they should and nothing else."""

from itertools import chain

import polars as pl
import pytest

from curate.groups import LEXICONS, NONE_MENTIONED, mentions, read_lexicon

NAMES = ("age", "disability", "gender", "orientation", "race", "religion")


def mentioned(name: str, *texts: str) -> list[list[str]]:
    frame = pl.DataFrame({"text": texts})
    return frame.select(mentions(pl.col("text"), read_lexicon(LEXICONS / f"{name}.txt"))).to_series().to_list()


def test_the_folder_holds_these_lists_alone() -> None:
    assert sorted(path.name for path in LEXICONS.iterdir()) == [f"{name}.txt" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_a_list_says_its_form_its_limits_and_how_to_replace_it(name: str) -> None:
    header = (LEXICONS / f"{name}.txt").read_text(encoding="utf-8").split("\n\n", 1)[0]
    assert all(line.startswith("#") for line in header.splitlines())
    assert f"`groups: {{{name}: {{terms: path/to/my_list.txt}}}}`" in " ".join(header.replace("#", "").split())
    assert "A mention is not" in header
    assert "eft out" in header


@pytest.mark.parametrize("name", NAMES)
def test_no_term_stands_in_a_list_twice(name: str) -> None:
    terms = list(chain.from_iterable(read_lexicon(LEXICONS / f"{name}.txt").values()))
    assert sorted({term for term in terms if terms.count(term) > 1}) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_term_finds_itself_in_its_own_group(name: str) -> None:
    lexicon = read_lexicon(LEXICONS / f"{name}.txt")
    for group, terms in lexicon.items():
        found = mentioned(name, *(f"So {term.replace('*', '').upper()}, again." for term in terms))
        assert [term for term, groups in zip(terms, found, strict=True) if group not in groups] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_wildcard_reaches_into_another_group(name: str) -> None:
    """A plain one-word term belongs to its own group alone; phrases may overlap (`learning disability`)."""
    for group, terms in read_lexicon(LEXICONS / f"{name}.txt").items():
        words = [term for term in terms if term.isalpha()]
        found = mentioned(name, *words) if words else []
        assert {word: groups for word, groups in zip(words, found, strict=True) if groups != [group]} == {}


@pytest.mark.parametrize(
    ("name", "text", "groups"),
    [
        ("gender", "She has nine years in retail.", ["woman"]),
        ("gender", "Spoke with HIM on Friday.", ["man"]),
        ("gender", "her brother-in-law", ["woman", "man"]),
        ("gender", "a Non-Binary applicant", ["nonbinary"]),
        ("gender", "two trans women", ["woman", "transgender"]),
        ("gender", "She's here, he’s not", ["woman", "man"]),
        ("religion", "Some Muslims and a Rabbi met at the church", ["muslim", "jewish", "christian"]),
        ("religion", "Islamophobic jokes", ["muslim"]),
        ("religion", "an atheist", ["atheist"]),
        ("race", "black women and white applicants", ["black", "white"]),
        ("race", "African-American and Asian American voters", ["black", "asian"]),
        ("race", "Native Americans, natives of Mexico", ["indigenous"]),
        ("race", "a Latina from a Middle Eastern family", ["latino", "middle eastern"]),
        ("race", "the whites of two eggs", ["white"]),  # a known limit
        ("age", "older applicants and young people", ["young", "old"]),
        ("age", "An old man with his grandchild and two kids", ["child", "old"]),
        ("age", "middle-aged managers", ["middle-aged"]),
        ("disability", "a wheelchair user with dyslexia", ["physical", "developmental"]),
        ("disability", "a learning disability", ["disabled", "developmental"]),
        ("disability", "a deaf colleague, a blind applicant", ["sensory"]),
        ("disability", "living with schizophrenia", ["mental health"]),
        ("orientation", "gay and lesbian couples", ["gay", "lesbian"]),
        ("orientation", "LGBTQ+ people, same-sex parents", ["lgbtq"]),
        ("orientation", "straight men", ["straight"]),
    ],
)
def test_mentions_are_found(name: str, text: str, groups: list[str]) -> None:
    assert mentioned(name, text) == [groups]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gender", "They sent their answers to them."),
        ("gender", "I miss you guys, the heroic sheriff, human history, amen"),
        ("religion", "Jesus, what the hell! Merry Christmas from Kosher Kitchen"),
        ("race", "a race in a black car on white paper, Indian summer, native speakers"),
        ("age", "an old song, a younger branch, a senior engineer, a junior role, my baby"),
        ("disability", "a blind review, a depressed market, crazy prices, paralysed by fear"),
        ("orientation", "a straight answer, bi-weekly talks, proud of my partner, an ace idea"),
    ],
)
def test_other_senses_are_not_mentions(name: str, text: str) -> None:
    assert mentioned(name, text) == [[NONE_MENTIONED]]
