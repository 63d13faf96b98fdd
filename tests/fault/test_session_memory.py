# SPDX-License-Identifier: EUPL-1.2
"""Promise 3: the memory of an smtpd session that has done a TLS handshake and signed mail holds no private key byte;
that of an imapd session holds its own mailbox key and no other."""
import contextlib
import http.client
import os
import re
import subprocess

import pytest
from instance import TOP, Instance, plain

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="reading another process's memory needs root")


def numbers(name, der):
    """The secret numbers of a key, as bytes: what a library would hold in memory, in either byte order."""
    text = subprocess.run(["openssl", "pkey", "-inform", "DER", "-text", "-noout"], input=der, capture_output=True).stdout.decode()
    found = re.findall(r"(?m)^(priv|privateExponent|prime1|prime2|exponent1|exponent2|coefficient):\n((?:\s+[0-9a-f:]+\n)+)", text)
    assert found, f"{name}: no numbers in {text[:200]}"
    for field, digits in found:
        value = bytes.fromhex(re.sub(r"[\s:]", "", digits)).lstrip(b"\0")
        yield f"{name}.{field}", value[:24]
        yield f"{name}.{field} (little-endian)", value[::-1][:24]
        yield f"{name}.{field} tail", value[-24:]


def secrets(pli, address):
    mbx = pli.json("account", "show", address)["mailbox"]
    out = subprocess.run([TOP / "build/test/tests/lib/keys_dump", pli.root, address, str(mbx)], capture_output=True, text=True, check=True).stdout
    keys = {n: bytes.fromhex(h) for n, h in (line.split() for line in out.splitlines())}
    assert {"kek", "queue", "ca", "tls-rsa", "tls-ec", "mailbox", "signing"} <= set(keys), sorted(keys)
    found = {n: keys[n] for n in ("kek", "queue", "mailbox")}
    for name in ("ca", "tls-rsa", "tls-ec", "signing"):
        found.update(numbers(name, keys[name]))
    return found


def memory(pid):
    """Every readable byte of a process."""
    out = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
            if not m or "[vvar" in line or "[vsyscall" in line:
                continue
            low, high = int(m.group(1), 16), int(m.group(2), 16)
            if high - low > 1 << 31:
                continue    # a sanitizer's shadow
            try:
                mem.seek(low)
                out.append(mem.read(high - low))
            except OSError:
                pass
    return out


def held(pid, wanted):
    pieces = memory(pid)
    assert sum(map(len, pieces)) > 1 << 20
    return sorted(n for n, v in wanted.items() if any(v in p for p in pieces))


@pytest.fixture(scope="module")
def inst():
    with Instance(build="build") as pli:
        pli.add("gp@chu.test", kind="per", name="Dr Marie MARTIN")
        pli.add("autre@chu.test", name="Autre")
        yield pli


def test_the_looking_finds_what_is_there(inst):
    """keyd holds the keys: so the search is able to find them."""
    found = held(inst.daemon("pli-keyd"), secrets(inst, "gp@chu.test"))
    assert "kek" in found and any(n.startswith("tls-") for n in found), found


def test_smtpd_session_holds_no_private_key(inst):
    with inst.smtp(login="gp@chu.test") as s:
        session = inst.session(s)
        s.sendmail("gp@chu.test", ["gp@chu.test", "autre@chu.test"], plain("signe", "gp@chu.test", "gp@chu.test"))
        wanted = {**secrets(inst, "gp@chu.test"), **{"autre " + n: v for n, v in secrets(inst, "autre@chu.test").items()}}
        assert held(session, wanted) == []
        assert held(inst.daemon("pli-smtpd"), wanted) == []


def test_httpd_session_holds_no_private_key(inst):
    """It has done a handshake and given a signed profile."""
    wanted = secrets(inst, "gp@chu.test")
    with contextlib.closing(http.client.HTTPSConnection("localhost", inst.port("https"), context=inst.tls(), timeout=30)) as c:
        c.request("GET", "/apple.mobileconfig?adresse=gp@chu.test")
        assert c.getresponse().read()
        assert held(inst.session(c), wanted) == []
        assert held(inst.daemon("pli-httpd"), wanted) == []


def test_stored_and_dird_hold_no_private_key(inst):
    inst.fetch_all("gp@chu.test")
    wanted = secrets(inst, "gp@chu.test")
    for name in ("pli-stored", "pli-dird", "pli-relayd", "pli-imapd"):
        assert held(inst.daemon(name), wanted) == [], name


def test_imapd_session_holds_its_own_mailbox_key_only(inst):
    with inst.imap("gp@chu.test") as m:
        m.select("INBOX")
        m.fetch("1:*", "(BODY.PEEK[])")
        session = inst.session(m)
        own = held(session, secrets(inst, "gp@chu.test"))
        assert own == ["mailbox"], own
        assert held(session, secrets(inst, "autre@chu.test")) == []
