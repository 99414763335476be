"""The one way out of every process that opened a Temporal client."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn


def leave(run: Callable[[], object]) -> NoReturn:
    """Calls `run` and ends the process with the exit code that Python would have given.

    0 after a return, the code of a SystemExit (a text goes to stderr, code 1), 130 after Ctrl-C, 1 with a traceback
    after any other error. The interpreter is not torn down: Temporal's runtime aborts there in one of ten cases, after
    the work is done, and the exit code would lie. Exit functions and flushing are done here instead.
    """
    code = 1
    try:
        run()
        code = 0
    except SystemExit as leaving:
        code = _exit_code(leaving.code)
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            atexit._run_exitfuncs()
        finally:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError, AttributeError):
                    stream.flush()  # the reader of a pipe may be gone
            os._exit(code)


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1
