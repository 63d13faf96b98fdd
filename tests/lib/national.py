# SPDX-License-Identifier: EUPL-1.2
"""Makes files of the shape of Extraction_Correspondance_MSSante_*.txt with fictitious people.

    national.write("file.txt", lines=1000, seed=1)                      the same seed gives the same lines
    national.write("next.txt", lines=1000, seed=1, differences=20)      20 of them differ: some are gone, some new, some changed
    national.write("bad.txt", lines=1000, defects={"crlf", "bom"})      one or several of DEFECTS

    python3 tests/lib/national.py FILE --lines 535000 [--seed N] [--differences N] [--defect NAME ...]
"""
import argparse
import random

COLUMNS = (
    "Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|Type identifiant structure|"
    "Identification Structure|Service de rattachement|Civilité d'exercice|Nom d'exercice|Prénom d'exercice|Catégorie profession|"
    "Libellé de catégorie profession|Code Profession|Libellé Profession|Code savoir-faire|Libellé savoir-faire|Dématérialisation|"
    "Raison Sociale structure BAL|Enseigne commerciale structure BAL|L2COMPLEMENTLOCALISATION|L3COMPLEMENTDISTRIBUTION|L4NUMEROVOIE|"
    "L4COMPLEMENTNUMEROVOIE|NL4TYPEVOIE|L4LIBELLEVOIE|L5LIEUDITMENTION|L6LIGNEACHEMINEMENT|Code postal|Département|Pays").split("|")
DEFECTS = {"check-digit": "the check digit of every hundredth number is wrong", "duplicate": "every hundredth line stands twice",
           "short": "every hundredth line lacks columns", "half": "the second half of the lines is missing",
           "no-column": "the column of addresses is missing", "crlf": "lines end with CRLF", "bom": "begins with a byte order mark",
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


def rows(lines, seed, differences):
    """Of every three differences one line is gone, one is new, one has changed."""
    step = max(1, lines // differences) if differences else 0
    done = 0
    for n in range(lines):
        if step and n % step == step - 1 and done < differences:
            kind, done = done % 3, done + 1
            if kind == 0:
                continue
            if kind == 1:
                yield line(seed, lines + n)
            yield line(seed, n, version=int(kind == 2))
        else:
            yield line(seed, n)


def damage(columns, n, defects, seed):
    if n % 100 == 99 and columns[3] and "check-digit" in defects:
        columns[3] = columns[3][:-1] + str((int(columns[3][-1]) + 1) % 10)
    text = "|".join(columns)
    if n % 100 == 49 and "short" in defects:
        text = "|".join(columns[:20])
    raw = text.encode()
    if n % 100 == 79 and "latin1" in defects:
        raw = "|".join(columns[:9] + ["HÉLAS"] + columns[10:]).encode("latin-1", "replace")
    return [raw, raw] if n % 100 == 29 and "duplicate" in defects else [raw]


def order(defects):
    keep = list(range(len(COLUMNS)))
    if "shuffled" in defects:
        random.Random(7).shuffle(keep)
    if "no-column" in defects:
        keep.remove(1)
    return keep


def write(path, lines, seed=1, differences=0, defects=()):
    assert set(defects) <= set(DEFECTS), defects
    keep, end = order(defects), b"\r\n" if "crlf" in defects else b"\n"
    changes_shape = {"shuffled", "no-column"} & set(defects)
    with open(path, "wb") as f:
        f.write(b"\xef\xbb\xbf" if "bom" in defects else b"")
        f.write("|".join(COLUMNS[k] for k in keep).encode() + end)
        for n, columns in enumerate(rows(lines, seed, differences)):
            if "half" in defects and n >= lines // 2:
                break
            if changes_shape:
                columns = [columns[k] for k in keep]
            for raw in damage(columns, n, defects, seed):
                f.write(raw + end)
        if "cut" in defects:
            f.truncate(f.tell() - 60)


if __name__ == "__main__":
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("file")
    a.add_argument("--lines", type=int, default=1000)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--differences", type=int, default=0)
    a.add_argument("--defect", action="append", default=[], choices=sorted(DEFECTS))
    a = a.parse_args()
    write(a.file, a.lines, a.seed, a.differences, a.defect)
