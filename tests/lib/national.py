# SPDX-License-Identifier: EUPL-1.2
"""Makes files of the shape of Extraction_Correspondance_MSSante_*.txt with fictitious people.

    national.write("file.txt", lines=1000, seed=1)                      the same seed gives the same lines
    national.write("next.txt", lines=1000, seed=1, differences=20)      20 of them differ: some are gone, some new, some changed
    national.write("bad.txt", lines=1000, defects={"crlf", "bom"})      one or several of DEFECTS
    national.write("ps.txt", lines=1000, seed=1, persons=True)          of PS_LibreAcces_Personne_activite_*.txt: a line an activity; the persons are those
                                                                        of the mailboxes with the same seed, and every fourth has no mailbox

    python3 tests/lib/national.py FILE --lines 535000 [--persons] [--seed N] [--differences N] [--defect NAME ...]
"""
import argparse
import random

COLUMNS = (
    "Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|Type identifiant structure|"
    "Identification Structure|Service de rattachement|Civilité d'exercice|Nom d'exercice|Prénom d'exercice|Catégorie profession|"
    "Libellé de catégorie profession|Code Profession|Libellé Profession|Code savoir-faire|Libellé savoir-faire|Dématérialisation|"
    "Raison Sociale structure BAL|Enseigne commerciale structure BAL|L2COMPLEMENTLOCALISATION|L3COMPLEMENTDISTRIBUTION|L4NUMEROVOIE|"
    "L4COMPLEMENTNUMEROVOIE|NL4TYPEVOIE|L4LIBELLEVOIE|L5LIEUDITMENTION|L6LIGNEACHEMINEMENT|Code postal|Département|Pays").split("|")
PERSON_COLUMNS = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|Libellé civilité d'exercice|Code civilité|Libellé civilité|"
    "Nom d'exercice|Prénom d'exercice|Code profession|Libellé profession|Code catégorie professionnelle|Libellé catégorie professionnelle|"
    "Code type savoir-faire|Libellé type savoir-faire|Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice|Numéro SIRET site|"
    "Numéro SIREN site|Numéro FINESS site|Numéro FINESS établissement juridique|Identifiant technique de la structure|Raison sociale site|"
    "Enseigne commerciale site|Complément destinataire (coord. structure)|Complément point géographique (coord. structure)|Numéro Voie (coord. structure)|"
    "Indice répétition voie (coord. structure)|Code type de voie (coord. structure)|Libellé type de voie (coord. structure)|Libellé Voie (coord. structure)|"
    "Mention distribution (coord. structure)|Bureau cedex (coord. structure)|Code postal (coord. structure)|Code commune (coord. structure)|"
    "Libellé commune (coord. structure)|Code pays (coord. structure)|Libellé pays (coord. structure)|Téléphone (coord. structure)|"
    "Téléphone 2 (coord. structure)|Télécopie (coord. structure)|Adresse e-mail (coord. structure)|Code Département (structure)|"
    "Libellé Département (structure)|Ancien identifiant de la structure|Autorité d'enregistrement").split("|")
DEFECTS = {"check-digit": "the check digit of every hundredth number is wrong", "duplicate": "every hundredth line stands twice",
           "short": "every hundredth line lacks columns",
           "twice": "a column that is used has its name twice", "quotes": "every value stands in quotation marks", "nul": "every hundredth line has a NUL", "half": "the second half of the lines is missing",
           "no-column": "the column of addresses, or of persons' numbers, is missing", "crlf": "lines end with CRLF", "bom": "begins with a byte order mark",
           "latin1": "every hundredth line is no UTF-8", "shuffled": "columns stand in another order", "cut": "the last line ends half way"}

SYLLABLES = "ba be bi bo bou cha ché dan del dou fer gau gué hel jo lau lé lo mar mé mi mon nau nel ou pé per ré ro sau sé ta thé tou val ver vi zé".split()
ENDS = "rd nt lle sse tte u in ot eau ier ard et on is ès".split()
GIVEN = "Jean Marie Hélène François Zoé Léa Noël Anaïs Paul Chloé Gaëlle André Inès Rémi Sophie Luc Agnès Eric Maud Cédric Jean-Pierre Marie-Thérèse".split()
TOWNS = [("30900", "NÎMES"), ("13001", "MARSEILLE"), ("35000", "RENNES"), ("42000", "SAINT-ÉTIENNE"), ("64000", "PAU"), ("76600", "LE HAVRE"),
         ("67000", "STRASBOURG"), ("59000", "LILLE"), ("20000", "AJACCIO"), ("97400", "SAINT-DENIS"), ("29200", "BREST"), ("49000", "ANGERS")]
PROFESSIONS = [("10", "Médecin", "SM26", "Qualifié en Médecine Générale"), ("60", "Infirmier", "", ""), ("21", "Pharmacien", "", ""),
               ("70", "Masseur-Kinésithérapeute", "", ""), ("50", "Sage-Femme", "", ""), ("10", "Médecin", "SM04", "Cardiologie et maladies vasculaires")]
SERVICES = ["Cardiologie", "Urgences", "Résultats de biologie", "Pédiatrie", "Secrétariat médical", "Imagerie"]


def with_check_digit(digits):
    total = sum(d if i % 2 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(map(int, reversed(digits))))
    return digits + str(-total % 10)


def plain(text):
    for a, b in zip("éèêëàâîïôöùûüçÉÈÎÔ-' ", "eeeeaaiioouuuceeio..."):
        text = text.replace(a, b)
    return text.lower()


def line(seed, number, version=0):
    """The columns of one line, which follow from these three numbers alone."""
    r = random.Random(f"{seed}/{number}/{version}" if version else f"{seed}/{number}")
    who = random.Random(f"{seed}/{number}")  # what a change leaves as it is
    code, town = TOWNS[r.randrange(len(TOWNS))]
    finess = with_check_digit(f"30{number % 1000000:06d}")
    structure = f"Centre Hospitalier {''.join(who.choice(SYLLABLES) for _ in range(2)).capitalize()} & Fils"
    street = ["", "", str(r.randrange(1, 200)), "", "RUE", "DES ÉCOLES", "", f"{code} {town}", code, code[:2], "France"]
    if who.random() < 0.15:
        service = who.choice(SERVICES)
        address = f"{plain(service)}.{number}@chu{number % 900}.mssante.fr"
        return ["ORG", address, "", "", "", "1", finess, service, "", "", "", "", "", "", "", "", "", "O", structure, ""] + street
    name = ("".join(who.choice(SYLLABLES) for _ in range(who.randrange(1, 3))) + who.choice(ENDS)).upper()
    given = who.choice(GIVEN)
    rpps = with_check_digit(f"10{number:08d}")
    p = r.choice(PROFESSIONS)
    address = f"{plain(given)}.{plain(name)}.{number}@{who.choice(['medecin', 'pro', 'aura'])}.mssante.fr"
    return ["PER", address, "8", rpps, "8" + rpps, "1", finess, "", who.choice(["DR", "M", "MME"]), name, given, "C", "Civil", p[0], p[1], p[2], p[3],
            r.choice("ON"), structure, ""] + street


def activity(seed, number, version=0):
    """The columns of one line of persons: three lines of four are of whoever has line(seed, number), if that is a person."""
    r = random.Random(f"activity/{seed}/{number}/{version}" if version else f"activity/{seed}/{number}")
    box = line(seed, number)
    if box[0] == "PER" and number % 4:
        rpps, name, given = box[3], box[9], box[10]
    else:
        rpps, name, given = with_check_digit(f"11{number:08d}"), "SANSBOÎTE" + r.choice(ENDS).upper(), r.choice(GIVEN)
    code, town = r.choice(TOWNS)
    p, finess, siret = r.choice(PROFESSIONS), with_check_digit(f"31{number % 1000000:06d}"), with_check_digit(f"39{number:011d}")
    site = plain(f"Cabinet {r.choice(SYLLABLES)}{r.choice(SYLLABLES)}").replace(".", " ").title()
    return ["8", rpps, "8" + rpps, "DR", "Docteur", "M", "Monsieur", name, given, p[0], p[1], "C", "Civil", "S" if p[2] else "", "", p[2], p[3], "L", "Libéral",
            siret, siret[:9], r.choice([finess, ""]), "", "F" + finess, site, "", "", "", str(r.randrange(1, 99)), "", "R", "Rue", "des Lilas", "", f"{code} {town}",
            code, code, town.title(), "", "", f"04{number % 10 ** 8:08d}", "", "", f"{plain(given)}@example.org", code[:2], "", "", "CNOM"]


def rows(lines, seed, differences, of=line):
    """Of every three differences one line is gone, one is new, one has changed."""
    step = max(1, lines // differences) if differences else 0
    done = 0
    for n in range(lines):
        if step and n % step == step - 1 and done < differences:
            kind, done = done % 3, done + 1
            if kind == 0:
                continue
            if kind == 1:
                yield of(seed, lines + n)
            yield of(seed, n, version=int(kind == 2))
        else:
            yield of(seed, n)


def damage(columns, n, defects):
    id_at, name_at = (1, 7) if len(columns) == len(PERSON_COLUMNS) else (3, 9)
    if n % 100 == 99 and columns[id_at] and "check-digit" in defects:
        columns[id_at] = columns[id_at][:-1] + str((int(columns[id_at][-1]) + 1) % 10)
    if "quotes" in defects:
        columns = [f'"{c}"' for c in columns]
    text = "|".join(columns)
    if n % 100 == 49 and "short" in defects:
        text = "|".join(columns[:20])
    if n % 100 == 69 and "nul" in defects:
        text = text[:40] + "\0" + text[40:]
    raw = text.encode()
    if n % 100 == 79 and "latin1" in defects:
        raw = "|".join(columns[:name_at] + ["HÉLAS"] + columns[name_at + 1:]).encode("latin-1", "replace")
    return [raw, raw] if n % 100 == 29 and "duplicate" in defects else [raw]


def order(defects, names):
    keep = list(range(len(names)))
    if "shuffled" in defects:
        random.Random(7).shuffle(keep)
    if "no-column" in defects:
        keep.remove(1)
    return keep


def write(path, lines, seed=1, differences=0, defects=(), persons=False):
    assert set(defects) <= set(DEFECTS), defects
    names, of = (PERSON_COLUMNS, activity) if persons else (COLUMNS, line)
    keep, end = order(defects, names), b"\r\n" if "crlf" in defects else b"\n"
    changes_shape = {"shuffled", "no-column"} & set(defects)
    head = [names[k] for k in keep]
    if "twice" in defects:
        head[0] = head[1]
    with open(path, "wb") as f:
        f.write(b"\xef\xbb\xbf" if "bom" in defects else b"")
        f.write("|".join(head).encode() + end)
        for n, columns in enumerate(rows(lines, seed, differences, of)):
            if "half" in defects and n >= lines // 2:
                break
            if changes_shape:
                columns = [columns[k] for k in keep]
            for raw in damage(columns, n, defects):
                f.write(raw + end)
        if "cut" in defects:
            f.truncate(f.tell() - 60)


if __name__ == "__main__":
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("file")
    a.add_argument("--lines", type=int, default=1000)
    a.add_argument("--persons", action="store_true")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--differences", type=int, default=0)
    a.add_argument("--defect", action="append", default=[], choices=sorted(DEFECTS))
    a = a.parse_args()
    write(a.file, a.lines, a.seed, a.differences, a.defect, a.persons)
