"""The run directory: the contract between the phases. The manifest is written last."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from curate.errors import Mistake, UserError
from curate.files import digest_files, write_text
from curate.manifest import PHASES, SCHEMA_VERSION, Manifest, Phase, PhaseRecord, peak_memory_bytes
from curate.run_mistakes import MANIFEST, not_a_run

ESTIMATES = "estimates"
"""The folder in the cache with the estimates of runs, a file each."""


class RunDirectory:
    """Where everything of one run stands. Paths are properties; the phases meet here and nowhere else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recipe = path / "recipe.yaml"
        self.manifest = path / MANIFEST
        self.source = path / "data" / "source"
        self.planted = path / "data" / "planted.parquet"
        self.counterfactual = path / "data" / "counterfactual.parquet"
        self.measures = path / "measures"
        self.ledger = path / "ledger.parquet"
        self.quarantine = path / "quarantine.parquet"
        self.certificate = path / "data" / "split.json"
        self.preflight = path / "train" / "preflight.json"
        self.model = path / "model"
        self.seeds = path / "seeds"
        self.report = path / "report"
        self.seal = path / "seal.json"

    def data(self, side: str) -> Path:
        """Return the path of one side's rows: train, validation or test; `all` where the recipe does not split."""
        return self.path / "data" / f"{side}.parquet"

    def predictions(self, model: str) -> Path:
        """Return the path of a model's predictions: base, tuned, or given (they came with the data)."""
        return self.path / "predictions" / f"{model}.parquet"

    def seed_predictions(self, seed: int) -> Path:
        """Return the path of what the tuned model of another seed says of the test rows."""
        return self.path / "predictions" / "seeds" / f"{seed}.parquet"

    def validation_predictions(self, model: str) -> Path:
        """Return the path of what a model says of the validation rows: scores per label, and the answer."""
        return self.path / "predictions" / "validation" / f"{model}.parquet"

    def few_shot(self, what: str) -> Path:
        """Return the path of what the base says after examples: `base` of the test rows, `validation` after every candidate."""
        return self.path / "predictions" / "few_shot" / f"{what}.parquet"

    @property
    def few_shot_choice(self) -> Path:
        """The path of the record of which examples were tried, and which were chosen."""
        return self.few_shot("").parent / "choice.json"

    def probe(self, name: str) -> Path:
        """Return the path of the items of a probe."""
        return self.path / "data" / "probes" / f"{name}.parquet"

    def probe_predictions(self, name: str, model: str) -> Path:
        """Return the path of what a model says of a probe: `item`, `choice`, `log_likelihood` in nats, `tokens`."""
        return self.path / "predictions" / "probes" / name / f"{model}.parquet"

    def outside(self, name: str) -> Path:
        """Return the path of the rows of a file from elsewhere, those that are copies of known ones among them."""
        return self.path / "data" / "outside" / f"{name}.parquet"

    def outside_refused(self, name: str) -> Path:
        """Return the path of the names of the rows of a file from elsewhere that are not asked, each with the reason."""
        return self.path / "data" / "outside" / "refused" / f"{name}.parquet"

    def outside_predictions(self, name: str, model: str) -> Path:
        """Return the path of what a model says of the rows of a file from elsewhere."""
        return self.path / "predictions" / "outside" / name / f"{model}.parquet"

    def lexicon(self, attribute: str) -> Path:
        """Return the path of the term list that an attribute's groups were found with."""
        return self.path / "lexicons" / f"{attribute}.txt"

    @property
    def cache(self) -> Path:
        """The cache that this run shares with the runs beside it."""
        return self.path.parent / ".cache"

    @property
    def estimate(self) -> Path:
        """The path of what this run was estimated to take."""
        return self.cache / ESTIMATES / f"{self.path.name}.json"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder in which a phase of this run writes, those of the cache that it shares among them."""
        holding = (
            *(self.manifest, self.source, self.lexicon(""), self.predictions(""), self.validation_predictions("")),
            *(self.few_shot(""), self.probe(""), self.outside(""), self.outside_refused(""), self.estimate),
        )
        asked = [
            *sorted((self.path / "predictions" / "probes").glob("*")),
            *sorted((self.path / "predictions" / "outside").glob("*")),
        ]
        return (
            *(file.parent for file in holding),
            *asked,
            self.source,
            self.measures,
            self.preflight.parent,
            self.model,
            self.seeds,
            self.report,
            self.cache,
        )

    def read_manifest(self) -> Manifest:
        """Read the manifest, or raise `UserError` if this is not a run directory that we can read."""
        where = str(self.manifest)
        if not self.manifest.is_file():
            raise UserError(not_a_run(self.path))
        try:
            content: Any = json.loads(self.manifest.read_text(encoding="utf-8"))
            version = content.get("schema_version") if isinstance(content, dict) else None
            if version != SCHEMA_VERSION:
                raise UserError(
                    Mistake(
                        where,
                        f"has schema version {version}, this fairlead reads {SCHEMA_VERSION}",
                        "run the recipe again",
                    )
                )
            return Manifest.model_validate(content)
        except (json.JSONDecodeError, UnicodeDecodeError, ValidationError) as error:
            raise UserError(
                Mistake(where, f"is damaged ({str(error).splitlines()[0]})", "run the recipe again")
            ) from error

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest in one move."""
        write_text(self.manifest, manifest.as_written())

    def check_phase(self, phase: Phase) -> PhaseRecord:
        """Return the record of a finished phase after comparing the digest of every file it wrote."""
        record = self.read_manifest().phases.get(phase)
        if record is None:
            raise UserError(
                Mistake(
                    str(self.path), f"the phase '{phase}' has not finished", f"run 'fairlead {_command(phase)}' first"
                )
            )
        hint = f"the file was changed or lost after the run; 'fairlead {_command(phase)}' makes it anew"
        mistakes = [
            Mistake(
                str(self.path / name),
                f"is not what '{phase}' wrote (its SHA-256 differs)" if (self.path / name).is_file() else "is gone",
                hint,
            )
            for name in self._changed(record)
        ]
        hint = "take it out, or run the recipe again: its rows would count as rows that were read"
        mistakes += [
            Mistake(str(path), f"is none of the files that '{phase}' wrote", hint) for path in self._added(record)
        ]
        if mistakes:
            raise UserError(mistakes)
        return record

    def _changed(self, record: PhaseRecord) -> list[str]:
        """Return the files of a phase that are not what it wrote, by their names in the run."""
        there = digest_files([self.path / name for name in record.files if (self.path / name).is_file()])
        return [name for name, digest in record.files.items() if there.get(self.path / name) != digest]

    def _added(self, record: PhaseRecord) -> list[Path]:
        """Return what stands in the folder of the rows as read and is not of the phase that wrote it."""
        known = {self.path / name for name in record.files}
        if self.source not in {path.parent for path in known}:
            return []
        return [path for path in sorted(self.source.glob("[!.]*")) if path not in known]

    def is_done(self, phase: Phase, key: str) -> bool:
        """Return whether the phase finished for this key, and its files and the manifest are unharmed."""
        try:
            record = self.read_manifest().phases.get(phase)
        except UserError:
            return False
        if record is None or record.key != key:
            return False
        return not self._changed(record) and not self._added(record)

    def finish_phase(
        self, phase: Phase, key: str, files: Iterable[Path], started: float, notes: dict[str, str] | None = None
    ) -> None:
        """Record a finished phase; phases after it are forgotten if they were made from other files than it wrote now.

        `files` are the files it wrote (folders are taken whole); `started` is `time.monotonic()` at its beginning.
        """
        every = sorted(
            inner for path in files for inner in ([path] if path.is_file() else path.rglob("*")) if inner.is_file()
        )
        record = PhaseRecord(
            key=key,
            seconds=round(time.monotonic() - started, 3),
            peak_memory_bytes=peak_memory_bytes(),
            files={str(path.relative_to(self.path)): digest for path, digest in digest_files(every).items()},
            notes=notes or {},
        )
        manifest = self.read_manifest()
        before = manifest.phases.get(phase)
        unchanged = before is not None and (before.key, before.files) == (key, record.files)
        known = PHASES if unchanged else PHASES[: PHASES.index(phase)]
        phases = {name: manifest.phases[name] for name in known if name in manifest.phases} | {phase: record}
        ordered = {name: phases[name] for name in PHASES if name in phases}
        self.write_manifest(manifest.model_copy(update={"phases": ordered}))


def _command(phase: str) -> str:
    commands = {"curate": "curate RECIPE", "preflight": "check RECIPE --train", "audit": "audit RUN"}
    return commands.get(phase, "train RUN")
