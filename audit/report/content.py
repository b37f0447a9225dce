"""What a section of the report is: plain data, so that every rendering of it says the same."""

from dataclasses import dataclass
from typing import ClassVar, Literal

Unit = Literal["percent", "points", "ratio", "count", "number"]
Tone = Literal["good", "bad", "open"]


@dataclass(frozen=True)
class Cell:
    """One cell of a table: what it says, and quieter lines under it (n, the interval, why it is undefined)."""

    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column's heading, and whether numbers stand in it."""

    heading: str
    number: bool = False


@dataclass(frozen=True)
class Row:
    """One row of a table; `ids` are the measures behind its numbers, for `fairlead trace`."""

    cells: tuple[Cell, ...]
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table. The first column names the row; `notes` stand under it."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def traced(self) -> bool:
        """Whether any row has measures behind it, so that the table needs a column for their ids."""
        return any(row.ids for row in self.rows)


@dataclass(frozen=True)
class Dot:
    """One mark of a dot chart: which line, whose, and where; `value` is None where the number is undefined."""

    line: str
    series: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Dots:
    """A chart of dots and intervals, one line a group. The table after it holds the same numbers."""

    kind: ClassVar[str] = "dots"
    title: str
    description: str
    axis: str
    unit: Unit
    dots: tuple[Dot, ...]
    reference: float | None = None


@dataclass(frozen=True)
class Bar:
    """One step in the chart of rows: how many went on, and how many left or came."""

    step: str
    kept: int
    dropped: int
    added: int
    note: str = ""


@dataclass(frozen=True)
class Bars:
    """A chart of rows by step. The table after it holds the same numbers."""

    kind: ClassVar[str] = "bars"
    title: str
    description: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Curve:
    """A probability over a similarity, and the similarity from which on it counts. The table after it holds some of its points."""

    kind: ClassVar[str] = "curve"
    title: str
    description: str
    x: str
    y: str
    points: tuple[tuple[float, float], ...]
    reference: float


@dataclass(frozen=True)
class Path:
    """One line of a chart over stages: whose it is, and a value for each stage; None where it is undefined."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Paths:
    """A chart of lines over stages, each named at its end. The table after it holds the same numbers."""

    kind: ClassVar[str] = "paths"
    title: str
    description: str
    axis: str
    stages: tuple[str, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Bin:
    """One bin of stated confidence: whose, where it begins, its mean confidence, its accuracy with the interval, and its rows."""

    series: str
    start: float
    confidence: float
    accuracy: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Reliability:
    """Accuracy over stated confidence, bin by bin; on the diagonal both are the same. The table after it holds the same numbers."""

    kind: ClassVar[str] = "reliability"
    title: str
    description: str
    bins: tuple[Bin, ...]
    width: float


@dataclass(frozen=True)
class Line:
    """One line of a chart over numbers: whose it is, and its points."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Lines:
    """A chart of lines over numbers, such as steps; `logarithmic` spaces them by their logarithm, `mark` is a place on them."""

    kind: ClassVar[str] = "lines"
    title: str
    description: str
    x: str
    y: str
    lines: tuple[Line, ...]
    logarithmic: bool = False
    mark: float | None = None


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    kind: ClassVar[str] = "prose"
    text: str


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    kind: ClassVar[str] = "items"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One verdict: what was asked, what was found, how sure. Symbol and word say the outcome; the tone only repeats it."""

    outcome: str
    symbol: str
    tone: Tone
    asked: str
    found: str
    sure: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Cards:
    """The verdicts."""

    kind: ClassVar[str] = "cards"
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Fact:
    """A figure at the top of the report."""

    name: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class Facts:
    """The figures at the top of the report."""

    kind: ClassVar[str] = "facts"
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Fold:
    """What a reader opens only if the summary makes her want to."""

    kind: ClassVar[str] = "fold"
    summary: str
    blocks: tuple["Block", ...]


Chart = Dots | Bars | Curve | Paths | Lines | Reliability
Block = Table | Chart | Prose | Heading | Items | Cards | Facts | Fold


@dataclass(frozen=True)
class Section:
    """A part of the report: a title, a paragraph in plain language, and what it shows."""

    anchor: str
    title: str
    lead: str
    blocks: tuple[Block, ...]


def shown_ids(blocks: tuple[Block, ...]) -> tuple[str, ...]:
    """Return the ids of the measures that these blocks show, in order."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, Table):
            found.extend(name for row in block.rows for name in row.ids)
        elif isinstance(block, Cards):
            found.extend(name for card in block.cards for name in card.ids)
        elif isinstance(block, Fold):
            found.extend(shown_ids(block.blocks))
    return tuple(dict.fromkeys(found))
