"""A load worker as it would be on another machine, whose clock is elsewhere.

`python -m tests.harness.load.other_machine SECONDS_AHEAD HOST:PORT [ALLOWED HOST...]`
"""

from __future__ import annotations

import sys

from harness.load import far_worker
from harness.load.steady import UnleapingClock


def main() -> int:
    ahead, *arguments = sys.argv[1:]
    clock = UnleapingClock()
    return far_worker.main(arguments, own=lambda: clock.now() + float(ahead))


if __name__ == "__main__":
    sys.exit(main())
