# SPDX-License-Identifier: EUPL-1.2
"""What the private servers of other operators have in common (exim.py, opensmtpd.py, postfix.py): a folder, a port of their own where the test puts letters in,
a log, letters that came through the door as files of mail/box, an end.

A class of it makes self.dir, self.port and its configuration, and calls begin() last."""
import os
import pathlib
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time


class OtherServer:
    live = []  # those that are not closed yet
    proc = None

    def __init__(self, name, mode):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"pli-{name}-"))
        self.dir.chmod(mode)
        self.name = name
        OtherServer.live.append(self)

    def begin(self, argv, **how):
        """In the foreground, our own child, in a session of its own: what ends that ends its children and nothing else."""
        try:
            with open(self.dir / "out", "wb") as out:
                self.proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **how)
            end = time.monotonic() + 60
            while time.monotonic() < end and self.proc.poll() is None:
                try:
                    with socket.create_connection(("127.0.0.1", self.port), timeout=30) as s:
                        if s.recv(100).startswith(b"220 "):
                            return
                except OSError:
                    time.sleep(0.1)
            raise RuntimeError(f"{self.name} does not start: {self.log()}")
        except BaseException:
            self.close()
            raise

    def log(self):
        return "".join(p.read_text(errors="replace") for p in [*self.dir.glob("out"), *self.dir.glob("log*")])

    def inject(self, sender, to, message):
        with smtplib.SMTP("127.0.0.1", self.port, "app.test", timeout=30) as s:
            return s.sendmail(sender, to, message)

    def mail(self):
        """Every message that came through the door, as it stands on its disk."""
        return [p.read_bytes() for p in sorted((self.dir / "mail").glob("box/new/*"))]

    def last_lines(self, most=60):
        return "\n".join([f"the last lines of {self.name}:", *self.log().splitlines()[-most:]])

    def close(self):
        if self in OtherServer.live:
            OtherServer.live.remove(self)
        if self.proc and self.proc.poll() is None:
            os.killpg(self.proc.pid, signal.SIGTERM)
            try:
                self.proc.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.proc.pid, signal.SIGKILL)
                self.proc.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
