"""How like the training texts a text is: its cosine with the most similar one of them, over TF-IDF weights of words.

The weights are scikit-learn's `TfidfVectorizer` (words are runs of letters and digits without regard to case, idf smoothed, rows of
length 1), learnt from the training texts. Nothing is drawn but which training texts stand for more than `MOST` of them.
"""

from collections.abc import Sequence

import numpy as np

from audit.resampling import Floats

MOST = 10_000
"""Training texts that a text is compared with at most; drawn by the seed where there are more."""
AT_ONCE = 512  # texts whose similarities with all of those are in memory at once
DIGITS = 6
"""Similarities are rounded to so many decimals, so that their order is the same on another machine."""


def likeness(texts: Sequence[str], learned: Sequence[str], seed: int) -> Floats:
    """Return for each text its highest similarity with a text that was learned from (0 to 1); nan where those have no word."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    drawn = np.random.default_rng(seed).permutation(len(learned))[:MOST]
    known = [learned[place] for place in sorted(drawn)]
    vectorizer = TfidfVectorizer(token_pattern=r"\w+")  # noqa: S106  (no secret)
    if not any(vectorizer.build_analyzer()(text) for text in known):
        return np.full(len(texts), np.nan)
    weights = vectorizer.fit_transform(known).T.tocsr()
    found = np.zeros(len(texts))
    for start in range(0, len(texts), AT_ONCE):
        block = vectorizer.transform(texts[start : start + AT_ONCE]) @ weights
        found[start : start + AT_ONCE] = block.max(axis=1).toarray().ravel()
    return np.asarray(np.round(found, DIGITS), dtype=np.float64)
