"""Hostile files of every kind that a reader reads: empty, broken, cut, packed to burst, in other encodings, steering terminals."""

import gzip
import io
import json
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl
import zstandard
from hostile_cases import (
    COLUMNAR,
    EVERY,
    GOOD,
    LINES,
    PACKED,
    Case,
    as_bytes,
    of_bytes,
    of_rows,
    packed,
    recipe,
    source,
)

ESCAPES = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07\x1b]8;;http://x.y\x1b\\link\x1b]8;;\x1b\\",
    "\x9b2J\x9d0;t\x9c",
    "\u202eevil\u202c \u2066x\u2069 \u200f",
    "[red]markup[/red] [link=http://x.y]z[/link] [/]",
    "bell\x07 back\x08 feed\x0c return\rover \x7f",
)
"""Texts that would colour, name, empty or turn round a terminal that printed them."""
ODD = "\ufffe\U0010ffff\ud7ff\u2028e\u0301\u200d\U0001f468\u200d\U0001f469\u0000".replace("\0", "")
BIG = 50_000_000
BOMB = 1_000_000_000


def file_cases(big: int = BIG, bomb: int = BOMB) -> Iterator[Case]:
    """Yield every hostile file, a case each; `big` is the length of long lines, `bomb` what a small file unpacks to."""
    yield from _contents(big)
    yield from _encodings()
    yield from _damaged()
    yield from _json()
    yield from _separated()
    yield from _pairs()
    yield from _columnar()
    yield from _bombs(bomb)


def _contents(big: int) -> Iterator[Case]:
    nulls = [{"text": None, "label": "a"}] * 3
    escapes = [{"text": f"some words {text} more of them", "label": "a", text: text} for text in ESCAPES]
    names = {key: None for row in escapes for key in row}
    for kind in EVERY:
        yield of_bytes("empty", kind, b"")
        yield of_rows("no rows", kind, [])
        yield of_rows("a column of nulls", kind, nulls)
        yield of_rows("NUL bytes", kind, [{"text": "nul \0 in words", "label": "a\0"}, *GOOD])
        yield of_rows("escapes", kind, [names | row for row in escapes])
        yield of_rows("odd characters", kind, [{"text": f"words and {ODD}", "label": "a"}, *GOOD])
        yield of_rows(
            f"a line of {big // 1_000_000} MB", kind, [{"text": "long words " * (big // 11), "label": "a"}, *GOOD]
        )
    for kind in ("csv", "jsonl", "json", "parquet", "arrow"):
        yield of_rows("2,000 columns", kind, [dict(GOOD[0]) | {f"c{i}": "x" for i in range(2000)}] * 20)
        yield of_rows("a name of 1 MB", kind, [dict(row) | {"n" * 1_000_000: "x"} for row in GOOD])


def _encodings() -> Iterator[Case]:
    for kind in (*LINES, *PACKED):
        good = _plain(kind)
        yield of_bytes("BOM", kind, b"\xef\xbb\xbf" + good)
        yield of_bytes("two BOMs", kind, b"\xef\xbb\xbf" * 2 + good)
        yield of_bytes("UTF-16", kind, good.decode().encode("utf-16"))
        yield of_bytes("UTF-16 without BOM", kind, good.decode().encode("utf-16-le"))
        yield of_bytes("UTF-32", kind, good.decode().encode("utf-32"))
        yield of_bytes("mixed encodings", kind, _mixed(good))
        yield of_bytes("lines end in CR", kind, good.replace(b"\n", b"\r"))
        yield of_bytes("overlong and lone UTF-8", kind, good.replace(b"hello", b"\xc0\xaf\xed\xa0\x80\xf5"))


def _mixed(good: bytes) -> bytes:
    """Return a file in which every third word is Latin-1, every third Shift JIS."""
    words = ["café".encode("latin-1"), "日本".encode("shift_jis"), "héllo".encode()]
    for word in words:
        good = good.replace(b"hello", word, 4)
    return good


def _damaged() -> Iterator[Case]:
    noise = random.Random(7).randbytes(200_000)
    page = b"<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>\n"
    parquet, csv = as_bytes("parquet", GOOD), as_bytes("csv", GOOD)
    for kind in EVERY:
        good, labels = as_bytes(kind, GOOD), {"labels.txt": b"a\nb\n" * 6} if kind.startswith("txt") else {}
        for name, content in (
            ("cut in half", good[: len(good) // 2]),
            ("cut by a byte", good[:-1]),
            (
                "a byte flipped",
                good[: len(good) // 2] + bytes([good[len(good) // 2] ^ 0xFF]) + good[len(good) // 2 + 1 :],
            ),
            ("noise after the end", good + noise[:500]),
            ("noise", noise),
            ("zeros", bytes(1_000_000)),
            ("a page of the web", page),
            ("parquet under this name", parquet),
            ("csv under this name", csv),
            ("packed twice", packed(kind, good)),
        ):
            yield Case(f"{name}, {kind}", recipe(source(kind)), {f"a.{kind}": content} | labels)


def _json() -> Iterator[Case]:
    good = '{"text": "some words here", "label": "a"}'
    lines = {
        "changing types": [
            {"text": "a b", "label": "x", "v": v}
            for v in (1, 0.5, "t", [1], [[1], "x"], {"k": 1}, {"k": {"k": []}}, None, True)
        ],
        "text of every type": [
            {"text": v, "label": "x"} for v in (1, 0.5, "t", [1], {"k": 1}, None, True, float("nan"))
        ],
        "label of every type": [{"text": f"t{v}", "label": v} for v in (1, 0.5, "t", [1], {"k": 1}, None, True)],
    }
    raw = {
        "NaN and Infinity": '{"text": "a", "label": "x", "v": NaN, "w": -Infinity}',
        "huge numbers": '{"text": "a", "label": "x", "v": 1e999, "w": -1e-999, "x": 123456789012345678901234567890, "y": 18446744073709551616}',
        "a number of 5,000 digits": '{"text": "a", "label": "x", "v": ' + "9" * 5000 + "}",
        "lone surrogates": r'{"text": "a \ud800 b", "label": "\udfff", "\udc00": 1}',
        "a key twice": '{"text": "a", "text": "b", "label": "x"}',
        "empty and odd keys": r'{"": 1, "\u0000": 2, "\u001b[31m": 3, "__row": 4, "row": 5, "text": "a", "label": "x"}',
        "1,000 levels": '{"text": "a", "label": "x", "v": ' + "[" * 1000 + "]" * 1000 + "}",
        "100,000 levels": '{"text": "a", "label": "x", "v": ' + '{"k":' * 100_000 + "1" + "}" * 100_000 + "}",
        "not an object": "[1, 2]",
        "comments": '// nothing\n{"text": "a", /* b */ "label": "x",}',
        "one quote": '{"text": "a',
    }
    for kind in ("jsonl", "json", "jsonl.gz", "json.gz"):
        for name, found in lines.items():
            text = (
                json.dumps(found) if kind.startswith("json.") or kind == "json" else "\n".join(map(json.dumps, found))
            )
            yield of_bytes(name, kind, text.encode())
        for name, line in raw.items():
            text = f"{good}\n{line}\n{good}\n" if kind.startswith("jsonl") else f"[{good},\n{line},\n{good}]"
            yield of_bytes(name, kind, text.encode("utf-8", "surrogatepass"))
    yield of_bytes("objects without line ends", "jsonl", good.encode() * 5)
    yield of_bytes("a list on one line", "jsonl", f"[{good}, {good}]".encode())
    yield of_bytes("lines in place of a list", "json", f"{good}\n{good}\n".encode())
    yield of_bytes("an object in place of a list", "json", b'{"rows": [' + good.encode() + b"]}")


def _separated() -> Iterator[Case]:
    lines = as_bytes("csv", GOOD).decode().partition("\n")[2]
    for kind in ("csv", "tsv", "csv.gz", "tsv.zst"):
        mark = "\t" if kind.startswith("tsv") else ","
        for name, text in {
            "ragged": "text,label,x\na,b\na,b,c,d\n\n,,\na,b,c\n,\n",
            "a name twice": f"text,label,text\n{lines}",
            "names without letters": f"text,label,,,\n{lines}",
            "our names": f"text,label,__index,row_name\n{lines}",
            "a quote never closed": f'text,label\n"{lines}',
            "quotes inside": 'text,label\na"b"c,"x"y\n"a""b",c\n""",x\n',
            "no header": lines,
            "other separators": f"text;label\n{lines.replace(',', ';')}",
            "a million commas": "text,label\n" + "," * 1_000_000 + "\na,b\n",
            "a million lines of nothing": "text,label\n" + "\n" * 1_000_000,
            "formulas": "text,label\n\"=cmd|'/C calc'!A0\",a\n@SUM(1+1),b\n",
        }.items():
            yield of_bytes(name, kind, text.replace(",", mark).encode())


def _pairs() -> Iterator[Case]:
    for name, labels in {
        "labels too few": b"a\n",
        "labels too many": b"a\n" * 99,
        "labels empty": b"",
        "labels UTF-16": ("a\nb\n" * 6).encode("utf-16"),
        "labels blank": b" \n" * 12,
        "labels of bytes": b"\xff\n" * 12,
    }.items():
        case = of_rows(name, "txt", GOOD)
        yield Case(case.name, case.recipe, {**case.files, "labels.txt": labels})
    yield Case("labels not there, txt", recipe(source("txt")), {"a.txt": b"a\n"})
    yield Case("labels are the texts, txt", recipe("[{path: a.txt, labels: a.txt}]"), {"a.txt": b"a\nb\n"})


def _columnar() -> Iterator[Case]:
    words = ["some words here", "and more of them", "three"]
    columns = {
        "text is bytes": pl.Series([b"a b", b"\xff\xfe", None]),
        "text is numbers": pl.Series([1, 2, None]),
        "text is lists": pl.Series([["a"], [], None]),
        "text is objects": pl.Series([{"a": 1}, {"a": None}, None]),
        "text is categories": pl.Series(words, dtype=pl.Categorical),
        "text is dates": pl.Series([0, 1, 2]).cast(pl.Datetime("ns")),
        "text is null": pl.Series([None, None, None], dtype=pl.Null),
    }
    for name, values in columns.items():
        frame = pl.DataFrame({"text": values, "label": ["a", "b", "a"]})
        for kind, write in (
            ("parquet", frame.write_parquet),
            ("arrow", frame.write_ipc),
            ("stream.arrow", frame.write_ipc_stream),
        ):
            file = io.BytesIO()
            write(file)
            yield of_bytes(name, kind, file.getvalue())
    for kind in COLUMNAR:
        yield of_bytes("the first bytes alone", kind, as_bytes(kind, GOOD)[:8])
        yield of_bytes("the last bytes alone", kind, as_bytes(kind, GOOD)[-8:])
    yield Case("a name twice, parquet", recipe(source("parquet")), prepare=_names_twice)
    yield of_bytes("a length that lies", "parquet", as_bytes("parquet", GOOD)[:-8] + b"\xff\xff\xff\x7fPAR1")


def _names_twice(folder: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table([["a b c"], ["x"], ["again"]], names=["text", "label", "text"]), folder / "a.parquet")


def _bombs(size: int) -> Iterator[Case]:
    """Yield small files that unpack to `size` bytes: of nothing, of blank lines, of short rows, of one line that does not end."""
    contents = {  # to skip a line takes as long as to read one, so that there are fewer blank lines
        "zeros": (b"", b"\0", b""),
        "blank lines": (b"text,label\n", b"\n", b""),
        "rows": (b"text,label\n", b"the same words again and again,a\n", b""),
        "one line": (b"text,label\n", b"word ", b",a\n"),
        "one json line": (b'{"label": "a", "text": "', b"word ", b'"}\n'),
    }
    of_kind = {"csv.gz": ("zeros", "blank lines", "one line"), "csv.zst": ("zeros", "one line"), "jsonl.gz": ("zeros", "one json line"),
               "jsonl.zst": ("blank lines", "one json line"), "json.gz": ("zeros",), "txt.zst": ("zeros", "one line")}  # fmt: skip
    for kind, names in of_kind.items():
        for name in names:
            length = size // 20 if name == "blank lines" else size
            prepare = partial(_write_bomb, kind=kind, parts=contents[name], size=length)
            yield Case(f"a bomb of {name}, {kind}", recipe(source(kind), more=""), {"labels.txt": b"a\n"}, prepare)
    value = pl.DataFrame({"text": ["long words " * 100_000] * 1000, "label": "a"})
    yield Case(
        "a bomb by a dictionary, parquet",
        recipe(source("parquet"), more=""),
        prepare=lambda folder: value.write_parquet(folder / "a.parquet"),
    )
    window = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=True)
    content = zstandard.ZstdCompressor(compression_params=window).compressobj()
    yield Case(
        "a window of 2 GB, csv.zst",
        recipe(source("csv.zst")),
        {"a.csv.zst": content.compress(as_bytes("csv", GOOD)) + content.flush()},
    )


def _write_bomb(folder: Path, kind: str, parts: tuple[bytes, bytes, bytes], size: int) -> None:
    path = folder / f"a.{kind}"
    first, repeated, last = parts
    block = repeated * (1_000_000 // len(repeated))
    with gzip.open(path, "wb", 1) if path.suffix == ".gz" else zstandard.open(path, "wb") as file:
        file.write(first)
        for _ in range(size // len(block)):
            file.write(block)
        file.write(last)


def _plain(kind: str) -> bytes:
    return as_bytes(kind.removesuffix(".gz").removesuffix(".zst"), GOOD)
