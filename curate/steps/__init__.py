"""The steps of a recipe. A new step is one class in one file, one word in a union below, and one test."""

from typing import Annotated, get_args

from pydantic import Field

from curate.steps.back_translate import BackTranslate
from curate.steps.balance import Balance
from curate.steps.c4 import C4Lines, C4Quality
from curate.steps.c4_word_list import C4WordList
from curate.steps.cap import Cap
from curate.steps.date_window import DateWindow
from curate.steps.decontaminate import Decontaminate
from curate.steps.drop_pii import DropPii
from curate.steps.exact import Exact
from curate.steps.fineweb_quality import FinewebQuality
from curate.steps.gopher_quality import GopherQuality
from curate.steps.gopher_repetition import GopherRepetition
from curate.steps.label_conflict import LabelConflict
from curate.steps.language import Language
from curate.steps.length import Length
from curate.steps.letter_share import LetterShare
from curate.steps.mask_pii import MaskPii
from curate.steps.minhash import Minhash
from curate.steps.mix import Mix, TrainMix
from curate.steps.repetition import CharacterRepetition, WordRepetition
from curate.steps.sample import Sample
from curate.steps.turns import Turns
from curate.steps.unicode import Unicode
from curate.steps.where import Where
from curate.steps.whitespace import Whitespace
from curate.steps.word_noise import WordNoise

Step = Annotated[
    Unicode
    | Whitespace
    | Length
    | LetterShare
    | CharacterRepetition
    | WordRepetition
    | GopherQuality
    | GopherRepetition
    | C4Lines
    | C4Quality
    | C4WordList
    | FinewebQuality
    | Where
    | Turns
    | Language
    | DateWindow
    | MaskPii
    | DropPii
    | Decontaminate
    | LabelConflict
    | Exact
    | Minhash
    | Sample
    | Cap
    | Mix,
    Field(discriminator="step"),
]
TrainStep = Annotated[Balance | Sample | Cap | TrainMix | BackTranslate | WordNoise, Field(discriminator="step")]


def _words(union: object) -> tuple[str, ...]:
    return tuple(str(member.model_fields["step"].default) for member in get_args(get_args(union)[0]))


STEP_WORDS = _words(Step)
TRAIN_STEP_WORDS = _words(TrainStep)
