/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP values as nearly everybody writes them, of which as little is looked at as tells that.
 *
 * Data in:   the text of a value or of a URI, the end of what is readable (before which a blank
 *            or the end of the line stands behind the text), and an empty *out.
 * Data out:  what sip_address_parse, sip_via_parse and the others make of the same text, or
 *            false (and *out says nothing) where it is not plain: then these must read it.
 *
 * Plain is one value, sound, without blanks (but around a display name) and escapes, of which
 * enough stands before the end of what is readable. An address has angle brackets; what is in them
 * is not looked at. A URI is of sip: and has no headers; it and a Via have a host name or an IPv4
 * address. A Via has no quotes.
 */
#ifndef TALKPATH_SIP_PLAIN_H
#define TALKPATH_SIP_PLAIN_H

#include "sip_value.h"

bool sip_plain_address(struct sip_address *out, struct text text, const void *readable);
bool sip_plain_via(struct sip_via *out, struct text text, const void *readable);

/* Nothing but a URI. */
bool sip_plain_uri(struct sip_uri *out, struct text text, const void *readable);

/*
 * Where a URI leads, as that is written: from the user, or the host where there is none, to the end
 * of the port, or of the host. Its headers are not looked at.
 */
bool sip_plain_place(struct text *out, struct text uri, const void *readable);

#endif
