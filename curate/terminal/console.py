"""The consoles that results, mistakes and progress are printed on: no text, whatever its source, can steer the terminal."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from curate.errors import escaped
from curate.output import to_nowhere


class PlainConsole(Console):
    """A console for which brackets and colons are letters, and control characters are shown.

    Views escape what they draw, so that it fits its place; what one of them forgets is escaped here.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is drawn; cursor movements of the console's own are left as they are."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(escaped(segment.text, "\n"), segment.style)

    def on_broken_pipe(self) -> None:
        """Print nowhere from here on: who read has left, and the command still ends with its own exit code."""
        to_nowhere(self.file.fileno())


stdout = PlainConsole()
stderr = PlainConsole(stderr=True)
