"""One worker of the local engine: a process that does tasks, one after the other, and says on stdout what happens.

    python -m rnnscope.study.worker STUDY

Standard input brings one task a line, as JSON; standard output gives one event a line. When standard input ends, the
driver is gone, however it went: the worker then asks itself to stop, as a signal would, so that a training is saved.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any


def main(study: Path) -> None:
    """Do what is asked until nobody asks any more."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not be taken for an event

    def tell(event: dict[str, Any]) -> None:
        with suppress(OSError):  # nobody listens any more; the end of standard input says so too
            told.write(json.dumps(event) + "\n")
            told.flush()

    asked: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    from rnnscope.study import work  # takes a moment; what is asked meanwhile waits

    while (request := asked.get()) is not None:
        if not work.do(study, request["task"], tell, keep=request["keep"]):
            return


def _listen(asked: queue.Queue[dict[str, Any] | None]) -> None:
    for line in sys.stdin:
        asked.put(json.loads(line))
    asked.put(None)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
