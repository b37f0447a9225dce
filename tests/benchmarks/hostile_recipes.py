"""Hostile recipes, places and surroundings: wrong types, bombs of YAML, links to themselves, devices, full and read-only disks."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from hostile_cases import CLASSIFY, GOOD, STEPS, Case, as_bytes, recipe
from hostile_files import ESCAPES

CSV = {"a.csv": as_bytes("csv", GOOD)}
OBEYING = 'setpriv --bounding-set -dac_override,-dac_read_search "$@"' if os.geteuid() == 0 else '"$@"'
"""Runs the command as one whom permissions bind, also where root runs it."""
BASE = f"version: 1\nname: r\nsources: [{{path: a.csv}}]\ntask: {CLASSIFY}\n"
KEYS = (
    "version", "name", "seed", "sources", "task", "groups", "steps", "split", "train_steps", "train", "audit", "sources.0", "sources.0.path",
    "sources.0.columns", "sources.0.types", "sources.0.constants", "task.text", "task.label", "task.labels", "task.positive", "task.prompt",
    "steps.0", "steps.0.step", "steps.0.min", "steps.0.on", "split.test", "split.stratify", "groups.g", "groups.g.terms", "groups.g.bins",
    "audit.gates", "audit.metrics",
)  # fmt: skip
VALUES = (
    "null",
    "''",
    "0",
    "-1",
    "1e999",
    ".nan",
    "true",
    "[]",
    "{}",
    "[[]]",
    "{a: {b: []}}",
    "9" * 5000,
    '"\\e[31m\\u202e"',
    "2020-01-01",
)


def recipe_cases() -> Iterator[Case]:
    """Yield recipes that nobody should be able to break anything with."""
    yield from _keys()
    for name, text in _documents().items():
        yield Case(f"recipe: {name}", text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), CSV)
    for template in (
        "{text.__class__}",
        "{text[0]}",
        "{0}",
        "{}",
        "{{",
        "{text!r:>999999999}",
        "{text" * 1000,
        ESCAPES[0],
    ):
        yield _task(f"template {template[:24]}", f"prompt: {json.dumps(template)}")
    for sql in ("1/0 > 0", "text IN (SELECT * FROM read_csv('/etc/passwd'))", "text ~ '(a+)+$'", "(" * 5000, "x" * 100_000, "'", "text; DROP TABLE x",
                "regexp_like(text, '(((((.*)*)*)*)*)x')", "repeat(text, 100000000) = ''", "CAST(text AS INT) > 0", "NULL", "text", ESCAPES[0]):  # fmt: skip
        yield _more(f"where {sql[:40]}", f"steps: [{{step: where, sql: {json.dumps(sql)}}}]")
    for override in (
        "steps.0.min=[",
        "=",
        "a" * 10_000,
        "seed=" + "9" * 5000,
        "steps.99999999999.min=1",
        "name=../../x",
        "sources.0.path=" + ESCAPES[1],
    ):
        yield Case(f"--set {override[:24]}", BASE.encode() + STEPS.encode(), CSV, arguments=("--set", override))


def _keys() -> Iterator[Case]:
    """Yield for each key a recipe with a few of the wrong values, given by `--set`."""
    for place, key in enumerate(KEYS):
        for value in VALUES[place % 7 :: 7]:
            yield Case(f"{key} is {value[:24]}", (BASE + "groups: {g: {terms: gender}}\nsteps: [{step: length}]\nsplit: {}\naudit: {}\n").encode(), CSV,
                       arguments=("--set", f"{key}={value}"))  # fmt: skip


def _documents() -> dict[str, str | bytes]:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return {
        "empty": "",
        "NUL": b"version: 1\0",
        "not UTF-8": b"version: 1\nname: \xff\n",
        "UTF-16": BASE.encode("utf-16"),
        "BOM": "\ufeff" + BASE,
        "a list": "- 1\n- 2\n",
        "two documents": BASE + "---\n" + BASE,
        "tabs": BASE.replace(" ", "\t"),
        "an alias to itself": BASE + "groups: &g {g: *g}\n",
        "an alias to nothing": BASE + "groups: *g\n",
        "laughs": laughs + BASE,
        "laughs in a key": "? &a [x, x]\n: &b [*a, *a]\n" + BASE,
        "merges": "".join(
            f"k{i}: &k{i} {{<<: [{', '.join(f'*k{j}' for j in range(1, i))}], a{i}: 1}}\n" for i in range(1, 12)
        ).replace("<<: [], ", "")
        + BASE,
        "10,000 levels": BASE + "groups: " + "[" * 10_000 + "]" * 10_000,
        "10,000 levels by blanks": BASE + "groups:\n" + "".join(" " * i + f"k{i}:\n" for i in range(1, 1200)),
        "5 MB": BASE + "#" * 5_000_000,
        "900 kB of one name": BASE.replace("name: r", "name: " + "r" * 900_000),
        "100,000 steps": BASE + "steps: [" + "{step: length}," * 60_000 + "]\n",
        "Python": BASE + "seed: !!python/object/apply:os.system ['touch hacked']\n",
        "tags": BASE + "seed: !<tag:yaml.org,2002:binary> aGVsbG8=\n",
        "a key twice": BASE + "name: again\n",
        "keys of many types": BASE + "groups: {1: {terms: gender}, null: {terms: gender}, [a]: 3, 2020-01-01: x}\n",
        "escapes in keys": BASE
        + f"groups: {{{json.dumps(ESCAPES[1])}: {{terms: gender}}}}\n{json.dumps(ESCAPES[0])}: 1\n",
        "escapes in names": BASE.replace("name: r", f"name: {json.dumps(ESCAPES[3])}"),
        "half a character": BASE + 'groups: {"\\ud800": {terms: gender}}\n',
        "name leaves the folder": BASE.replace("name: r", "name: ../../r"),
        "name is a dot": BASE.replace("name: r", "name: .."),
        "source name leaves": BASE.replace("a.csv}", "a.csv, name: ../x}"),
        "group name leaves": BASE + "groups: {../../g: {terms: gender}}\n",
        "terms leave": BASE + "groups: {g: {terms: ../../../../etc/passwd}}\n",
        "words leave": BASE + "steps: [{step: c4_word_list, words: /dev/zero}]\n",
        "against a device": BASE + "steps: [{step: decontaminate, against: [/dev/zero]}]\n",
        "40,000 sources": BASE.replace("[{path: a.csv}]", "[" + "{path: a.csv}," * 33_000 + "]"),
        "the same source twice": BASE.replace("[{path: a.csv}]", "[{path: a.csv}, {path: ./a.csv}]"),
    }


def place_cases() -> Iterator[Case]:
    """Yield sources that are no plain file."""
    paths: dict[str, tuple[str, Callable[[Path], object] | None]] = {
        "a link to itself": ("l.csv", lambda at: (at / "l.csv").symlink_to("l.csv")),
        "a link to nothing": ("l.csv", lambda at: (at / "l.csv").symlink_to("nothing.csv")),
        "a folder named a.csv": ("f.csv", lambda at: (at / "f.csv").mkdir()),
        "an empty folder": ("f/", lambda at: (at / "f").mkdir()),
        "a folder linked into itself": ("f/", _loop),
        "a pattern through that link": ("f/**/*.csv", _loop),
        "a pattern of nothing": ("*.parquet", None),
        "a pattern of brackets": ("[", None),
        "every file": ("**", None),
        "a pipe": ("p.csv", lambda at: os.mkfifo(at / "p.csv")),
        "a pipe in a folder": ("f/", lambda at: ((at / "f").mkdir(), os.mkfifo(at / "f" / "p.csv"))),
        "a device without end": ("z.csv", lambda at: (at / "z.csv").symlink_to("/dev/zero")),
        "a device without bytes": ("z.csv", lambda at: (at / "z.csv").symlink_to("/dev/null")),
        "a terminal": ("z.csv", lambda at: (at / "z.csv").symlink_to("/dev/tty")),
        "the memory of the process": ("z.csv", lambda at: (at / "z.csv").symlink_to("/proc/self/mem")),
        "a name of 5,000 letters": ("a" * 5000 + ".csv", None),
        "a name with NUL": ("a\\0b.csv", None),
        "a name of blanks": ("   ", None),
        "nothing": ("", None),
        "out of the folder": ("../../../../../../etc/passwd", None),
        "home": ("~/a.csv", None),
        "a scheme of nobody": ("foo://bar/a.csv", None),
        "file:": ("file:///etc/passwd", None),
        "an address of nobody": ("https://[/a.csv", None),
    }
    for name, (path, prepare) in paths.items():
        yield Case(f"path: {name}", recipe(f'[{{path: "{path}"}}]'), CSV, prepare)
    odd = "od\nd\x1b[31m\u202e.csv"
    yield Case("path: a name that steers", recipe(f"[{{path: {json.dumps(odd)}, name: a}}]"), {odd: CSV["a.csv"]})
    yield Case("path: a pattern of such", recipe("[{path: 'od*'}]"), {odd: CSV["a.csv"]})
    yield Case(
        "path: a file of another", recipe("[{path: a.csv}]"), CSV, lambda at: (at / "a.csv").chmod(0), shell=OBEYING
    )


def _loop(folder: Path) -> None:
    (folder / "f").mkdir()
    (folder / "f" / "again").symlink_to(".")
    (folder / "f" / "a.csv").write_bytes(CSV["a.csv"])


def system_cases() -> Iterator[Case]:
    """Yield surroundings in which nothing can be written, or not everything."""
    good = recipe("[{path: a.csv}]")
    yield Case("runs: read-only", good, CSV, lambda at: (at / "runs").mkdir(mode=0o555), shell=OBEYING)
    yield Case("runs: a cache of another", good, CSV, _cache_of_another, shell=OBEYING)
    yield Case("runs: a file", good, CSV, lambda at: (at / "runs").write_text(""))
    yield Case("runs: a link to itself", good, CSV, lambda at: (at / "runs").symlink_to("runs"))
    yield Case("runs: a device", good, CSV, lambda at: (at / "runs").symlink_to("/dev/null"))
    yield Case(
        "runs: its cache a file", good, CSV, lambda at: ((at / "runs").mkdir(), (at / "runs" / ".cache").write_text(""))
    )
    yield Case("output: full", good, CSV, shell='"$@" > /dev/full')
    yield Case("output: closed", good, CSV, shell='"$@" >&-')
    yield Case("errors: full", good, CSV, shell='"$@" 2> /dev/full')
    yield Case("errors: closed", good, CSV, shell='"$@" 2>&-')
    yield Case("input: closed", good, CSV, shell='"$@" <&-', code=0)
    yield Case("output: a pipe that is closed", good, CSV, shell='"$@" | true')
    yield Case("surroundings: ASCII", good, CSV, shell='LC_ALL=C PYTHONUTF8=0 PYTHONIOENCODING=ascii "$@"', code=0)
    yield Case("surroundings: nothing", good, CSV, shell='env -i PYTHONPATH="$PYTHONPATH" "$@"', code=0)
    yield Case("surroundings: 8 columns", good, CSV, shell='COLUMNS=8 "$@"', code=0)
    yield Case("surroundings: 16 open files", good, CSV, shell='ulimit -n 16; "$@"')
    for blocks in (0, 1, 8, 64):
        yield Case(f"files of {blocks} kB at most", good, CSV, shell=f'ulimit -f {blocks}; "$@"')


def _cache_of_another(folder: Path) -> None:
    (folder / "runs").mkdir(mode=0o777)
    (folder / "runs" / ".cache").mkdir(mode=0o555)


def _task(name: str, setting: str) -> Case:
    return Case(name, recipe("[{path: a.csv}]", CLASSIFY.replace("}", f", {setting}}}")), CSV)


def _more(name: str, more: str) -> Case:
    return Case(name, recipe("[{path: a.csv}]", more=more), CSV)
