/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/deflate.h - the stream compressed both ways, above TLS.
 *
 * Format   raw deflate (RFC 1951), one stream for each direction. What is flushed ends with an empty block (Z_SYNC_FLUSH), so the client can read all of it.
 * Memory   some 200 KiB a session while it is on: 134 KiB to compress (a window of 16 KiB), 39 KiB to decompress (any client's window), and 24 KiB of our own.
 *          What a client sends is decompressed as it is asked for, so a small input that grows large costs no memory.
 * Level    the fastest: mail that is worth compressing is text, and the CPU is every session's.
 * Errors   RC_CLOSED: what came is no deflate stream; the connection is out of step.
 * Owns     the layer is the stream's, and freed when the stream is closed.
 * Process  pli-imapd session.   Source RFC 4978 3, RFC 1951.
 */
#pragma once
#include "base/stream.h"
enum rc deflate_begin(struct stream *s, struct err *e); /* RC_TEMP: no memory; nothing was changed */
