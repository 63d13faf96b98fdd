/* SPDX-License-Identifier: EUPL-1.2 */
/* base/cause.h - one value for each thing that can be told to a client or an operator: why something did not happen.
 *
 * Owns     nothing. struct err (base/err.h) carries a cause; code that must tell cases apart compares causes, never texts.
 * Texts    a cause has none here: policies/causes.h has its row, with SMTP and IMAP codes and the French and English text.
 * Words    the second column is the cause's name in log lines (why=) and in JSON: stable.
 * Numbers  travel on the wire between Pli's processes (base/ipc.h): append only, at the end, whatever the group.
 * Adding   one line here and one row in policies/causes.c. tests/arch refuses a cause without a row, and one that nobody gives.
 * Process  all.
 */
#pragma once

#define CAUSES(X) \
    /* nothing happened */ \
    X(CAUSE_NONE, "none") \
    /* the plain cause of each kind of failure (base/err.c): what is told when nothing closer is known */ \
    X(CAUSE_UNAVAILABLE, "unavailable") \
    X(CAUSE_REFUSED, "refused") \
    X(CAUSE_SYNTAX, "syntax") \
    X(CAUSE_NOT_ALLOWED, "not-allowed") \
    X(CAUSE_NOT_FOUND, "not-found") \
    X(CAUSE_EXISTS, "exists") \
    X(CAUSE_ADDRESS_CLOSED, "address-closed") \
    X(CAUSE_MAILBOX_FULL, "mailbox-full") \
    X(CAUSE_DAMAGED, "damaged") \
    X(CAUSE_CLOSED, "closed") \
    X(CAUSE_TIMED_OUT, "timed-out") \
    /* sign-in and the account's right to be here */ \
    X(CAUSE_NEED_TLS, "need-tls") \
    X(CAUSE_TLS_ACTIVE, "tls-active") \
    X(CAUSE_PIPELINED_TLS, "pipelined-tls") \
    X(CAUSE_NEED_AUTH, "need-auth") \
    X(CAUSE_AUTH_FAILED, "auth-failed") \
    X(CAUSE_AUTH_TEMP, "auth-temp") \
    X(CAUSE_AUTH_DISABLED, "auth-disabled") \
    X(CAUSE_WAIT_PASSWORD, "too-many-auth") \
    X(CAUSE_BAD_MECHANISM, "bad-mechanism") \
    X(CAUSE_BAD_RESPONSE, "bad-response") \
    X(CAUSE_AUTH_CANCELLED, "auth-cancelled") \
    X(CAUSE_OTHER_IDENTITY, "other-identity") \
    X(CAUSE_STRICT_PASSWORD, "strict-password") \
    X(CAUSE_BOX_NOT_OPENED, "box-not-opened") \
    X(CAUSE_ACCOUNT_CHANGED, "account-changed") \
    X(CAUSE_SESSION_EXPIRED, "session-expired") \
    X(CAUSE_TOO_MANY_SESSIONS, "too-many-sessions") \
    X(CAUSE_ACCOUNT_SESSIONS, "account-sessions") \
    X(CAUSE_EARLY_TALKER, "early-talker") \
    /* who sends, to whom */ \
    X(CAUSE_UNKNOWN_RCPT, "unknown-recipient") \
    X(CAUSE_DISABLED_RCPT, "disabled-recipient") \
    X(CAUSE_CLOSED_RCPT, "closed-recipient") \
    X(CAUSE_NOT_LOCAL, "not-local") \
    X(CAUSE_QUOTA, "quota") \
    X(CAUSE_QUOTA_LONG, "quota-long") \
    X(CAUSE_SENDER_NOT_HELD, "sender-not-held") \
    X(CAUSE_FROM_MISMATCH, "from-mismatch") \
    X(CAUSE_FROM_OPERATOR, "from-operator") \
    X(CAUSE_NO_CERT, "no-certificate") \
    X(CAUSE_BAD_CERT, "bad-certificate") \
    X(CAUSE_UNKNOWN_DOMAIN, "unknown-domain") \
    X(CAUSE_WRONG_DN, "wrong-dn") \
    X(CAUSE_TOO_MANY_RCPT, "too-many-recipients") \
    X(CAUSE_BAD_ADDRESS, "bad-address") \
    X(CAUSE_NEED_UTF8, "need-smtputf8") \
    /* the message */ \
    X(CAUSE_TOO_BIG, "too-big") \
    X(CAUSE_BARE_LF, "bare-lf") \
    X(CAUSE_HEADER_LINE_END, "header-line-end") \
    X(CAUSE_MESSAGE_LINE, "message-line") \
    X(CAUSE_NUL, "nul") \
    X(CAUSE_HEADERS_TOO_BIG, "headers-too-big") \
    X(CAUSE_EMPTY_MESSAGE, "empty-message") \
    X(CAUSE_UNKNOWN_CTE, "unknown-cte") \
    X(CAUSE_SPECIAL_USE, "special-use") \
    X(CAUSE_BAD_URL, "bad-url") \
    X(CAUSE_NO_QUOTA_ROOT, "no-quota-root") \
    X(CAUSE_COMPRESSED, "compressed") \
    X(CAUSE_TOO_MANY_AT_ONCE, "too-many-at-once") \
    X(CAUSE_LOOP, "loop") \
    X(CAUSE_TNEF, "tnef") \
    /* the server's own trouble */ \
    X(CAUSE_BUSY, "busy") \
    X(CAUSE_TOO_MANY_OPERATIONS, "too-many-operations") \
    X(CAUSE_STORE_TEMP, "store-temp") \
    X(CAUSE_DIR_TEMP, "directory-temp") \
    X(CAUSE_KEY_TEMP, "keys-temp") \
    X(CAUSE_DISK_FULL, "disk-full") \
    X(CAUSE_TOO_MANY_MESSAGES, "too-many-messages") \
    X(CAUSE_SERVER_BUG, "server-bug") \
    X(CAUSE_SHUTDOWN, "shutdown") \
    X(CAUSE_TIMEOUT, "timeout") \
    X(CAUSE_TOO_MANY_ERRORS, "too-many-errors") \
    /* the form of a command */ \
    X(CAUSE_UNKNOWN_VERB, "unknown-verb") \
    X(CAUSE_BAD_SEQUENCE, "bad-sequence") \
    X(CAUSE_BAD_PARAM, "bad-parameter") \
    X(CAUSE_NOT_PROVIDED, "not-provided") \
    X(CAUSE_LINE_TOO_LONG, "line-too-long") \
    X(CAUSE_BARE_LINE, "bare-line") \
    X(CAUSE_LITERAL_TOO_LONG, "literal-too-long") \
    X(CAUSE_TOO_COMPLEX, "too-complex") \
    X(CAUSE_SEARCH_TOO_COMPLEX, "search-too-complex") \
    X(CAUSE_BAD_CHARSET, "bad-charset") \
    X(CAUSE_NO_TAG, "no-tag") \
    X(CAUSE_NO_COMMAND, "no-command") \
    X(CAUSE_BAD_ARGUMENTS, "bad-arguments") \
    X(CAUSE_EXTRA_ARGUMENTS, "extra-arguments") \
    X(CAUSE_NEED_MAILBOX, "need-mailbox") \
    X(CAUSE_NEED_SET, "need-set") \
    X(CAUSE_UID_REQUIRED, "uid-required") \
    X(CAUSE_APPEND_FORM, "append-form") \
    X(CAUSE_APPEND_LITERAL, "append-literal") \
    X(CAUSE_APPEND_REST, "append-rest") \
    X(CAUSE_STATUS_FORM, "status-form") \
    X(CAUSE_LIST_FORM, "list-form") \
    X(CAUSE_LSUB_FORM, "lsub-form") \
    X(CAUSE_IDLE_DONE, "idle-done") \
    X(CAUSE_BAD_EVENT, "bad-event") \
    X(CAUSE_NOTIFY_OVERFLOW, "notify-overflow") \
    X(CAUSE_NO_UPDATE, "no-update") \
    X(CAUSE_TAG_IN_USE, "tag-in-use") \
    X(CAUSE_NO_CONTEXT, "no-context") \
    X(CAUSE_NO_SUCH_MESSAGE, "no-such-message") \
    /* folders and what is in them */ \
    X(CAUSE_NO_SUCH_MAILBOX, "no-such-mailbox") \
    X(CAUSE_TRY_CREATE, "try-create") \
    X(CAUSE_MAILBOX_EXISTS, "mailbox-exists") \
    X(CAUSE_MAILBOX_DELETED, "mailbox-deleted") \
    X(CAUSE_FOLDERS_ONLY, "folders-only") \
    X(CAUSE_HAS_CHILDREN, "has-children") \
    X(CAUSE_INBOX_STAYS, "inbox-stays") \
    X(CAUSE_BELOW_ITSELF, "below-itself") \
    X(CAUSE_TOO_MANY_FOLDERS, "too-many-folders") \
    X(CAUSE_TOO_MANY_RENAMES, "too-many-renames") \
    X(CAUSE_TOO_MANY_KEYWORDS, "too-many-keywords") \
    X(CAUSE_READ_ONLY, "read-only") \
    X(CAUSE_EXPUNGED, "expunged") \
    /* what a person typed (base/prepare.h, proto/imap/name.c) */ \
    X(CAUSE_TEXT_EMPTY, "text-empty") \
    X(CAUSE_TEXT_TOO_LONG, "text-too-long") \
    X(CAUSE_TEXT_NOT_UTF8, "text-not-utf8") \
    X(CAUSE_PASSWORD_CHARACTER, "password-character") \
    X(CAUSE_LOGIN_CHARACTER, "login-character") \
    X(CAUSE_NAME_DIRECTION, "name-direction") \
    X(CAUSE_NAME_CONTROL, "name-control") \
    X(CAUSE_NAME_INVISIBLE, "name-invisible") \
    X(CAUSE_NAME_EMPTY, "name-empty") \
    X(CAUSE_NAME_TOO_LONG, "name-too-long") \
    X(CAUSE_NAME_EMPTY_LEVEL, "name-empty-level") \
    X(CAUSE_NAME_LEVELS, "name-levels") \
    X(CAUSE_NAME_UTF7, "name-utf7") \
    /* the operating system, or a daemon for a role that is not its peer's, will not */ \
    X(CAUSE_NOT_PERMITTED, "not-permitted") \
    /* a password that its holder sets over LDAP */ \
    X(CAUSE_NEW_PASSWORD, "new-password") \
    /* the white list (administrators; the last two: also senders) */ \
    X(CAUSE_LIST_UNREADABLE, "list-unreadable") \
    X(CAUSE_LIST_SIGNATURE, "list-signature") \
    X(CAUSE_LIST_SIGNER, "list-signer") \
    X(CAUSE_LIST_EXPIRED_SIGNER, "list-expired-signer") \
    X(CAUSE_LIST_FUTURE, "list-future") \
    X(CAUSE_LIST_OLDER, "list-older") \
    X(CAUSE_LIST_LOSS, "list-loss") \
    X(CAUSE_LIST_STALE, "list-stale") \
    X(CAUSE_LIST_MISSING, "list-missing") \
    /* a client certificate on port 25 */ \
    X(CAUSE_CERT_EXPIRED, "cert-expired") \
    X(CAUSE_CERT_NOT_YET, "cert-not-yet") \
    X(CAUSE_CERT_CHAIN, "cert-chain") \
    X(CAUSE_CERT_USAGE, "cert-usage") \
    X(CAUSE_CERT_POLICY, "cert-policy") \
    X(CAUSE_CERT_WEAK, "cert-weak") \
    X(CAUSE_CERT_REVOKED, "cert-revoked") \
    X(CAUSE_CERT_UNCHECKED, "cert-unchecked") \
    /* the way out: what was wrong with the other server, or the way to it */ \
    X(CAUSE_NO_SUCH_DOMAIN, "no-such-domain") \
    X(CAUSE_NULL_MX, "null-mx") \
    X(CAUSE_NO_ADDRESS, "no-address") \
    X(CAUSE_DNS_TEMP, "dns-temp") \
    X(CAUSE_UNREACHABLE, "unreachable") \
    X(CAUSE_PEER_GREETING, "peer-greeting") \
    X(CAUSE_PEER_NO_STARTTLS, "peer-no-starttls") \
    X(CAUSE_PEER_INJECTED, "peer-injected") \
    X(CAUSE_PEER_TLS, "peer-tls") \
    X(CAUSE_PEER_CERT, "peer-cert") \
    X(CAUSE_PEER_DN, "peer-dn") \
    X(CAUSE_PEER_REVOKED, "peer-revoked") \
    X(CAUSE_PEER_UNCHECKED, "peer-unchecked") \
    X(CAUSE_PEER_PROTOCOL, "peer-protocol") \
    X(CAUSE_PEER_TIMEOUT, "peer-timeout") \
    X(CAUSE_PEER_LOST, "peer-lost") \
    X(CAUSE_PEER_NO_UTF8, "peer-no-utf8") \
    X(CAUSE_PEER_NO_8BIT, "peer-no-8bit") \
    X(CAUSE_NOT_CONVERTIBLE, "not-convertible") \
    X(CAUSE_PEER_NO_REQUIRETLS, "peer-no-requiretls") \
    X(CAUSE_PEER_TOO_BIG, "peer-too-big") \
    /* the queue */ \
    X(CAUSE_LEFT_TRUST_SPACE, "left-trust-space") \
    X(CAUSE_QUEUE_EXPIRED, "queue-expired") \
    X(CAUSE_QUEUE_DROPPED, "queue-dropped") \
    X(CAUSE_QUEUE_DELAYED, "queue-delayed") \
    /* submission */ \
    X(CAUSE_RATE_ACCOUNT, "rate-account") \
    X(CAUSE_RATE_ADDRESS, "rate-address") \
    X(CAUSE_CITIZEN_SIZE, "citizen-size") \
    X(CAUSE_CITIZEN_ADDRESS, "citizen-address") \
    /* annotations */ \
    X(CAUSE_METADATA_FORM, "metadata-form") \
    X(CAUSE_METADATA_SIZE, "metadata-size") \
    X(CAUSE_METADATA_TOO_MANY, "metadata-too-many") \
    X(CAUSE_METADATA_READ_ONLY, "metadata-read-only") \
    X(CAUSE_URL_ACCESS, "url-access") \
    X(CAUSE_BURL_FAILED, "burl-failed") \
    /* delegates */ \
    X(CAUSE_STRICT_DELEGATE, "strict-delegate") \
    X(CAUSE_DELEGATION_ENDED, "delegation-ended") \
    X(CAUSE_NO_RIGHT, "no-right") \
    X(CAUSE_ACL_WHO, "acl-who") \
    X(CAUSE_ACL_RIGHTS, "acl-rights") \
    X(CAUSE_ACL_HOLDER, "acl-holder") \
    X(CAUSE_OTHER_MAILBOX, "other-mailbox") \
    X(CAUSE_OTHERS_NAME, "others-name") \
    /* domains and lists */ \
    X(CAUSE_AUTH_DOMAIN, "auth-domain") \
    X(CAUSE_DOMAIN_OFF, "domain-disabled") \
    X(CAUSE_DOMAIN_INSIDE, "domain-inside") \
    X(CAUSE_DOMAIN_SIZE, "domain-size") \
    X(CAUSE_LIST_POST, "list-post") \
    X(CAUSE_LIST_PROBLEM, "list-problem") \
    /* a code with which a holder chooses a password */ \
    X(CAUSE_CODE_FIRST, "code-first") \
    X(CAUSE_CODE_ENDED, "code-ended") \
    X(CAUSE_CODE_NONE, "code-none") \
    X(CAUSE_PASSWORD_RULE, "password-rule") \
    /* a delegated administrator */ \
    X(CAUSE_OUT_OF_SCOPE, "out-of-scope") \
    X(CAUSE_ACTING_ENDED, "acting-ended")

enum cause {
#define CAUSE_AS_ENUM(id, name) id,
    CAUSES(CAUSE_AS_ENUM)
#undef CAUSE_AS_ENUM
    CAUSES_
};
const char *cause_name(enum cause c); /* "disk-full"; "unknown" for a number that is none. Static */
enum cause cause_named(const char *name); /* the other way; CAUSES_ for a name that is none */
