"""`python -m audit.view RUN KIND`: a document for a reviewer, made from the evidence of a run; it is audited first if it was not.

The documents are made of measures of the audit and of the manifest alone; none is written into the run.
"""

import argparse
import sys
from collections.abc import Sequence
from os.path import relpath
from pathlib import Path

from audit.__main__ import audit, is_audited
from audit.card_sections import Exported
from audit.mistakes import reported
from audit.views.material import Material
from curate.errors import Mistake, UserError, escaped, escaped_json
from curate.files import write_text
from curate.recipe_file import load_finished
from curate.store import RunDirectory
from curate.views import KINDS, Kind


def view(material: Material, kind: Kind, run: str) -> str:
    """Return a document; `run` is the path of the run from where the document will stand, for what it links to."""
    from audit.views import croissant, datasheet, evidence, four_fifths, ll144, model_card  # noqa: PLC0415

    match kind:
        case "four-fifths":
            return four_fifths.four_fifths(material)
        case "ll144":
            return ll144.ll144(material)
        case "datasheet":
            return datasheet.datasheet(material)
        case "model-card":
            return model_card.model_card(material)
        case "croissant":
            return croissant.croissant(material, run)
        case "evidence":
            return evidence.evidence(material)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and print or write the document; return 0, or 2 for a user's mistake."""
    parser = argparse.ArgumentParser(prog="python -m audit.view", description="A document for a reviewer of a run.")
    parser.add_argument("run", type=Path, help="a run directory")
    parser.add_argument("kind", choices=KINDS, help="which document")
    parser.add_argument("--output", type=Path, help="the file to write, outside the run")
    given = parser.parse_args(arguments)
    return reported(lambda: _write(RunDirectory(given.run), given.kind, given.output))


def _write(run: RunDirectory, kind: Kind, output: Path | None) -> int:
    if output is not None and output.resolve().is_relative_to(run.path.resolve()):
        raise UserError(
            Mistake(str(output), "lies in the run, where every file is accounted for", "name a file outside it")
        )
    if not is_audited(run):
        sys.stderr.write("the view needs an audit of these files by this fairlead: auditing first\n")
    found = audit(run)
    material = Material(found, Exported.kept(run, load_finished(run.recipe)))
    text = view(material, kind, relpath(run.path, output.parent) if output is not None else ".")
    if output is None:
        sys.stdout.write(escaped_json(text) if kind == "croissant" else escaped(text, "\n"))
    else:
        write_text(output, text)
        sys.stdout.write(f"{escaped(str(output))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
