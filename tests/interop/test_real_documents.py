# SPDX-License-Identifier: EUPL-1.2
"""Real-format CDA documents, packed as IHE_XDM.zip, go from a hospital's application to a GP and come out as they went in;
skipped where the real data is not beside the checkout."""
import datetime
import email
import email.policy
import io
import pathlib
import subprocess
import sys
import zipfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "demo"))
import cda  # noqa: E402

NAMES = ["BIO-CR-BIO_2021.01_Auto-Presentable_avec-image.xml", "BIO-CR-BIO_2021.01_CDA-R2-Niveau-1.xml", "BIO-CR-BIO_2024.01_TSH_1.xml",
         "BIO-CR-BIO_2024.01_TSH_2.xml", "BIO-TROD_2024.01_Angine.xml", "CARD-F-PRC-AVK_2022.01.xml", "CNAM-HR_2021.01.xml", "DOC_NON_STRUCTURE_CDA-R2-N1.xml"]


@pytest.fixture(scope="module")
def people(pli):
    pli.add("comptes-rendus@chu.test", kind="app", name="CHU - Comptes rendus")
    pli.add("helene.martin@chu.test", kind="per", name="Hélène MARTIN")
    return "comptes-rendus@chu.test", "helene.martin@chu.test"


@pytest.mark.parametrize("name", NAMES)
def test_a_real_document_comes_out_as_it_went_in(pli, people, data, name, tmp_path):
    source, when = data / "cda" / name, datetime.datetime.now(datetime.timezone.utc)
    if not source.exists():
        pytest.skip(f"no {source}")
    document = source.read_bytes()
    hospital, doctor = people
    pli.submit(hospital, [doctor], cda.message(hospital, "CHU", doctor, "lupus", cda.archive(document, "2.25.1", when), when))
    whole = pli.fetch_all(doctor)[-1]
    (tmp_path / "m").write_bytes(whole)
    r = subprocess.run(["openssl", "cms", "-verify", "-in", tmp_path / "m", "-CAfile", pli.ca, "-out", "/dev/null"], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    message = email.message_from_bytes(whole, policy=email.policy.default)
    assert message["X-MSS-CODECDA"] == cda.CODE and message["X-MSS-INS"] == "O" and message["Subject"].startswith("XDM/1.0/DDM+")
    attachment = next(p for p in message.walk() if p.get_filename() == "IHE_XDM.zip")
    with zipfile.ZipFile(io.BytesIO(attachment.get_content())) as z:
        assert z.read("IHE_XDM/SUBSET01/DOC00001.XML") == document
