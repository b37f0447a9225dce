"""Persons and places by name, recognised by Presidio over a spaCy pipeline: an extra, because no pattern can tell a name."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from importlib import util
from pathlib import Path
from threading import Lock
from typing import Any

from curate.packages import package_version
from curate.pii.spans import Span

PRETEST = r"\p{L}"

_KEY = "en"
"""Presidio keeps its pipelines by language. Here it has one, whose own language is what counts, and this is its key."""
_ONE_AT_A_TIME = Lock()
"""Polars may ask from several threads, and a spaCy pipeline serves one."""


def finder(entity: str, model: str) -> Callable[[str], Sequence[Span]]:
    """Return a function that finds one of Presidio's entities, `PERSON` or `LOCATION`."""
    return partial(_find, entity=entity, model=model)


def problems(model: str) -> tuple[str, ...]:
    """Return what must be installed before names can be recognised."""
    if not util.find_spec("presidio_analyzer"):
        return ("the kinds person and location need Presidio; pip install 'fairlead[presidio]'",)
    if not Path(model).is_dir() and not util.find_spec(model):
        hint = f"python -m spacy download {model}, or write model: with the folder of a pipeline"
        return (f"the spaCy pipeline '{model}' is not installed; {hint}",)
    return ()


def version(model: str) -> str:
    """Return which pipeline this is: the package with its version, or the digest of everything in its folder."""
    folder = Path(model)
    if not folder.is_dir():
        if known := package_version(model):
            return f"{model} {known}"
        spec = util.find_spec(model)
        if spec is None or spec.origin is None:
            return f"{model} missing"
        folder = Path(spec.origin).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _find(text: str, *, entity: str, model: str) -> list[Span]:
    found: list[Span] = []
    with _ONE_AT_A_TIME:
        for start, end, name in _names(text, model):
            if name == entity and (not found or start >= found[-1][1]):
                found.append((start, end))
    return found


@lru_cache(maxsize=1)
def _names(text: str, model: str) -> list[tuple[int, int, str]]:
    """Return what stands where; the last text is kept, because persons and places are asked for one after the other."""
    results = _analyzer(model).analyze(text, language=_KEY, entities=["PERSON", "LOCATION"])
    return sorted((result.start, result.end, result.entity_type) for result in results)


@cache
def _analyzer(model: str) -> Any:
    """Return Presidio over one pipeline, loaded once a process."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    engine = SpacyNlpEngine(models=[{"lang_code": _KEY, "model_name": model}])
    registry = RecognizerRegistry(recognizers=[SpacyRecognizer(supported_language=_KEY)], supported_languages=[_KEY])
    return AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=[_KEY])
