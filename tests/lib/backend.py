# SPDX-License-Identifier: EUPL-1.2
"""A back end of pli-pubd for tests: a real program that writes down what it was given and answers what the test wants.

Calls stand in the order in which they came, a file each; the answer to an address (or to all, "*") is a piece of shell that runs after the call was
written down: "exit 65", "sleep 1000", "kill -9 $$".
"""
import json
import pathlib
import shutil
import tempfile

SCRIPT = """#!/bin/sh
umask 000
n=$(ls {box}/calls | wc -l)
call={box}/calls/$(printf %06d $n)
cat > $call.body
env | grep ^PLI_PUBLISH_ > $call.env
mv $call.env $call
for who in "$2" "*"; do
    if [ -f "{box}/answers/$who" ]; then . "{box}/answers/$who"; break; fi
done
echo "taken: $1"
exit 0
"""


class Backend:
    def __init__(self):
        self.box = pathlib.Path(tempfile.mkdtemp(prefix="pli-test-back-"))  # not below pytest's own folders: those are root's alone
        for name in ("", "calls", "answers"):
            (self.box / name).mkdir(exist_ok=True)
            (self.box / name).chmod(0o777)
        self.program = self.box / "program"
        self.program.write_text(SCRIPT.format(box=self.box))
        self.program.chmod(0o755)

    def close(self):
        shutil.rmtree(self.box, ignore_errors=True)

    def conf(self, **more):
        settings = {"backend": "command", "command": self.program, "retry_first": "1s", "retry_max": "1s", **more}
        return ["publish {"] + [f' {k} = "{v}"' for k, v in settings.items()] + ["}"]

    def answer(self, who, shell=None):
        """shell None: taken again."""
        path = self.box / "answers" / who
        if shell is None:
            path.unlink()
        else:
            beside = self.box / "answer.new"
            beside.write_text(shell + "\n")
            beside.chmod(0o644)
            beside.rename(path)

    def calls(self, who=None):
        """What came, in order: the variables of each call by their names in small letters, and its body."""
        found = []
        for path in sorted(p for p in (self.box / "calls").iterdir() if "." not in p.name):
            call = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
            call = {k.removeprefix("PLI_PUBLISH_").lower(): v for k, v in call.items()}
            call["body"] = json.loads(path.with_suffix(".body").read_text())
            if who is None or call["address"] == who:
                found.append(call)
        return found

    def events(self, who=None):
        """Each event once, however often it was tried."""
        calls = self.calls(who)
        return [c["event"] for i, c in enumerate(calls) if c["key"] not in [x["key"] for x in calls[:i]]]
