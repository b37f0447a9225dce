"""Copies that went through another language and back."""

from collections.abc import Callable
from typing import ClassVar, Literal, Self

import polars as pl
from pydantic import Field, model_validator

from curate.augment.translate import Backend, backend_version, choose_backend, make_translator
from curate.kernels import KERNELS
from curate.steps.copying import Copying, problems_of


class BackTranslate(Copying):
    """Adds a copy of a share of the rows, translated from `language` to `via` and back (Sennrich, Haddow and Birch 2016).

    `backend: apertium` uses the program on PATH; `nlpaug` uses two sequence-to-sequence models (`models`, by default the
    Helsinki-NLP pair of the languages); `auto` takes Apertium where it has the pair, else nlpaug. The ledger says which.
    The similarity window of `guards` is over character 3-grams: a translation there and back lies mostly at 0.5 to 0.9.
    """

    step: Literal["back_translate"] = "back_translate"
    packages: ClassVar[tuple[str, ...]] = ("nlpaug", "torch", "transformers", *KERNELS)
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}$", description="the language of the texts")
    via: str = Field(default="es", pattern=r"^[a-z]{2,3}$", description="the language in between")
    backend: Literal["auto", Backend] = "auto"
    models: tuple[str, str] | None = Field(
        default=None, description="nlpaug: the models there and back, folders or names on the hub"
    )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.language == self.via:
            raise ValueError(f"language and via are both '{self.via}'; name another language to go through")
        if self.models and self.backend == "apertium":
            raise ValueError("models has no effect with backend: apertium; write backend: nlpaug")
        if self.language not in ("en", "eng") and self.guarded and (self.guards.pronouns or self.guards.negations):
            raise ValueError(
                "the guards for pronouns and negations know English alone; write guards: {pronouns: false, negations: false}"
            )
        return self

    def _pair(self) -> tuple[str, str]:
        return self.models or (
            f"Helsinki-NLP/opus-mt-{self.language}-{self.via}",
            f"Helsinki-NLP/opus-mt-{self.via}-{self.language}",
        )

    def problems(self) -> tuple[str, ...]:
        """Return why the wanted backend cannot work here, or for `auto` why none can, and the term lists that are missing."""
        return (*super().problems(), *problems_of(self.backend_used))

    def made_with(self) -> tuple[str, ...]:
        """Return the backend with its version, where it is a program, and the term lists."""
        backend = self.backend_used()
        return (backend_version(backend), *super().made_with())

    def backend_used(self) -> Backend:
        """Return the backend that works on this machine. Raises `UserError` with the package to install."""
        return choose_backend(self.backend, self.language, self.via, self._pair())

    def made_by(self) -> str:
        """Return the backend."""
        return self.backend_used()

    def purpose(self) -> str:
        """Return the step's word with the language in between."""
        return f"back_translate:{self.via}"

    def work(self, texts: int) -> int:
        """Return two translations a text."""
        return 2 * texts

    def rewrite(self, texts: pl.DataFrame, seed: int, tick: Callable[[int], None]) -> list[str]:  # noqa: ARG002  (no chance in it)
        """Return the texts after their way there and back."""
        translator = make_translator(self.backend_used(), self.language, self.via, self._pair())
        return translator.round_trip(texts["text"].to_list(), tick)
