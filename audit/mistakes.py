"""What the audit's commands say and return when something is wrong that the user can mend."""

import sys
from collections.abc import Callable

from curate.children import end_with_parent
from curate.errors import UserError, of_system
from curate.output import prepare_output, to_nowhere

MISTAKE = 2


def reported(command: Callable[[], int]) -> int:
    """Run a command and return its exit code; a user's mistake is its lines and 2, a closed pipe is no traceback."""
    prepare_output()
    end_with_parent()
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        to_nowhere(sys.stdout.fileno())
        return 0
    except (UserError, OSError, MemoryError) as error:
        found = error if isinstance(error, UserError) else of_system(error)
        if found is None:
            raise
        sys.stderr.write(f"{found}\n")
        return MISTAKE
    return code
