/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/words.c - the dictionaries of extract/pack.h: what stands in nearly every summary, and in nearly every search text of a letter between
 * health professionals. Written by hand from the formats, the trace fields that Pli writes and the usual phrases of such letters. No message was read
 * for it.
 *
 * INV  a dictionary is part of the format on disk: not an octet of it may change. Another one is another enum pack_words, and another version byte
 *      of what is packed with it. pack_test.c holds a digest of each.
 */
#include "extract/pack.h"

#define SUMMARY                                                                                                        \
    "Return-Path: <\r\nAuthentication-Results: mx.; smime=pass body.smime-identifier=; smime=none\r\n"                 \
    "X-Mailer: Microsoft Outlook 16.0\r\nUser-Agent: Mozilla Thunderbird\r\nX-Priority: 3\r\nImportance: normal\r\n"   \
    "Thread-Topic: \r\nThread-Index: \r\nAccept-Language: fr-FR, en-US\r\nContent-Language: fr-FR\r\nCc: \r\n"         \
    "Reply-To: \r\nSender: \r\nX-MSS-\r\nDisposition-Notification-To: \r\nIn-Reply-To: <\r\nReferences: <\r\n "        \
    "Received: from localhost (localhost [127.0.0.1])\r\n\tby smtp. (Postfix) with ESMTPS id \r\n\tfor <"              \
    "Received: from mail. (mail. [10.0.0.])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))"    \
    "\r\n\tby smtp. (Postfix) with ESMTPSA id \r\n\tfor <>; "                                                          \
    "Received: from  ([])\r\n\tby  (Pli) with ESMTPS id \r\n\tfor <>\r\n\ttls TLS_AES_256_GCM_SHA384 (TLS1.3);\r\n\t"  \
    "Mon, 1 Jan 2026 Tue, 2 Feb 2026 Wed, 3 Mar 2026 Thu, 4 Apr 2026 Fri, 5 May 2026 Sat, 6 Jun 2026 Sun, 7 Jul 2026 " \
    "08: Aug 2026 09: Sep 2026 10: Oct 2026 11: Nov 2026 12: Dec 2026 14: Jan 2027 15: 16: 17: :00 +0100\r\n"          \
    ":00 +0200\r\n:00 +0000\r\nFrom: Docteur From: Dr From: =?utf-8?Q?From: \"\" <dr.@medecin.mssante.fr>\r\n"         \
    "To: <contact@secretariat@chu-.mssante.fr>\r\nTo: =?utf-8?B?To: \"\" <>, \r\nTo: "                                 \
    "Subject: =?utf-8?Q?Compte_rendu_de_consultation_R=C3=A9sultats_d'examens_biologie_Courrier_de_sortie_"            \
    "d'hospitalisation_Lettre_de_liaison_Demande_d'avis_=E2=80=99\r\nSubject: =?iso-8859-1?Q?Subject: Re: "            \
    "Subject: RE: Subject: TR: Subject: Fwd: Subject: XDM/1.0/DDM+\r\nSubject: Date: \r\nMessage-ID: <"                \
    ".JavaMail.\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=\"utf-8\"\r\n"                                \
    "Content-Type: text/plain; charset=iso-8859-1; format=flowed\r\nContent-Type: text/plain; charset=utf-8\r\n"       \
    "Content-Type: multipart/alternative;\r\n\tboundary=\"Content-Type: multipart/mixed; boundary=\"----=_Part_"       \
    "----_=_NextPart_Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256;\r\n "   \
    "boundary=\"----\"\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Transfer-Encoding: base64\r\n"        \
    "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 8bit\r\nContent-Disposition: attachment;\r\n"       \
    "(\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" "                                         \
    "(\"text\" \"plain\" (\"charset\" \"iso-8859-1\" \"format\" \"flowed\") NIL NIL \"8bit\" "                         \
    "(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7BIT\" NIL NIL NIL NIL)"                                    \
    "(\"application\" \"pdf\" (\"name\" \".pdf\") NIL NIL \"base64\" NIL (\"attachment\" (\"filename\" \".pdf\")) "    \
    "NIL NIL)(\"application\" \"zip\" (\"name\" \"IHE_XDM.ZIP\") NIL NIL \"base64\" NIL "                              \
    "(\"attachment\" (\"filename\" \"IHE_XDM.ZIP\")) NIL NIL)(\"image\" \"png\" (\"name\" \"image001.png\") "          \
    "\"<image001.png@\" NIL \"base64\" NIL (\"inline\" (\"filename\" \"image001.png\")) NIL NIL)"                      \
    "(\"application\" \"pkcs7-signature\" (\"name\" \"smime.p7s\") NIL NIL \"base64\" NIL "                            \
    "(\"attachment\" (\"filename\" \"smime.p7s\")) NIL NIL) \"alternative\" (\"boundary\" \" \"mixed\" (\"boundary\" " \
    "\"----\") NIL NIL NIL) \"signed\" (\"protocol\" \"application/pkcs7-signature\" \"micalg\" \"sha-256\" "          \
    "\"boundary\" \"----\") NIL NIL NIL)((\"((NIL NIL \" \"mssante.fr\")) NIL NIL NIL \"<\"(\"Mon, \" 2026 +0100\" \"" \
    "\"))((\"))((NIL NIL \""

#define TEXT                                                                                                           \
    "return-path: <\nauthentication-results: mx.; smime=pass body.smime-identifier=; smime=none\n"                     \
    "x-mailer: microsoft outlook 16.0\nuser-agent: mozilla thunderbird\nx-priority: 3\nimportance: normal\n"           \
    "thread-topic: \nthread-index: \naccept-language: fr-fr, en-us\ncontent-language: fr-fr\ncc: \nreply-to: \n"       \
    "disposition-notification-to: \nin-reply-to: <\nreferences: <\nreceived: from localhost (localhost [127.0.0.1]) "  \
    "by smtp. (postfix) with esmtpsa id for <\nreceived: from ([]) by (pli) with esmtps id for <> "                    \
    "tls tls_aes_256_gcm_sha384 (tls1.3); mon, 1 jan 2026 tue, 2 feb 2026 wed, 3 mar 2026 thu, 4 apr 2026 fri, 5 may " \
    "2026 sat, 6 jun 2026 sun, 7 jul 2026 aug 2026 sep 2026 oct 2026 nov 2026 dec 2026 jan 2027 08: 09: 10: 11: 12: "  \
    ":00 +0100\n:00 +0200\n:00 +0000\nfrom: docteur <dr.@medecin.mssante.fr>\nto: <secretariat@chu-.mssante.fr>\n"     \
    "subject: compte rendu de consultation\nsubject: resultats d'examens de biologie\nsubject: xdm/1.0/ddm+\n"         \
    "subject: re: \nsubject: tr: \nsubject: \ndate: \nmessage-id: <\nmime-version: 1.0\n"                              \
    "content-type: text/plain; charset=utf-8; format=flowed\ncontent-type: multipart/alternative; boundary=\"\n"       \
    "content-type: multipart/mixed; boundary=\"----=_part_\n"                                                          \
    "content-type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"----\"\n"    \
    "content-transfer-encoding: quoted-printable\ncontent-transfer-encoding: 7bit\n"                                   \
    "content-transfer-encoding: 8bit\nsmime.p7s\0.pdf\0ihe_xdm.zip\0image001.png\0"                                    \
    "chere consoeur, cher confrere, cher ami, madame, monsieur, bonjour, "                                             \
    "je vous remercie de m'avoir adresse votre patient, je vous adresse, veuillez trouver ci-joint le compte rendu "   \
    "de "                                                                                                              \
    "l'hospitalisation de monsieur madame nee le, ne le, age de, agee de ans, que j'ai vu ce jour en consultation, "   \
    "vue ce jour en consultation pour, qui a ete hospitalise dans le service du au, hospitalisee dans notre service "  \
    "motif d'hospitalisation : antecedents medicaux chirurgicaux familiaux allergies : aucune allergie connue, "       \
    "mode de vie, histoire de la maladie : traitement habituel a l'entree : traitement de sortie : "                   \
    "examen clinique a l'entree : poids : kg taille : cm tension arterielle : mmhg, frequence cardiaque : /min, "      \
    "temperature : saturation : % en air ambiant, auscultation cardio-pulmonaire, abdomen souple, depressible, "       \
    "indolore, sans defense, examen neurologique sans particularite, examens complementaires : "                       \
    "bilan biologique : hemoglobine g/dl, leucocytes g/l, plaquettes, creatinine mol/l, clairance, crp mg/l, "         \
    "natremie, kaliemie mmol/l, glycemie, hba1c, tsh, inr, cholesterol, triglycerides, ferritine, uree, "              \
    "electrocardiogramme : rythme sinusal, radiographie thoracique, echographie, scanner thoraco-abdomino-pelvien, "   \
    "irm cerebrale, injection de produit de contraste, anatomopathologie, prelevement, resultat, valeurs de "          \
    "reference, technique, indication, conclusion : au total, absence de lesion, pas d'anomalie significative, "       \
    "evolution dans le service : l'evolution a ete favorable, prise en charge, diagnostic, hypertension arterielle, "  \
    "diabete de type 2, insuffisance cardiaque, insuffisance renale chronique, fibrillation auriculaire, "             \
    "bronchopneumopathie chronique obstructive, infection urinaire, accident vasculaire cerebral, embolie pulmonaire," \
    " chimiotherapie, radiotherapie, intervention chirurgicale sous anesthesie generale, antibiotherapie, "            \
    "traitement par, mg, 1 comprime matin midi et soir, 1 fois par jour pendant jours, puis, a renouveler, "           \
    "paracetamol 1 g, amoxicilline, acide clavulanique, kardegic 75 mg, metformine, bisoprolol 2,5 mg, furosemide, "   \
    "atorvastatine, levothyrox, apixaban, insuline, ordonnance, surveillance, suivi, rendez-vous, reevaluation, "      \
    "retour a domicile, avec une infirmiere, medecin traitant, a revoir en consultation dans mois avec un bilan, "     \
    "patient, patiente, clinique, traitement, examen, "                                                                \
    "nous restons a votre disposition pour tout renseignement complementaire. je vous prie de croire, cher confrere, " \
    "a l'assurance de mes sentiments les meilleurs. bien confraternellement, cordialement, docteur, praticien "        \
    "hospitalier, chef de service, secretariat : tel. : fax : centre hospitalier universitaire, cabinet medical, "     \
    "laboratoire de biologie medicale, avenue, rue de la, ce message et toutes les pieces jointes sont confidentiels " \
    "et couverts par le secret medical. si vous n'etes pas le destinataire, merci de le detruire et d'en avertir "     \
    "l'expediteur. messagerie securisee de sante mssante. document genere automatiquement, ne pas repondre. "          \
    "dans les , qu'il , est en faveur de , sur le plan , par ailleurs, ainsi que , il n'y a pas de , au niveau de "

const struct span pack_words[PACK_WORDS] = {
    [PACK_SUMMARY] = {(const unsigned char *)SUMMARY, sizeof SUMMARY - 1},
    [PACK_TEXT] = {(const unsigned char *)TEXT, sizeof TEXT - 1},
};
