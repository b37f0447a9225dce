"""What the audit's commands say and return when something is wrong that the user can mend."""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper

from curate.errors import UserError, of_system

MISTAKE = 2


def reported(command: Callable[[], int]) -> int:
    """Run a command and return its exit code; a user's mistake is its lines and 2, a closed pipe is no traceback."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # of what the encoding does not know
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (UserError, OSError, MemoryError) as error:
        found = error if isinstance(error, UserError) else of_system(error)
        if found is None:
            raise
        sys.stderr.write(f"{found}\n")
        return MISTAKE
    return code
