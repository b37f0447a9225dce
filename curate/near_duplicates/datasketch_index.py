"""An index of ours as a `datasketch.MinHashLSH`, and the other way round: signatures are the same, bit for bit."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from curate.errors import Mistake, UserError
from curate.index_part import Origin
from curate.near_duplicates.adding import NewPart, add_part
from curate.near_duplicates.bands import RECALL, Bands, choose_bands
from curate.near_duplicates.index import SignatureIndex, check_sound
from curate.near_duplicates.sketch import Signatures, Sketching

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH

_CHECKED_ROWS = 10_000
"""Rows are held against datasketch's so many at a time."""


def minhash_of(text: str, sketching: Sketching) -> "MinHash":
    """Return a text's signature as datasketch's, for a query in an index of ours that was opened as datasketch's."""
    return _as_theirs(sketching.signatures(sketching.shingling.of(pl.Series([text])))[0], sketching)


def to_datasketch(index: SignatureIndex, threshold: float, recall: float = RECALL) -> "MinHashLSH":
    """Return an index in memory as datasketch's, with the names of rows as keys and the bands that we choose.

    Rows without shingles are left out: datasketch would take them for each other. Raises `UserError` for a damaged index.
    """
    check_sound(index)
    from datasketch import MinHashLSH

    sketching = index.record.sketching
    bands = choose_bands(threshold, sketching.permutations, recall)
    found = MinHashLSH(num_perm=sketching.permutations, params=(bands.count, bands.rows))
    names, first = index.names(), 0
    with found.insertion_session() as session:
        for part in index.parts():
            filled = np.diff(part.starts) > 0
            for row in np.flatnonzero(filled).tolist():  # datasketch's own index is a Python object a row
                session.insert(names[first + row], _as_theirs(part.signatures[row], sketching))
            first += len(part)
    return found


def from_datasketch(
    theirs: "MinHashLSH", texts: pl.DataFrame, folder: Path, name: str, sketching: Sketching
) -> SignatureIndex:
    """Add what a datasketch index holds to an index of ours, which is made if it is not there.

    `texts` holds `name` (a key) and `text` of its rows: datasketch keeps no shingles, and without them nothing can be
    verified. Raises `UserError` for rows that it has and `texts` has not or the other way round, and for a row whose signature
    there is not that of the text.
    """
    mistakes = _unlike(theirs, texts, sketching)
    if mistakes:
        raise UserError(mistakes)
    part = NewPart(name, Origin(data="datasketch.MinHashLSH", text=("text",)), [texts.select("name", "text")])
    return add_part(folder, part, sketching)


def _unlike(theirs: "MinHashLSH", texts: pl.DataFrame, sketching: Sketching) -> list[Mistake]:
    known, given = set(theirs.keys), set(texts["name"])
    filled = texts.filter(pl.Series(sketching.shingling.of(texts["text"]).counts > 0))
    lacking = [(key, "has no text", "give the texts of all rows") for key in sorted(known - given, key=str)]
    lacking += [(key, "is not in it", "leave it out") for key in sorted(set(filled["name"]) - known)]
    for part in filled.iter_slices(_CHECKED_ROWS) if not lacking else ():
        ours = _bands(sketching.signatures(sketching.shingling.of(part["text"])), Bands(theirs.b, theirs.r))
        lacking += [
            (key, "has another signature there than its text has", "give how it was sketched, and its own text")
            for key, mine in zip(part["name"], ours, strict=True)
            if tuple(theirs.keys[key]) != mine
        ]
    return [Mistake(f"datasketch index, '{key}'", what, hint) for key, what, hint in lacking]


def _bands(signatures: Signatures, bands: Bands) -> list[tuple[bytes, ...]]:
    """Return the bands of each row in datasketch's form: their values as bytes, the most significant first."""
    turned = signatures.byteswap()
    cuts = range(0, bands.count * bands.rows, bands.rows)
    return [tuple(row[cut : cut + bands.rows].tobytes() for cut in cuts) for row in turned]


def _as_theirs(signature: Signatures, sketching: Sketching) -> "MinHash":
    from datasketch import MinHash

    return MinHash(seed=sketching.seed, hashvalues=np.array(signature), scheme="affine32")
