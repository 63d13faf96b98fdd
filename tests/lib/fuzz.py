# SPDX-License-Identifier: EUPL-1.2
"""Runs every fuzzer for a while, two at a time, and ends with a line for each: fuzz.py SECONDS PROGRAM...

Seeds: tests/corpus/NAME/ when it is there (NAME: the program's name without _fuzz). Dictionary: x.dict beside x_fuzz.c.
What is learnt stays in build-fuzz/corpus/NAME, what is found in build-fuzz/found/.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]


def command(program, seconds):
    source = pathlib.Path(*program.relative_to(TOP / "build-fuzz" / "fuzz").parts)
    name = source.name.removesuffix("_fuzz")
    learnt = TOP / "build-fuzz" / "corpus" / name
    found = TOP / "build-fuzz" / "found"
    learnt.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    cmd = [str(program), f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-max_len=65536",
           "-print_final_stats=1", f"-artifact_prefix={found}/{name}-", str(learnt)]
    seeds = TOP / "tests" / "corpus" / name
    if seeds.is_dir():
        cmd.append(str(seeds))
    words = TOP / source.parent / f"{name}.dict"
    if words.exists():
        cmd.insert(1, f"-dict={words}")
    return cmd


def run(program, seconds):
    if not program.exists():
        return program, 127, "it did not build"
    done = subprocess.run(command(program, seconds), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return program, done.returncode, done.stdout.decode("utf-8", "replace")


def main():
    seconds, programs = int(sys.argv[1]), [TOP / p for p in sys.argv[2:]]
    findings = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for program, status, out in pool.map(lambda p: run(p, seconds), programs):
            runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", out)
            name = program.relative_to(TOP / "build-fuzz" / "fuzz")
            if status == 0 and runs and int(runs[1]) > 0:
                print(f"ok      {name}: {int(runs[1])} inputs, no finding", flush=True)
                continue
            findings += 1
            print(f"FINDING {name} (exit status {status})")
            print("\n".join("    " + line for line in out.splitlines()[-60:]), flush=True)
    print(f"{len(programs)} fuzzers, {seconds} s each, {findings} with a finding")
    return 1 if findings or not programs else 0


if __name__ == "__main__":
    sys.exit(main())
