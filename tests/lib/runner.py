# SPDX-License-Identifier: EUPL-1.2
"""Runs the unit test programs (cmocka) and the pytest folders, counts every test of both, and ends with one line.

    runner.py unit [--build DIR] PROGRAM...     unit tests only
    runner.py all  [--build DIR] PROGRAM...     unit tests, then pytest over tests/
Most tests wait (for a time limit, a daemon, a flush) and do not compute, so one more runs at a time than there are processors (PLI_JOBS says how
many): of the unit test programs, then of pytest's files, each of which stays with one worker of pytest-xdist. What tests write stands in memory
where there is room for it (TMPDIR says otherwise), for a flush of a disk is a wait as well.

A program that is not there (it did not build), dies, or reports no summary counts as one failed test. Nothing stops at a
failure, and each failure prints the command that runs it again.
"""
import argparse
import concurrent.futures
import contextlib
import importlib.util
import os
import pathlib
import re
import signal
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

TOP = pathlib.Path(__file__).resolve().parents[2]
UNIT_SECONDS = 300
JOBS = int(os.environ.get("PLI_JOBS", 0)) or (os.cpu_count() or 1) + 1
MEMORY, ROOM = "/dev/shm", 6 << 30  # what all tests together have in their folders stays far below
LONG = ("store/check/salvage", "relayd/session", "store/stored/", "crypto/keyd/", "directory/dird/", "pli/", "base/")  # begun first, so that none is left alone
SUMMARY = re.compile(r"^\[\s+(PASSED|FAILED|SKIPPED)\s+\] (\d+) test\(s\)", re.M)


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.reruns = []

    def line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@contextlib.contextmanager
def in_memory():
    """Gives our children's temporary files a folder in memory, unless whoever calls named a place, or it is small. It is gone afterwards."""
    if "TMPDIR" in os.environ or not os.path.ismount(MEMORY) or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="pli-", dir=MEMORY, ignore_cleanup_errors=True) as d:
        os.chmod(d, 0o1777)  # as /tmp is: daemons have users of their own
        os.environ["TMPDIR"] = d
        yield


def long_first(path):
    return next((rank for rank, part in enumerate(LONG) if f"/{part}" in path), len(LONG))


def run_program(path):
    """Output, exit status (None: it hung) and seconds of one unit test program."""
    start = time.monotonic()
    if not os.path.exists(path):
        return "it did not build\n", 127, 0.0
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="STDOUT")
    lists = sorted((TOP.parent / "shared/data/mssante").glob("liste-blanche-*.xml"))  # the real one, where a checkout has it beside
    if lists:
        env.setdefault("PLI_WHITE_LIST", str(lists[-1]))
    proc = subprocess.Popen([path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, start_new_session=True)
    try:
        out, _ = proc.communicate(timeout=UNIT_SECONDS)
        status = proc.returncode
    except subprocess.TimeoutExpired:
        os.killpg(proc.pid, signal.SIGKILL)  # daemons that it started hold its output open
        out, status = proc.communicate()[0], None
    return out.decode("utf-8", "replace"), status, time.monotonic() - start


def count_program(out, status):
    """(passed, failed, skipped) of one program: its summary is believed only when its exit status agrees."""
    got = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    seen = False
    for kind, number in SUMMARY.findall(out):
        got[kind] += int(number)
        seen = True
    if (status != 0 and got["FAILED"] == 0) or not seen:
        got["FAILED"] += 1
    return got["PASSED"], got["FAILED"], got["SKIPPED"]


def run_units(programs, build, counts, again="make check", jobs=JOBS):
    programs = sorted(programs, key=long_first)
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        for path, (out, status, seconds) in zip(programs, pool.map(run_program, programs)):
            name = os.path.relpath(path, os.path.join(build, "test"))
            passed, failed, skipped = count_program(out, status)
            counts.passed += passed
            counts.failed += failed
            counts.skipped += skipped
            word = "FAILED" if failed else "ok"
            print(f"{word:6} {name}: {passed} passed, {failed} failed, {skipped} skipped ({seconds:.1f} s)", flush=True)
            if failed:
                print("\n".join("    " + line for line in out.splitlines()[-60:]))
                why = "hung" if status is None else f"exit status {status}"
                print(f"    {why}; again: {again} T={name}", flush=True)
                counts.reruns.append(f"{again} T={name}")


def run_pytest(build, counts):
    report = TOP / build / "pytest.xml"
    report.unlink(missing_ok=True)
    env = dict(os.environ, PLI_BUILD=str(TOP / build), PYTHONDONTWRITEBYTECODE="1")
    # Each daemon would read every library's debug sections as it starts, for reports that name functions: a tenth of a second, some thousand
    # times. Here a report says module and offset; the command that runs a failed test again, printed below, has the names.
    env.setdefault("ASAN_OPTIONS", "symbolize=0")
    cmd = ["/usr/bin/python3", "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", f"--junitxml={report}", "tests"]
    if importlib.util.find_spec("xdist"):
        cmd += ["-n", str(JOBS), "--dist", "loadfile"]
    status = subprocess.run(cmd, cwd=TOP, env=env, stdin=subprocess.DEVNULL).returncode
    if not report.exists():
        counts.failed += 1
        counts.reruns.append("/usr/bin/python3 -m pytest tests")
        return
    bad = 0
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            bad += 1
            counts.reruns.append(f"/usr/bin/python3 -m pytest {place(case)}")
        elif "skipped" in kinds:
            counts.skipped += 1
        else:
            counts.passed += 1
    counts.failed += bad
    if status not in (0, 5) and bad == 0:  # 5: no tests there
        counts.failed += 1
        counts.reruns.append("/usr/bin/python3 -m pytest tests")


def place(case):
    """tests/arch/test_arch.py::test_levels, from a report that names modules with dots."""
    module = case.get("classname", "")
    path = module.replace(".", "/") + ".py"
    return f"{path}::{case.get('name')}" if module else case.get("name")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("what", choices=["unit", "all"])
    ap.add_argument("--build", default="build-dev")
    ap.add_argument("programs", nargs="*")
    args = ap.parse_intermixed_args()
    os.chdir(TOP)
    counts = Counts()
    if len(args.programs) > 5:  # names in reports cost each process that starts a tenth of a second: run again alone, a program gives them
        # What is freed is kept from being used again: the last 16 MiB in the inner loop, 256 of each process otherwise.
        os.environ.setdefault("ASAN_OPTIONS", "symbolize=0" if args.what == "all" else "symbolize=0:quarantine_size_mb=16")
    with in_memory():
        if args.what == "all":
            was = os.environ.get("PLI_LONG")
            os.environ["PLI_LONG"] = "1"  # every table, every call: store/stored/live_test.h
            run_units(args.programs, args.build, counts, "PLI_LONG=1 make check")
            if was is None:  # the long forms of pytest's take minutes each: who wants them says so
                del os.environ["PLI_LONG"]
        else:  # the inner loop: about half of the programs wait rather than compute
            run_units(args.programs, args.build, counts, jobs=max(JOBS, 2 * (os.cpu_count() or 1)))
        if args.what == "all":
            run_pytest(args.build, counts)
    for again in counts.reruns:
        print(f"failed; again: {again}")
    print(counts.line(), flush=True)
    return 1 if counts.failed or counts.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
