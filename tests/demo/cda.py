# SPDX-License-Identifier: EUPL-1.2
"""A fictitious hospital report as health software sends it: a CDA R2 document in French, packed as IHE_XDM.zip, in a message.

Everything is made up: patient, professionals, findings. The patient's number stands under the OID of test identities
(1.2.250.1.213.1.4.10). Sources: HL7 CDA R2 (element order of its schema), IHE ITI-32 (layout of the archive), ebRIM 3.0.
"""
import datetime
import email.message
import email.policy
import email.utils
import hashlib
import io
import uuid
import zipfile
from xml.sax.saxutils import escape

INS_TEST = "1.2.250.1.213.1.4.10"
CODE, LABEL = "11488-4", "CR ou fiche de consultation ou de visite"


def ins(sex, year, month, department, commune, order):
    """13 digits and the key modulo 97."""
    n = f"{sex}{year:02}{month:02}{department:02}{commune:03}{order:03}"
    return n + f"{97 - int(n) % 97:02}"


PATIENT = {"ins": ins(2, 85, 1, 75, 56, 1), "sn": "DESSAI", "given": "Camille", "birth": datetime.date(1985, 1, 17), "sex": "F"}


def document(word, author, structure, finess, when):
    """The CDA, as bytes. word: one that the report must hold, and that nothing else does."""
    p, stamp = PATIENT, when.strftime("%Y%m%d%H%M%S%z")
    doc_id = f"2.25.{uuid.uuid4().int}"
    findings = f"Compte rendu de consultation du {when:%d/%m/%Y}. Suspicion de {word} écartée ; contrôle à six mois."
    xml = f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="FR"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <id root="{doc_id}"/>
  <code code="{CODE}" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="{LABEL}"/>
  <title>Compte rendu de consultation</title>
  <effectiveTime value="{stamp}"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="Normal"/>
  <languageCode code="fr-FR"/>
  <recordTarget>
    <patientRole>
      <id root="{INS_TEST}" extension="{p['ins']}"/>
      <patient>
        <name><family qualifier="BR">{p['sn']}</family><given>{p['given']}</given></name>
        <administrativeGenderCode code="{p['sex']}" codeSystem="2.16.840.1.113883.5.1"/>
        <birthTime value="{p['birth']:%Y%m%d}"/>
      </patient>
    </patientRole>
  </recordTarget>
  <author>
    <time value="{stamp}"/>
    <assignedAuthor>
      <id root="1.2.250.1.71.4.2.1" extension="899990000018"/>
      <assignedPerson><name><prefix>Dr</prefix><given>Fictif</given><family>{escape(author)}</family></name></assignedPerson>
      <representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1{finess}"/><name>{escape(structure)}</name></representedOrganization>
    </assignedAuthor>
  </author>
  <custodian>
    <assignedCustodian>
      <representedCustodianOrganization><id root="1.2.250.1.71.4.2.2" extension="1{finess}"/><name>{escape(structure)}</name></representedCustodianOrganization>
    </assignedCustodian>
  </custodian>
  <component>
    <structuredBody>
      <component>
        <section>
          <code code="29299-5" codeSystem="2.16.840.1.113883.6.1" displayName="Motif de consultation"/>
          <title>Motif</title>
          <text>Suivi après hospitalisation.</text>
        </section>
      </component>
      <component>
        <section>
          <code code="51848-0" codeSystem="2.16.840.1.113883.6.1" displayName="Conclusion"/>
          <title>Conclusion</title>
          <text><paragraph>{escape(findings)}</paragraph></text>
        </section>
      </component>
    </structuredBody>
  </component>
</ClinicalDocument>
"""
    return xml.encode(), doc_id


def _slot(name, *values):
    items = "".join(f"<rim:Value>{escape(v)}</rim:Value>" for v in values)
    return f'<rim:Slot name="{name}"><rim:ValueList>{items}</rim:ValueList></rim:Slot>'


def _identifier(number, owner, scheme, name, value):
    return (f'<rim:ExternalIdentifier id="urn:uuid:{number}" registryObject="{owner}" identificationScheme="urn:uuid:{scheme}" '
            f'value="{escape(value)}"><rim:Name><rim:LocalizedString value="{name}"/></rim:Name></rim:ExternalIdentifier>')


def metadata(cda, doc_id, when):
    """METADATA.XML: one submission set with one document."""
    p, source = PATIENT, "1.2.250.1.999.1.1"
    patient = f"{p['ins']}^^^&{INS_TEST}&ISO^NH"
    u = [str(uuid.uuid4()) for _ in range(6)]
    doc = ('<rim:ExtrinsicObject id="Document01" mimeType="text/xml" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">'
           + _slot("creationTime", when.strftime("%Y%m%d%H%M%S")) + _slot("hash", hashlib.sha1(cda).hexdigest()) + _slot("languageCode", "fr-FR")
           + _slot("size", str(len(cda))) + _slot("sourcePatientId", patient) + _slot("URI", "DOC00001.XML")
           + f'<rim:Name><rim:LocalizedString value="{LABEL}"/></rim:Name>'
           + _identifier(u[0], "Document01", "58a6f841-87b3-4a3e-92fd-a8ffeff98427", "XDSDocumentEntry.patientId", patient)
           + _identifier(u[1], "Document01", "2e82c1f6-a085-4c72-9da3-8640a32e42ab", "XDSDocumentEntry.uniqueId", doc_id) + "</rim:ExtrinsicObject>")
    lot = ('<rim:RegistryPackage id="SubmissionSet01">' + _slot("submissionTime", when.strftime("%Y%m%d%H%M%S"))
           + '<rim:Name><rim:LocalizedString value="Lot"/></rim:Name>'
           + _identifier(u[2], "SubmissionSet01", "6b5aea1a-874d-4603-a4bc-96a0a7b38446", "XDSSubmissionSet.patientId", patient)
           + _identifier(u[3], "SubmissionSet01", "554ac39e-e3fe-47fe-b233-965d2a147832", "XDSSubmissionSet.sourceId", source)
           + _identifier(u[4], "SubmissionSet01", "96fdda7c-d067-4183-912e-bf5ee74998a8", "XDSSubmissionSet.uniqueId", f"2.25.{uuid.uuid4().int}")
           + "</rim:RegistryPackage>")
    kind = (f'<rim:Classification id="urn:uuid:{u[5]}" classifiedObject="SubmissionSet01" '
            'classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"/>')
    link = ('<rim:Association id="Association01" associationType="urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember" '
            'sourceObject="SubmissionSet01" targetObject="Document01">' + _slot("SubmissionSetStatus", "Original") + "</rim:Association>")
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" '
            'xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><rim:RegistryObjectList>'
            + doc + lot + kind + link + "</rim:RegistryObjectList></lcm:SubmitObjectsRequest>\n").encode()


def archive(cda, doc_id, when):
    """IHE_XDM.zip, as bytes."""
    files = {
        "README.TXT": "Document de demonstration. Patient et professionnels fictifs.\r\n",
        "INDEX.HTM": '<html><body><p><a href="IHE_XDM/SUBSET01/DOC00001.XML">Document</a></p></body></html>\r\n',
        "IHE_XDM/SUBSET01/METADATA.XML": metadata(cda, doc_id, when),
        "IHE_XDM/SUBSET01/DOC00001.XML": cda,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items():
            z.writestr(name, data)
    return out.getvalue()


def message(sender, label, recipient, word, xdm, when):
    """The mail, as bytes with CRLF. word stands in the text too."""
    p = PATIENT
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m["From"] = email.utils.formataddr((label, sender))
    m["To"] = recipient
    m["Subject"] = f"XDM/1.0/DDM+{LABEL[:40]} {p['sn']} {p['given']} {p['birth']:%d/%m/%Y}"
    m["Date"] = when
    m["Message-ID"] = email.utils.make_msgid(domain=sender.split("@")[1])
    m["Disposition-Notification-To"] = sender
    m["X-MSS-CODECDA"] = CODE
    m["X-MSS-INS"] = "O"
    m.set_content(f"Chère consœur, cher confrère,\n\nVeuillez trouver ci-joint un compte rendu.\nConclusion : {word} écartée.\n\nCordialement.\n",
                  cte="quoted-printable")
    m.add_attachment(xdm, "application", "zip", filename="IHE_XDM.zip")
    return m.as_bytes()
