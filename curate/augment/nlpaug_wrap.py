"""The only place that imports nlpaug: translation there and back by its BackTranslationAug, and its word-level noise.

nlpaug 1.1.11 is of 2022. What is adapted here, around it: batches are loaded in this process (it would fork one worker
for every batch of texts), words are split at white space (its own tokenizer tears "don't" into three), its global chance
is seeded for each text and put back, and it is never let near a download.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from curate.errors import Mistake, UserError

Action = Literal["swap", "delete", "synonym"]
_TRANSLATION_PACKAGES = ("nlpaug", "torch", "transformers", "sentencepiece")
_SYNONYM_DATA = {
    "wordnet": "corpora/wordnet",
    "averaged_perceptron_tagger_eng": "taggers/averaged_perceptron_tagger_eng",
}
_TEXTS_AT_ONCE = 256
_LONGEST_TRANSLATION = 512  # tokens, where a model does not say how many positions it has; Marian models have 512


def nlpaug_problem(models: tuple[str, str]) -> str | None:
    """Return why nlpaug cannot translate on this machine, as `what; what to do`, or None."""
    missing = [package for package in _TRANSLATION_PACKAGES if find_spec(package) is None]
    if missing:
        return f"nlpaug's back-translation needs {', '.join(missing)}; pip install 'fairlead[augment,train]'"
    for model in models:
        folder = Path(model)
        if (folder.is_absolute() or model.startswith(".")) and not (folder / "config.json").is_file():
            return (
                f"there is no model in '{model}'; models: takes two folders with a config.json, or two names on the hub"
            )
    return None


def noise_problem(action: Action) -> str | None:
    """Return why nlpaug cannot make this noise on this machine, as `what; what to do`, or None."""
    missing = [
        package for package in ("nlpaug", *(["nltk"] if action == "synonym" else [])) if find_spec(package) is None
    ]
    if missing:
        return f"word noise needs {' and '.join(missing)}; pip install 'fairlead[augment]'"
    if action == "synonym":
        absent = [name for name, path in _SYNONYM_DATA.items() if not _has_nltk_data(path)]
        if absent:
            return f"NLTK's {' and '.join(absent)} not installed; python -m nltk.downloader {' '.join(absent)}"
    return None


def _has_nltk_data(path: str) -> bool:
    import nltk

    for name in (path, f"{path}.zip"):
        try:
            nltk.data.find(name)
        except LookupError:
            continue
        return True
    return False


@dataclass(frozen=True)
class NlpaugTranslator:
    """Translates there and back with two sequence-to-sequence models: local folders or names on the Hugging Face hub."""

    models: tuple[str, str]

    def round_trip(self, texts: Sequence[str], tick: Callable[[int], None]) -> list[str]:
        """Return every text after its way there and back. Texts of one length are translated together."""
        translated = [""] * len(texts)
        by_length = sorted(range(len(texts)), key=lambda place: (len(texts[place]), place))
        with self._augmenter() as augmenter:
            for start in range(0, len(texts), _TEXTS_AT_ONCE):
                places = by_length[start : start + _TEXTS_AT_ONCE]
                found = augmenter.augment([texts[place] for place in places])
                assert len(found) == len(places)
                for place, text in zip(places, found, strict=True):
                    translated[place] = text.strip()
                tick(2 * len(places))
        return translated

    @contextmanager
    def _augmenter(self) -> Iterator[Any]:
        """Give a BackTranslationAug on the accelerator where there is one; forget its models afterwards."""
        import nlpaug.augmenter.word as naw
        from nlpaug.model.lang_models import machine_translation_transformers as nlpaug_models

        real, device = nlpaug_models.t_data, "cuda" if nlpaug_models.torch.cuda.is_available() else "cpu"
        nlpaug_models.t_data = SimpleNamespace(
            TensorDataset=real.TensorDataset,
            DataLoader=lambda data, **settings: real.DataLoader(data, **{**settings, "num_workers": 0}),
        )
        try:
            with redirect_stderr(StringIO()):  # the bars of loading; the step has its own, and errors are raised
                augmenter = self._load(naw.BackTranslationAug, device)
            yield augmenter
        finally:
            nlpaug_models.t_data = real
            naw.BackTranslationAug.clear_cache()

    def _load(self, kind: Any, device: str) -> Any:
        there, back = self.models
        try:
            augmenter = kind(from_model_name=there, to_model_name=back, device=device)
        except (OSError, ValueError, ImportError, KeyError) as error:
            first = next(iter(str(error).strip().splitlines()), type(error).__name__)
            what = f"the models '{there}' and '{back}' cannot be loaded ({first})"
            hint = "give models: [there, back], two folders or two names on the hub; a machine without network needs folders"
            raise UserError(Mistake("step 'back_translate'", what, hint)) from error
        _fit_lengths(augmenter.model)
        return augmenter


def _fit_lengths(pair: Any) -> None:
    """Let no text be longer, in or out, than the positions that both models have; what is longer is cut."""
    configs = (pair.src_model.config, pair.tgt_model.config)
    longest = min(getattr(config, "max_position_embeddings", _LONGEST_TRANSLATION) for config in configs)
    pair.max_length = pair.src_tokenizer.model_max_length = pair.tgt_tokenizer.model_max_length = longest


def noisy(
    texts: Sequence[str], seeds: Sequence[int], action: Action, strength: float, tick: Callable[[int], None]
) -> list[str]:
    """Return every text with noise in a share `strength` of the words of each line; the same seed gives the same noise."""
    if problem := noise_problem(action):
        raise UserError(Mistake.of_problem("step 'word_noise'", problem))
    import nlpaug.augmenter.word as naw

    settings = {"aug_p": strength, "aug_min": 1, "aug_max": None, "tokenizer": str.split, "reverse_tokenizer": " ".join}
    augmenter = naw.SynonymAug(**settings) if action == "synonym" else naw.RandomWordAug(action=action, **settings)
    made = []
    with _global_chance_restored():
        # a Python loop, because nlpaug takes one text at a time and draws from the global chance
        for text, seed in zip(texts, seeds, strict=True):
            random.seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002  (it is this global state that nlpaug draws from)
            made.append("\n".join(augmenter.augment(line)[0] if line.strip() else line for line in text.split("\n")))
            tick(1)
    return made


@contextmanager
def _global_chance_restored() -> Iterator[None]:
    """Leave Python's and numpy's global random state as it was found."""
    ours, theirs = random.getstate(), np.random.get_state()  # noqa: NPY002  (see above)
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)  # noqa: NPY002  (see above)
