"""A Dask scheduler with so many workers; the end of its input ends it. It prints its address."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=int(sys.argv[1]),
        processes=False,
        protocol="tcp",
        dashboard_address=None,
        host="127.0.0.1",
    ) as made:
        sys.stdout.write(f"{made.scheduler_address}\n")
        sys.stdout.flush()
        sys.stdin.read()
