"""The Croissant view: a run's files, their columns and what the evidence says of them, as JSON-LD.

Croissant 1.0 (http://mlcommons.org/croissant/1.0) with the vocabulary of responsible AI (http://mlcommons.org/croissant/RAI/1.0).
What only a person can say (creator, date, how the data was collected) is left out, for the vocabulary has no word for a gap.
"""

import json
from typing import Any

import polars as pl

from audit.card_sections import personal_data
from audit.report.choosing import having
from audit.report.words import count, interval_of, listed, value_of
from audit.results import Measure
from audit.views.croissant_fields import field_of
from audit.views.material import Material
from curate.files import scan_parquet
from curate.split import SIDES

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that appendix 1 of the specification recommends."""
CONFORMS = ("http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0")


def croissant(material: Material, run: str) -> str:
    """Return the JSON-LD; `run` is the path of the run from where the document will stand."""
    licences = [source.licence for source in material.manifest.sources]
    sides = [side for side in (*SIDES, "all") if material.data.run.data(side).is_file()]
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": material.recipe.name,
        "description": _description(material),
        "conformsTo": list(CONFORMS),
        **({"license": sorted({name for name in licences if name})} if licences and all(licences) else {}),
        "isLiveDataset": False,
        "distribution": [_file(material, side, run) for side in sides],
        "recordSet": [_records(material, side) for side in sides],
        **responsible(material),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _description(material: Material) -> str:
    read = listed(source.name for source in material.manifest.sources)
    return (
        f"The rows of the run {material.manifest.name}, made by fairlead {material.manifest.fairlead} from {read}. "
        "Names in brackets are ids of measures, for “fairlead trace RUN ID”."
    )


def _file(material: Material, side: str, run: str) -> dict[str, Any]:
    path = material.data.run.data(side)
    name = str(path.relative_to(material.data.run.path))
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "description": f"The rows of the side “{side}”.",
        "contentSize": f"{path.stat().st_size} B",
        "contentUrl": name if run == "." else f"{run}/{name}",
        "encodingFormat": "application/x-parquet",
        "sha256": material.manifest.phases["curate"].files[name],
    }


def _records(material: Material, side: str) -> dict[str, Any]:
    path = material.data.run.data(side)
    schema: dict[str, pl.DataType] = dict(scan_parquet(path).collect_schema())
    fields = {name: field_of(side, path.name, name, kind) for name, kind in schema.items()}
    left = [name for name, field in fields.items() if field is None]
    note = f" Columns of a type that Croissant has no word for are left out: {', '.join(left)}." if left else ""
    return {
        "@type": "cr:RecordSet",
        "@id": side,
        "name": side,
        "description": f"One record a row of the side “{side}”.{note}",
        "key": {"@id": f"{side}/row"},
        "field": [field for field in fields.values() if field is not None],
    }


def responsible(material: Material) -> dict[str, Any]:
    """Return the properties of responsible AI that the evidence fills; the others are left out."""
    found: dict[str, list[str]] = {
        "rai:dataCollectionRawData": [" ".join(_sources(material))] if material.manifest.sources else [],
        "rai:dataCollectionMissingData": [" ".join(_unknown(material))] if _unknown(material) else [],
        "rai:dataPreprocessingProtocol": _steps(material),
        "rai:dataBiases": _biases(material),
        "rai:dataLimitations": list(material.audit.cautions),
        "rai:personalSensitiveInformation": _personal(material),
    }
    return {name: said[0] if len(said) == 1 else said for name, said in found.items() if said}


def _sources(material: Material) -> list[str]:
    return [
        f"{source.name}: {source.path}, {count(source.rows)} rows read, {count(source.quarantined)} in quarantine; origin "
        f"{source.origin or 'not stated'}; SHA-256 {source.sha256}."
        for source in material.manifest.sources
    ]


def _unknown(material: Material) -> list[str]:
    shares = [m for m in having(material.audit.measures, metric="share", group="unknown") if m.numerator]
    return [f"{m.title}: {value_of(m)} ({m.id})." for m in shares]


def _steps(material: Material) -> list[str]:
    lines = []
    for step in material.audit.steps:
        done = {"dropped": step.dropped, "quarantined": step.quarantined, "added": step.added, "changed": step.changed}
        said = ", ".join(f"{count(rows)} {what}" for what, rows in done.items() if rows) or "nothing changed"
        lines.append(f"{step.step}: {count(step.rows_in)} rows in, {count(step.rows_out)} out; {said}.")
    return lines


def _biases(material: Material) -> list[str]:
    """Return the gaps between groups in the data: of positive labels among what is learned from, and of what cleaning took."""
    gaps = having(material.audit.measures, model=None, group=None, compare="difference", step=None, probe=None)
    return [_gap(m) for m in gaps if m.metric in ("label_rate", "drop_rate") and m.value is not None]


def _gap(gap: Measure) -> str:
    interval = f", {interval_of(gap)}" if gap.interval is not None else ""
    return f"{gap.title}: {value_of(gap)}{interval} ({gap.id})."


def _personal(material: Material) -> list[str]:
    attributes = material.recipe.attributes
    named = [f"Rows were audited by {listed(attributes)}."] if attributes else []
    return [*named, personal_data(material.data).lead]
