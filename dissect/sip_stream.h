/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP over a stream (RFC 3261 18.3): where a message begins and where it ends.
 *
 * Data in:   the octets of a stream from the end of the message before on, as far as they are
 *            there. Octets seen once are not searched again.
 * Data out:  the span of the next message, or of the line ends that keep a connection alive
 *            (RFC 5626 3.5.1), or that more is needed, or that this is no SIP.
 * Limits:    SIP_STREAM_START_MAX octets of start line, SIP_STREAM_MESSAGE_MAX of message.
 *
 * Without a Content-Length a message has no body: on a stream it could not end (20.14).
 */
#ifndef TALKPATH_SIP_STREAM_H
#define TALKPATH_SIP_STREAM_H

#include <stdbool.h>

#include "bytes.h"

enum { SIP_STREAM_START_MAX = 8192, SIP_STREAM_MESSAGE_MAX = 120 * 1024 };

enum sip_stream_result {
	SIP_STREAM_OK, /* `consumed` octets make the next unit */
	SIP_STREAM_NEED_MORE,
	SIP_STREAM_BAD
};

/* How far the message at hand has been looked at: {0} where one may begin. */
struct sip_stream {
	bool started;    /* its start line is sound */
	size_t searched; /* octets without an end of headers */
	size_t needed;   /* octets of the whole message; 0: not known yet */
};

struct sip_stream_unit {
	size_t consumed;
	struct bytes message; /* empty: only line ends */
};

/* Could these first octets of a segment begin a message? Cheap for what is none. */
enum sip_stream_result sip_stream_start(struct bytes in);

/* With SIP_STREAM_OK *stream is {0} again, for the octets behind out->consumed. */
enum sip_stream_result sip_stream_next(
    struct sip_stream *stream, struct bytes in, struct sip_stream_unit *out);

#endif
