# SPDX-License-Identifier: EUPL-1.2
"""Every row of policies/causes.c that SMTP may tell is uttered once by a real server, and the reply is the row: code, enhanced code, text; the log names its cause.

A new row without a way to bring it about fails test_every_row_has_a_way.
"""
import ast
import base64
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
from authority import HOUR, MAIL, Authority, pem
from instance import PASSWORD, TOP, Instance, eventually, plain
from rows import ROWS, TABLE

ME, OTHER = "gp@chu.test", "autre@chu.test"
WAYS = {}


def way(name):
    def put(f):
        assert name not in WAYS
        WAYS[name] = f
        return f
    return put


class Raw:
    """A session by hand: replies come as (code, text of all lines joined)."""

    def __init__(self, pli, service, tls=None, timeout=60):
        self.s = socket.create_connection(("127.0.0.1", pli.port(service)), timeout)
        if tls:
            self.s = tls.wrap_socket(self.s, server_hostname="localhost")
        self.f = self.s.makefile("rb")

    def reply(self):
        lines = []
        while True:
            line = self.f.readline().decode()
            assert line, f"closed without a word after {lines}"
            lines.append(line[4:].rstrip("\r\n"))
            if line[3:4] == " ":
                return int(line[:3]), "\n".join(lines)

    def ask(self, line):
        self.s.sendall(line if isinstance(line, bytes) else line.encode() + b"\r\n")
        return self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.f.close()
        self.s.close()


@contextlib.contextmanager
def hello(pli, login=None, service="submissions", tls=None):
    with Raw(pli, service, tls or pli.tls()) as c:
        assert c.reply()[0] == 220
        assert c.ask("EHLO client.test")[0] == 250
        if login:
            assert c.ask(auth(login))[0] == 235
        yield c


@contextlib.contextmanager
def relay(pli, pem="load.test"):
    """Port 25 after STARTTLS; pem: an operator's domain, a file, or None for no certificate."""
    s = pli.smtp("smtp", pem=pli.trust_operator(pem) if isinstance(pem, str) else pem)
    c = Raw.__new__(Raw)
    c.s, c.f = s.sock, s.sock.makefile("rb")
    with c:
        yield c


def auth(login, password=PASSWORD):
    return "AUTH PLAIN " + base64.b64encode(f"\0{login}\0{password}".encode()).decode()


def letter(c, message, sender=ME, to=ME, options=""):
    """The answer to a whole message."""
    assert c.ask(f"MAIL FROM:<{sender}>{options}")[0] == 250
    assert c.ask(f"RCPT TO:<{to}>")[0] == 250
    assert c.ask("DATA")[0] == 354
    return c.ask(message + b"\r\n.\r\n")


def told(pli, *lines, login=ME):
    """The answer to the last of these lines; those before it are accepted."""
    with hello(pli, login) as c:
        for line in lines[:-1]:
            assert 200 <= c.ask(line)[0] < 400
        return c.ask(lines[-1])


@pytest.fixture(scope="module")
def inst():
    conf = ["smtpd {", "max_message = 1M", "max_errors = 5", "max_recipients = 100", "login_timeout = 3s", "max_sessions_per_address = 12", "citizen_max = 512k", "peer_anchors = peers.pem", "}", "stored { full_for = 3s }"]
    with Instance(conf=conf, serve=False) as pli:
        pli.authority = Authority("Racine")
        (pli.root / "peers.pem").write_bytes(pathlib.Path(pli.ca).read_bytes() + pem(pli.authority.cert))
        pli.serve()
        for who in (ME, OTHER, "parti@chu.test"):
            pli.add(who, sign="never")
        for who in ("petit@chu.test", "plein@chu.test"):
            pli.add(who, sign="never", extra=["--quota", "20K"])
        pli.pli("account", "disable", "parti@chu.test")
        pli.add("ferme@chu.test", sign="never")
        pli.pli("account", "close", "ferme@chu.test")
        pli.pli("domain", "add", "clos.test")
        pli.add("ana@clos.test", sign="never")
        pli.pli("domain", "disable", "clos.test")
        pli.trust_operator("load.test")
        yield pli


# ---- before the message ----
@way("none")
def _(p):
    code, text = told(p, f"MAIL FROM:<{ME}>", f"RCPT TO:<{ME}>", "RSET")
    return code, text, "2.0.0"


@way("need-tls")
def _(p):
    with Raw(p, "submission") as c:
        c.reply(), c.ask("EHLO client.test")
        return c.ask(f"MAIL FROM:<{ME}>")


@way("need-auth")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", login=None)


@way("auth-failed")
def _(p):
    return told(p, auth(ME, "faux"), login=None)


@way("auth-disabled")
def _(p):
    return told(p, auth("parti@chu.test"), login=None)


@way("auth-domain")
def _(p):
    return told(p, auth("ana@clos.test"), login=None)


def with_code(pli, address):
    """AUTH with the code of an account's new sheet."""
    pli.add(address)
    paper = pli.dir / f"{address}.html"
    pli.pli("account", "code", address, "--sheets", paper)
    return auth(address, re.search(r'class="code">([^<]*)<', paper.read_text()).group(1))


@way("code-first")
def _(p):
    return told(p, with_code(p, "feuille@chu.test"), login=None)


@way("code-ended")
def _(p):
    conf = p.root / "pli.conf"
    text = conf.read_text()
    try:
        conf.write_text(text + "account { code_life = 1s }\n")   # pli reads it, and no daemon
        line = with_code(p, "vieille.feuille@chu.test")
    finally:
        conf.write_text(text)
    return eventually(lambda: "sert a choisir" not in (said := told(p, line, login=None))[1] and said)


@way("domain-disabled")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<ana@clos.test>")


@way("domain-inside")
def _(p):
    p.pli("domain", "set", "chu.test", "--inside", "yes")
    try:
        return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<x@load.test>")
    finally:
        p.pli("domain", "set", "chu.test", "--inside", "no")


@way("domain-size")
def _(p):
    p.pli("domain", "set", "chu.test", "--max-message", "1K")
    try:
        return told(p, f"MAIL FROM:<{ME}> SIZE=1025")
    finally:
        p.pli("domain", "set", "chu.test", "--max-message", "none")


@way("list-post")
def _(p):
    p.pli("list", "add", "garde@chu.test", "--name", "Garde")
    p.pli("list", "member", "add", "garde@chu.test", OTHER)
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<garde@chu.test>")


@way("list-problem")
def _(p):
    p.pli("list", "add", "vide@chu.test", "--name", "Vide", "--post", "domain")
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<vide@chu.test>")


@way("bad-mechanism")
def _(p):
    return told(p, "AUTH CRAM-MD5", login=None)


@way("bad-response")
def _(p):
    return told(p, "AUTH PLAIN ***", login=None)


@way("unknown-recipient")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<personne@chu.test>")


@way("disabled-recipient")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<parti@chu.test>")


@way("closed-recipient")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<ferme@chu.test>")


@way("unknown-domain")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<a@nulle-part.test>")


@way("sender-not-held")
def _(p):
    return told(p, f"MAIL FROM:<{OTHER}>")


@way("too-big")
def _(p):
    return told(p, f"MAIL FROM:<{ME}> SIZE=1048577")


@way("burl-failed")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", f"RCPT TO:<{ME}>", "BURL imap://x LAST")


@way("quota")
def _(p):
    return told(p, f"MAIL FROM:<{ME}> SIZE=30000", "RCPT TO:<petit@chu.test>")


@way("quota-long")
def _(p):
    """A mailbox that nobody empties: refused for a while first, then for good (stored.full_for)."""
    def ask():
        return told(p, f"MAIL FROM:<{ME}> SIZE=30000", "RCPT TO:<plein@chu.test>")
    assert ask()[0] == 452
    eventually(lambda: ask()[0] == 552)
    return ask()


@way("too-many-recipients")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", *[f"RCPT TO:<gp+{n}@chu.test>" for n in range(101)])


@way("bad-address")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<a@@chu.test>")


@way("need-smtputf8")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<é@chu.test>")


@way("bad-parameter")
def _(p):
    return told(p, f"MAIL FROM:<{ME}> INCONNU=1")


@way("syntax")
def _(p):
    return told(p, "MAIL POUR:<x>")


@way("unknown-verb")
def _(p):
    return told(p, "BONJOUR")


@way("bad-sequence")
def _(p):
    return told(p, "DATA")


@way("not-provided")
def _(p):
    return told(p, "EXPN liste")


@way("line-too-long")
def _(p):
    return told(p, "NOOP " + "x" * 60000)


@way("bare-line")
def _(p):
    return told(p, b"NOOP\n")


@way("too-many-errors")
def _(p):
    with hello(p, ME) as c:
        for _ in range(5):
            assert c.ask("BONJOUR")[0] == 500
        return c.reply()


@way("pipelined-tls")
def _(p):
    with Raw(p, "submission") as c:
        c.reply(), c.ask("EHLO client.test")
        return c.ask(b"STARTTLS\r\nNOOP\r\n")


@way("timeout")
def _(p):
    with hello(p) as c:     # nobody signs in
        return c.reply()


@way("early-talker")
def _(p):
    """The server looks once, before it greets: asked until a try is early enough, which the first nearly always is."""
    def early():
        with Raw(p, "smtp") as c:
            c.s.sendall(b"EHLO client.test\r\n")
            got = c.reply()
            return got if got[0] != 220 else None
    return eventually(early)


def there_is_room(p):
    with contextlib.suppress(OSError, AssertionError), Raw(p, "submission") as c:
        return c.reply()[0] == 220


@way("too-many-sessions")
def _(p):
    with contextlib.ExitStack() as stack:
        for _ in range(13):
            c = stack.enter_context(Raw(p, "submission"))
            got = c.reply()
            if got[0] != 220:       # a session of the case before may still be ending
                break
    eventually(lambda: there_is_room(p))  # the next case needs it
    return got


# ---- port 25 ----
@way("not-local")
def _(p):
    with relay(p) as c:
        c.ask("MAIL FROM:<a@load.test>")
        return c.ask("RCPT TO:<b@load.test>")


@way("no-certificate")
def _(p):
    with relay(p, None) as c:
        return c.ask("MAIL FROM:<a@load.test>")


def shown(p, name, subject=None, **how):
    """MAIL of a peer that shows a certificate of the test's own authority."""
    pem_file = p.dir / f"{name}.pem"
    p.authority.issue(pem_file, {"CN": "smtp.load.test", "O": "Essai"} if subject is None else subject, **how)
    with relay(p, pem_file) as c:
        return c.ask("MAIL FROM:<a@load.test>")


@way("bad-certificate")
def _(p):
    return shown(p, "sans-nom", subject={})     # whom it names, no list could say


@way("cert-expired")
def _(p):
    return shown(p, "expire", begins=-3 * HOUR, ends=-HOUR)


@way("cert-not-yet")
def _(p):
    return shown(p, "futur", begins=HOUR)


@way("cert-usage")
def _(p):
    return shown(p, "courriel", eku=[MAIL])


@way("cert-chain")
def _(p):
    pem_file = p.dir / "inconnu.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=inconnu", "-keyout", pem_file, "-out", p.dir / "c.pem"],
                   check=True, capture_output=True)
    with open(pem_file, "ab") as f:
        f.write((p.dir / "c.pem").read_bytes())
    with relay(p, pem_file) as c:
        return c.ask("MAIL FROM:<a@load.test>")


@way("wrong-dn")
def _(p):
    p.trust_operator("autre-operateur.test")
    with relay(p) as c:
        return c.ask("MAIL FROM:<a@autre-operateur.test>")


@way("from-operator")
def _(p):
    with relay(p) as c:
        return letter(c, plain("faux", OTHER, ME), sender="a@load.test")


# ---- the message ----
def message(p, octets):
    with hello(p, ME) as c:
        return letter(c, octets)


@way("from-mismatch")
def _(p):
    return message(p, plain("faux", OTHER, ME))


@way("bare-lf")
def _(p):
    return message(p, plain("lf", ME, ME, "a\nb\r\n"))


@way("citizen-address")
def _(p):
    return told(p, f"MAIL FROM:<{ME}>", "RCPT TO:<jean.dupont@patient.mssante.fr>")


@way("citizen-size")
def _(p):
    return told(p, f"MAIL FROM:<{ME}> SIZE=600000", "RCPT TO:<279035121518989@patient.mssante.fr>")


@way("message-line")
def _(p):
    return message(p, plain("longue", ME, ME, "x" * 1_000_000 + "\r\n"))


@way("tnef")
def _(p):
    return message(p, plain("tnef", ME, ME, extra="Content-Type: application/ms-tnef\r\n"))


@way("nul")
def _(p):
    return message(p, plain("nul", ME, ME, "a\0b\r\n"))


@way("loop")
def _(p):
    return message(p, plain("boucle", ME, ME, extra="Received: by x.test; now\r\n" * 120))


@way("headers-too-big")
def _(p):
    return message(p, plain("gros", ME, ME, extra="X-Remplissage: une ligne de plus dans cet en-tete\r\n" * 12000))


AFTER_DATA = {"from-operator", "from-mismatch", "bare-lf", "message-line", "tnef", "nul", "loop", "headers-too-big"}


@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_reply_is_the_row(inst, name):
    want_code, esc, text = ROWS[name]
    got = WAYS[name](inst)
    if name == "none":      # success has its own words at each command
        assert got[0] == want_code and got[1].startswith(esc)
        return
    code, said = got
    assert name not in AFTER_DATA or re.search(r", id=[0-9a-f]{16}$", said)
    assert (code, re.sub(r", id=[0-9a-f]{16}$", "", said)) == (want_code, f"{esc} {text}")
    if name != "too-many-sessions":     # the listener's own line names why it has no place
        eventually(lambda: re.search(rf"ev=refused .*code={want_code} why={name} ", (inst.root / "log/pli.log").read_text()))


# ---- the id of a refused message ----
LINE = b"x" * 998 + b"\r\n"


def data_too_big(c):
    return letter(c, plain("trop", ME, ME) + LINE * 1100)


def bdat_too_big(c):
    assert c.ask(f"MAIL FROM:<{ME}>")[0] == 250 and c.ask(f"RCPT TO:<{ME}>")[0] == 250
    part = LINE * 1100
    return c.ask(b"BDAT %d\r\n" % len(part) + part)


def bdat_last_refused(c):
    assert c.ask(f"MAIL FROM:<{ME}>")[0] == 250 and c.ask(f"RCPT TO:<{ME}>")[0] == 250
    octets = plain("faux", OTHER, ME)
    return c.ask(b"BDAT %d LAST\r\n" % len(octets) + octets)


def lf_at_the_end(c):
    return letter(c, plain("lf", ME, ME, "a\nb\r\n"))


@pytest.mark.parametrize("refused, name", [(data_too_big, "too-big"), (bdat_too_big, "too-big"), (bdat_last_refused, "from-mismatch"), (lf_at_the_end, "bare-lf")],
                         ids=lambda v: v if isinstance(v, str) else v.__name__)
def test_a_refused_message_is_named(inst, refused, name):
    """The doctor's screenshot is enough to find it: the reply has our id, and the log's line of the refusal has the same."""
    with hello(inst, ME) as c:
        code, said = refused(c)
    mid = re.search(r", id=([0-9a-f]{16})$", said)
    assert code == ROWS[name][0] and mid, said
    eventually(lambda: re.search(rf"mid={mid[1]} ev=refused .*why={name} ", (inst.root / "log/pli.log").read_text()))


# ---- what is away, on an instance of its own ----
@pytest.fixture(scope="module")
def away():
    # Sessions wait three times that for a store that is stopped; few failures are free, and each of them costs a second.
    with Instance(conf=["stored {", "timeout = 3", "}", "dird {", "max_failures = 3", "}"]) as pli:
        for who in (ME, "change@chu.test", "force@chu.test"):
            pli.add(who, sign="never")
        pli.add("signe@chu.test", kind="per", name="Dr Marie MARTIN")
        yield pli


def is_row(got, name):
    code, esc, text = ROWS[name]
    assert (got[0], re.sub(r", id=[0-9a-f]{16}$", "", got[1])) == (code, f"{esc} {text}"), name


def state_of(pid):
    """T of every thread: stopped, all of it."""
    states = {(task / "stat").read_text().rsplit(")", 1)[1].split()[0] for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}
    return "T" if states == {"T"} else "R"


@contextlib.contextmanager
def stopped(pli, *names):
    pids = [pli.daemon(n) for n in names]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        eventually(lambda: all(state_of(pid) == "T" for pid in pids))  # a signal is not yet a stop
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def at_data(stack, pli, who):
    """A session where all of a message but its last line is said."""
    c = stack.enter_context(hello(pli, who))
    assert c.ask(f"MAIL FROM:<{who}>")[0] == 250 and c.ask(f"RCPT TO:<{ME}>")[0] == 250 and c.ask("DATA")[0] == 354
    c.s.sendall(plain("attend", who, ME))
    return c


def test_each_daemon_away(away):
    """The waits for daemons that are stopped run side by side: each is as long as the patience of the session."""
    with contextlib.ExitStack() as stack:
        asks = {
            "directory-temp": (stack.enter_context(hello(away, ME)), f"MAIL FROM:<autre@{away.domain}>"),
            "auth-temp": (stack.enter_context(hello(away)), auth(ME)),
            "store-temp": (at_data(stack, away, ME), "."),
            "keys-temp": (at_data(stack, away, "signe@chu.test"), "."),
        }
        with stopped(away, "pli-dird", "pli-stored", "pli-keyd"):
            for c, line in asks.values():
                c.s.sendall(line.encode() + b"\r\n")
            for name, (c, _) in asks.items():
                is_row(c.reply(), name)
    away.submit(ME, [ME], plain("de retour", ME, ME))


def test_an_account_that_changed(away):
    with hello(away, "change@chu.test") as c:
        away.pli("account", "disable", "change@chu.test")
        is_row(c.ask("MAIL FROM:<change@chu.test>"), "account-changed")


def test_too_many_passwords(away):
    """The account is slowed, whatever the session: after so many different guesses one is not even tried."""
    for n in range(40):
        with hello(away) as c:
            got = c.ask(auth("force@chu.test", f"faux-{n}"))
        if got[0] != 535:
            break
    is_row(got, "too-many-auth")


def test_the_server_stops(away):
    with hello(away, ME) as c:
        away.proc.send_signal(signal.SIGTERM)
        is_row(c.reply(), "shutdown")
    away.stop()


HERE = {"directory-temp", "auth-temp", "store-temp", "keys-temp", "account-changed", "too-many-auth", "shutdown"}
ELSEWHERE = {"cert-weak": ("tests/protocol/test_trust_matrix.py", '"weak key": "cert-weak"'),       # a client that would show it
             "cert-policy": ("tests/protocol/test_revocation.py", "def test_checks_are_settings"),  # a setting of its own
             "cert-revoked": ("tests/protocol/test_revocation.py", "def test_revoked("),          # a web server
             "cert-unchecked": ("tests/protocol/test_revocation.py", "def test_forged(", "cannot be checked"),
             "disk-full": ("tests/fault/test_bad_day.py", "def test_disk_full"),      # a file system of its own
             "rate-account": ("tests/protocol/test_rates.py", "def test_messages_of_an_account"),      # rates of their own
             "rate-address": ("tests/protocol/test_rates.py", "def test_an_address")}
WHITE = "tests/protocol/test_white_list.py"
TRUSTD, MATRIX, HOSTILE = "tests/protocol/test_trustd.py", "tests/protocol/test_trust_matrix.py", "tests/interop/test_hostile_peers.py"
FINDER, RELAY, SESSION, QUEUE = "tests/protocol/test_finder.py", "tests/protocol/test_relay.py", "relayd/session_test.c", "tests/command/test_queue.py"
# What no client is told in a reply: the white list's faults (the administrator), and the way out's (a report to the sender, the queue).
ELSEWHERE |= {"list-unreadable": (WHITE, "def test_bombs_end"), "list-signature": (WHITE, "def test_every_byte_changed("), "list-signer": (WHITE, "def test_another_signer"),
              "list-expired-signer": (WHITE, "def test_dates_of_the_signer"), "list-future": (WHITE, "def test_dates_of_the_list"),
              "list-older": (TRUSTD, "def test_taken_refused_kept", "older than the one in use"), "list-loss": (TRUSTD, "def test_twenty_percent", "loses too many domains"), "list-stale": (MATRIX, '"list-stale"'),
              "list-missing": (MATRIX, '"list-missing"'), "no-such-domain": (RELAY, "def test_no_such_domain"), "null-mx": (FINDER, '"null-mx"'),
              "no-address": (FINDER, '"no-address"'), "dns-temp": (FINDER, '"dns-temp"'), "unreachable": (HOSTILE, '"unreachable"'),
              "left-trust-space": (RELAY, "left-trust-space"), "queue-expired": ("tests/protocol/test_reports.py", "def test_delayed_once_then_expired"),
              "queue-delayed": ("tests/protocol/test_reports.py", "def test_delayed_once_then_expired"), "queue-dropped": (QUEUE, "queue-dropped")}
ELSEWHERE |= {f"peer-{n}": (HOSTILE, f'"peer-{n}"') for n in ("greeting", "no-starttls", "injected", "tls", "cert", "dn", "protocol", "timeout", "lost")}
ELSEWHERE |= {f"peer-{n}": (SESSION, f"peer-{n}") for n in ("no-utf8", "no-8bit", "no-requiretls", "too-big")} | {"not-convertible": (SESSION, "not-convertible")}
ELSEWHERE |= {n: ("tests/interop/test_revoked_peers.py", f'"{n}"') for n in ("peer-revoked", "peer-unchecked")}


def says_it(path, mark, name, proof):
    """Of a test named by "def": its body looks for the row: its name, the name without its first word in quotes, its enhanced code or a text of it, or what the
    entry says is proof. Of another mark: a string of the code has it, and not a comment."""
    text, row = (TOP / path).read_text(), ROWS[name]
    if not path.endswith(".py"):
        return any(mark in line and not re.match(r"\s*(//|/?\*)", line) for line in text.splitlines())
    tree = ast.parse(text)
    if not mark.startswith("def "):
        return any(isinstance(n, ast.Constant) and isinstance(n.value, str) and name in n.value for n in ast.walk(tree))
    bodies = [ast.get_source_segment(text, n) for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith(mark[4:].rstrip("("))]
    words = [proof] if proof else [name, f'"{name.split("-", 1)[-1]}"', row[1], *row[2].split(" / ")]
    return any(re.search(r"\bassert\b|refused\(|says\(", body) and any(word in body for word in words) for body in bodies)


def test_every_row_has_a_way():
    assert len(ROWS) == len(re.findall(r"^    (?:SMTP|BOTH)\(", TABLE, re.M))
    nothing = [name for name, (path, mark, *proof) in ELSEWHERE.items() if not says_it(path, mark, name, proof[0] if proof else "")]
    assert not nothing, f"these tests do not ask for the row: {nothing}"
    assert set(ROWS) == set(WAYS) | HERE | set(ELSEWHERE)
