"""What a translation backend is, and which one a recipe gets on this machine."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from curate.augment.apertium import Apertium, apertium_problem, apertium_version
from curate.augment.nlpaug_wrap import NlpaugTranslator, nlpaug_problem
from curate.errors import Mistake, UserError

Backend = Literal["apertium", "nlpaug"]
BACKENDS: tuple[Backend, ...] = ("apertium", "nlpaug")
"""In the order in which `auto` tries them."""


class Translator(Protocol):
    """Translates texts into another language and back."""

    def round_trip(self, texts: Sequence[str], tick: Callable[[int], None]) -> list[str]:
        """Return every text after its way there and back, in the same order.

        `tick` is called with a number of translations done; there are two for every text.
        """


def backend_problem(backend: Backend, language: str, via: str, models: tuple[str, str]) -> str | None:
    """Return why a backend cannot work on this machine, as `what; what to do`, or None."""
    return apertium_problem(language, via) if backend == "apertium" else nlpaug_problem(models)


def choose_backend(wanted: Literal["auto"] | Backend, language: str, via: str, models: tuple[str, str]) -> Backend:
    """Return the backend that is used: the wanted one, or for `auto` the first that can work here. Raises `UserError`."""
    tried = BACKENDS if wanted == "auto" else (wanted,)
    problems = {backend: backend_problem(backend, language, via, models) for backend in tried}
    for backend, problem in problems.items():
        if problem is None:
            return backend
    raise UserError([Mistake.of_problem("step 'back_translate'", problem) for problem in problems.values() if problem])


def backend_version(backend: Backend) -> str:
    """Return the backend's name, with the version of a program; the versions of packages are known elsewhere."""
    return apertium_version() if backend == "apertium" else backend


def make_translator(backend: Backend, language: str, via: str, models: tuple[str, str]) -> Translator:
    """Return a translator of one backend."""
    return Apertium(language, via) if backend == "apertium" else NlpaugTranslator(models)
