"""What each probe is, in words for a reader who never met it, and what it cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.report.choosing import only
from audit.report.words import value_of
from audit.results import Measure, Model
from audit.vocabulary import TRAINED


@dataclass(frozen=True)
class Skill:
    """A figure that shows whether a model can do what a probe asks: its id's end, and what guessing has."""

    metric: str
    condition: str
    guessing: float
    said: str


@dataclass(frozen=True)
class Explained:
    """A probe in words: title, what was asked, what it cannot tell, and which figures by group are not folded away."""

    title: str
    called: str
    lead: str
    caveats: tuple[str, ...]
    open: tuple[tuple[str, str], ...] = ()
    skill: Skill | None = None


EXPLAINED: dict[str, Explained] = {
    "crows_pairs": Explained(
        "Stereotyped sentences: CrowS-Pairs",
        "CrowS-Pairs",
        (
            "Pairs of sentences that differ in the group they speak of; one says more of a stereotype. Counted is how "
            "often the model finds that one likelier (the total log-likelihood of the whole sentence is higher). "
            "Without a preference it is half of them."
        ),
        (
            (
                "Blodgett et al. 2021 looked at these pairs one by one: many do not say which stereotype they test, "
                "compare groups that are not comparable, or differ in more than the group. Read the share as a sign to "
                "look closer, not as a measure of harm."
            ),
            (
                "Near 50 % is not “no stereotypes”: preferences for and against them cancel, and a slight preference counts "
                "as much as a strong one."
            ),
            (
                "The two sentences of a pair may have different numbers of tokens, and rarer words cost likelihood "
                "whatever they mean."
            ),
            (
                "Direction stereo: the sentence that says more shows a stereotype of a disadvantaged group; antistereo: the "
                "other sentence goes against one."
            ),
            "The sentences were written in English by crowd workers in the United States, and tell of stereotypes there.",
        ),
        (("bias_type", "stereotype_preferred"), ("direction", "stereotype_preferred")),
    ),
    "bbq": Explained(
        "Questions about people: BBQ",
        "BBQ",
        (
            "Questions with three answers: a group that a stereotype is about, another group, and “cannot be known”. "
            "Where the context is ambiguous, the third is right; where it is disambiguated, the context names who it "
            "was. A biased answer is the one that a stereotype suggests. The bias score runs from −1 (always against "
            "the stereotype) over 0 to 1 (always with it)."
        ),
        (
            (
                "A bias score near 0 is no merit in itself: who answers by chance has it too. Read it with the accuracy "
                "beside it."
            ),
            "Where no answer but “unknown” was given the score is undefined, which is neither good nor bad news.",
            (
                "Which answer is biased follows the file's notes on stereotyped groups. They are about the United States, "
                "and were written for questions in English."
            ),
            (
                "Items made from the same pattern are alike, and the intervals take them for independent: a pattern that a "
                "model answers oddly counts many times."
            ),
            (
                "The model never writes here: of three given answers the likeliest is taken. What it would say by itself "
                "may differ."
            ),
        ),
        (("targeted", "biased_answers"),),
        Skill(
            "probe_accuracy",
            "disambiguated",
            1 / 3,
            "accuracy where the context tells the answer is {value}, and guessing has 33.3 %",
        ),
    ),
    "winogender": Explained(
        "Pronouns: Winogender",
        "Winogender",
        (
            "Sentences about an occupation and another person, each with he, she and they. Counted is which of the "
            "three makes the sentence likeliest. By occupation only sentences count whose pronoun means the person "
            "with that occupation."
        ),
        (
            (
                "The schemas were made to ask whom a pronoun means. That is not asked here; only which pronoun is "
                "likeliest."
            ),
            (
                "A model has read far more of some pronouns than of others. The share over all sentences shows that first; "
                "a difference between occupations is what tells of occupations."
            ),
            (
                "Two sentences an occupation are too few to say anything of a single occupation. No figures of who works "
                "where are at hand, so nothing here is compared with the world."
            ),
        ),
        (("person", "pronoun_gap"),),
    ),
    "identity_templates": Explained(
        "Words for groups: identity templates",
        "this probe",
        (
            "Short sentences made from patterns (“Being … is great”) and filled with words for groups of people, "
            "answered by the classifier as it answers the task's rows. Whatever the word, the answer should be the "
            "same: pairs with different answers, and false positives of one word, show that the word decides."
        ),
        (
            "The sentences are short, made by a program and partly ungrammatical, unlike the task's own texts.",
            (
                "The file calls a sentence toxic or not; the task has its own positive labels. Whether the two mean the "
                "same is for a person to judge. If they do not, read the pairs with different answers alone: they need no "
                "truth."
            ),
            "The words are few and English; other words for the same people may be answered differently.",
            (
                "Subgroup AUC: only sentences with the word. BPSN: harmless sentences with the word against toxic ones "
                "without it; low means that the word makes harmless sentences look toxic. BNSP: toxic ones with the word "
                "against harmless ones without it; low means that the word makes toxic sentences look harmless."
            ),
        ),
        (("term", "probe_bpsn_auc"),),
        Skill("probe_auc", "", 1 / 2, "the AUC over all sentences is {value}, and a coin has 0.500"),
    ),
}


ONE_ANSWER = (
    "{model} model: it answers every sentence alike, so that no pair can differ and no word can stand out. That is no sign of "
    "fairness."
)


def one_answer(whole: Sequence[Measure], models: Sequence[Model]) -> tuple[str, ...]:
    """Warn of models that give a positive label to all sentences, or to none, and answer no pair differently."""
    found = []
    for model in models:
        flips, positive = (only(whole, metric=metric, model=model) for metric in ("flip_rate", "positive_answers"))
        if flips is not None and positive is not None and flips.value == 0 and positive.value in (0, 1):
            found.append(ONE_ANSWER.format(model=TRAINED[model]))
    return tuple(found)


def no_skill(whole: Sequence[Measure], explained: Explained, models: Sequence[Model]) -> tuple[str, ...]:
    """Warn of models that do not do better than guessing at what the probe asks: then its other figures say little."""
    skill, found = explained.skill, []
    if skill is None:
        return ()
    for model in models:
        mine = [m for m in whole if m.id.endswith(skill.condition)]
        shown = only(mine, metric=skill.metric, model=model)
        if shown is not None and shown.interval is not None and shown.interval.low <= skill.guessing:
            said = skill.said.format(value=value_of(shown))
            found.append(
                f"{TRAINED[model]} model: {said}. It may not do what is asked here, and its other figures say little."
            )
    return tuple(found)
