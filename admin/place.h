/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place.h - a place where mail lies in folders: a mailbox behind IMAP, a Maildir, mbox files. What pli mailbox import and export copy between.
 *
 * Names    a folder's name is its levels in modified UTF-7 (RFC 3501 5.1.3), divided by PLACE_SEP, whatever divides them in the place itself. The first
 *          level of INBOX is spelled INBOX. A level may hold any character but controls.
 * Octets   a message is what IMAP shows of it. A file whose lines end with LF alone is read with CRLF; a file whose first line ends with CRLF is read as it
 *          stands (the rule of APPEND: docs/decisions/0013).
 * Dates    INTERNALDATE, UTC seconds. A zone is not kept, for no place keeps one for sure.
 * Faults   a message that cannot be read is named and left out, and the reading goes on (struct reading). An error that a function returns is one of the
 *          place as a whole: what was done stays done, and the same command begun again goes on.
 * Trust    what a place holds is somebody else's: files are opened without following links, an IMAP server's answers go through libetpan and through the
 *          bounds of place_imap.c. Whoever prints names and faults makes them printable (mailbox_printable()).
 * Owns     struct place owns its connection or its list. Spans given to a callback live until it returns.
 * Process  pli; later the HTTP daemon.   Source RFC 3501, RFC 6154, RFC 4155 (mbox), cr.yp.to/proto/maildir.html, Maildir++.
 */
#pragma once
#include "base/buf.h"
#include "store/wire/folders.h"

enum { PLACE_SEP = 0x1f };

struct place_folder {
    struct span name;
    enum store_special role;
    bool subscribed;
};
struct letter { /* one message */
    struct span octets;
    int64_t date;
    uint32_t flags;        /* MF_SEEN ... MF_DRAFT (store/wire/common.h) */
    struct span keywords;  /* each with a space behind it, sorted, none twice, case kept */
    const char *where;     /* its file or its UID, for faults */
};
/* Reading a folder. Not RC_OK from .see ends the reading with that. .refuse: one message is left out, and why. */
struct reading {
    enum rc (*see)(const struct letter *l, void *ctx, struct err *e);
    void (*refuse)(const char *where, const char *why, void *ctx);
    void *ctx;
    uint64_t limit; /* octets: a larger message is refused without being read; 0: none */
};
struct place;
struct place_ops {
    enum rc (*folders)(struct place *p, enum rc (*see)(const struct place_folder *f, void *ctx, struct err *e), void *ctx, struct err *e);
    /* messages and octets about, for a progress bar; RC_NOTFOUND: no such folder */
    enum rc (*count)(struct place *p, struct span folder, uint64_t *messages_out, uint64_t *octets_out, struct err *e);
    enum rc (*read)(struct place *p, struct span folder, const struct reading *r, struct err *e);
    /* The three below are NULL in a place that is only read. */
    /* Makes the folder where it is missing; gives it its role where the place can and nobody else has it. RC_EXISTS: it is there, and another folder has the role. */
    enum rc (*make)(struct place *p, const struct place_folder *f, struct err *e);
    /* RC_PERM, RC_SYNTAX: this message is not taken, the next may be. RC_DENIED, RC_NOTFOUND: this folder takes none. RC_QUOTA: the place is full. RC_OK: it
     * is there, but for the keywords in .left. */
    enum rc (*add)(struct place *p, struct span folder, const struct letter *l, struct err *e);
    void (*close)(struct place *p);
};
struct place {
    const struct place_ops *ops;
    uint64_t limit;  /* octets of a message that .add takes; 0: not known */
    struct buf left; /* keywords of the message added last for which its folder had no room, each with a space behind */
};
void place_close(struct place **p);

/* ---- a mailbox behind IMAP (place_imap.c) ---- */
struct imap_at {
    const char *host, *port;  /* a name or an address; a number or a service's name */
    bool tls_first;           /* imaps; else STARTTLS, without which nothing is said */
    const char *anchors_pem;  /* file of authorities to which the server's certificate must lead, and bear .host's name; NULL: .pins count alone */
    const char *pins[2];      /* files: the server's certificate is the first of one of them; NULL: none. For our own server */
    bool proxied;             /* the server takes this address for a proxy: a PROXY header says that we speak for ourselves */
    struct span user, password;
};
/* Signed in. RC_DENIED: password or certificate is not right. RC_TEMP: not to be reached. */
enum rc place_imap(const struct imap_at *at, struct place **out, struct err *e);

/* Of a place of place_imap() alone: what tells its folders apart, whatever their names. */
enum rc place_imap_uidvalidity(struct place *p, struct span folder, uint32_t *out, struct err *e);

/* ---- files ---- */
/* A Maildir with or without folders in it (Maildir++ ".A.B", or folders in folders). make: made when it is missing, and written to. RC_NOTFOUND: nothing
 * is there; RC_SYNTAX: it is no Maildir. */
enum rc place_maildir(const char *dir, bool make, struct place **out, struct err *e);
/* A file is the folder into (INBOX when empty); of a folder each file is one of the same name, and "NAME.sbd" holds the folders below NAME. */
enum rc place_mbox(const char *path, struct span into, struct place **out, struct err *e);
/* Whichever of the two is there. */
enum rc place_files(const char *path, struct span into, struct place **out, struct err *e);

/* ---- shared by the places (place.c) ---- */
bool place_keyword_in(struct span list, struct span keyword);   /* in any case */
void place_keywords_add(struct buf *list, struct span keyword); /* sorted, without a second one of any case */
void place_crlf(struct span raw, struct buf *out);              /* LF to CRLF by the rule above; appends */
bool place_lf_tells_all(struct span octets);                    /* may it be written with LF and be read back the same? */
void place_name_printable(struct span name, struct buf *out);   /* UTF-8, levels divided by "/"; controls as "?"; appends */
const char *place_role_name(enum store_special role);           /* "\\Sent"; "" for none and INBOX */
enum store_special place_role_named(struct span name);          /* with or without the backslash; SU_NONE: none that Pli knows */
