# SPDX-License-Identifier: EUPL-1.2
"""Programs of packages that cannot be installed beside each other (Debian has one mail transport agent at a time): unpacked, not installed, by
"packaging/deps --unpack" into build/peers, which "make test" calls. Absent, where there was no network: tests that want them skip."""
import os
import pathlib
import shutil

PEERS = pathlib.Path(__file__).resolve().parents[2] / "build" / "peers"


def program(path, variable, name):
    """Where a program is: named by an environment variable, installed, or unpacked; "" where it is not."""
    there = PEERS / path
    return os.environ.get(variable) or shutil.which(name) or (str(there) if there.exists() else "")


def libraries():
    """For LD_LIBRARY_PATH: shared libraries that came unpacked, for who has not got them installed."""
    return ":".join(sorted({str(p.parent) for p in PEERS.glob("usr/lib/*/*.so*")} | {str(p.parent) for p in PEERS.glob("lib/*/*.so*")}))
