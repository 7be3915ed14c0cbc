/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP values as nearly everybody writes them, read in one pass over their delimiters.
 *
 * Data in:   the text of a value or of a URI; behind it a blank or the end of the line, and
 *            SIP_PLAIN_BEHIND readable octets altogether.
 * Data out:  what sip_address_parse, sip_via_parse and sip_uri_parse make of the same text, or
 *            false (and *out says nothing) where it is not plain: then these must read it.
 *
 * Plain is one value, sound, of a sip: URI without headers, with a host name or an IPv4 address,
 * in ASCII outside of quotes, without blanks (but around a display name), folds and escapes.
 */
#ifndef TALKPATH_SIP_PLAIN_H
#define TALKPATH_SIP_PLAIN_H

#include "sip_value.h"

enum { SIP_PLAIN_BEHIND = TEXT_BLOCK };

bool sip_plain_address(struct sip_address *out, struct text text);
bool sip_plain_via(struct sip_via *out, struct text text);

/* Nothing but a URI. */
bool sip_plain_uri(struct sip_uri *out, struct text text);

#endif
