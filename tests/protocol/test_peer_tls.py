# SPDX-License-Identifier: EUPL-1.2
"""TLS on port 25 (spec/mssante.md 1.2): versions, suites and both server certificates, each with a client certificate that is shown and taken."""
import smtplib
import ssl

import pytest
from instance import Instance, plain

NEW = {"ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"}
OLD = {"ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA256"}
NEVER = {"AES256-GCM-SHA384", "AES128-SHA", "ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-CHACHA20-POLY1305", "DHE-RSA-AES256-GCM-SHA384",
         "ECDHE-ECDSA-AES256-SHA", "AES256-SHA256", "ECDHE-RSA-CAMELLIA256-SHA384", "ECDHE-ECDSA-AES128-CCM"}


@pytest.fixture(scope="module", params=["no", "yes"])
def inst(request):
    with Instance(conf=[f"smtpd {{ old_ciphers = {request.param} }}"]) as pli:
        pli.add("gp@chu.test", sign="never")
        pli.old = request.param == "yes"
        pli.cert = pli.trust_operator("load.test")
        yield pli


def context(inst, version, suites=None):
    ctx = inst.tls(inst.cert)
    ctx.minimum_version = ctx.maximum_version = version
    if suites:
        ctx.set_ciphers(":".join(suites) + ":@SECLEVEL=0")
    return ctx


def delivers(inst, ctx, service="smtp"):
    """The name of the suite with which a message of that peer was taken; None when there was no handshake."""
    s = smtplib.SMTP("localhost", inst.port(service), "client.test", timeout=60)
    try:
        s.starttls(context=ctx)
    except (ssl.SSLError, ConnectionError, smtplib.SMTPServerDisconnected):
        s.close()
        return None
    with s:
        assert not s.sendmail("a@load.test", ["gp@chu.test"], plain("x", "a@load.test", "gp@chu.test"))
        return s.sock.cipher()[0]


@pytest.mark.parametrize("suite", sorted(NEW | OLD))
def test_suites_of_1_2(inst, suite):
    """Each of them alone: RSA and ECDSA certificates both, for the suite says which."""
    assert delivers(inst, context(inst, ssl.TLSVersion.TLSv1_2, [suite])) == (suite if suite in NEW or inst.old else None)


@pytest.mark.parametrize("suite", sorted(NEVER))
def test_what_is_never_taken(inst, suite):
    assert delivers(inst, context(inst, ssl.TLSVersion.TLSv1_2, [suite])) is None


def test_better_goes_before_old(inst):
    assert delivers(inst, context(inst, ssl.TLSVersion.TLSv1_2, [*sorted(OLD), "ECDHE-RSA-AES128-GCM-SHA256"])) == "ECDHE-RSA-AES128-GCM-SHA256"


def test_1_3(inst):
    assert delivers(inst, context(inst, ssl.TLSVersion.TLSv1_3)).startswith("TLS_AES_")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_older_versions(inst, version):
    ctx = context(inst, version)
    ctx.set_ciphers("ALL:@SECLEVEL=0")
    assert delivers(inst, ctx) is None


def test_old_suites_are_for_operators_alone(inst):
    """Clients of submission have no use for them, whatever is set."""
    ctx = context(inst, ssl.TLSVersion.TLSv1_2, sorted(OLD))
    with smtplib.SMTP("localhost", inst.port("submission"), "client.test", timeout=60) as s, pytest.raises((ssl.SSLError, ConnectionError)):
        s.starttls(context=ctx)
