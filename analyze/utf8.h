/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text on its way into the model: what is no valid UTF-8 (RFC 3629), or NUL, becomes U+FFFD, so
 * that every string of the model can be written as JSON. Control characters stay, escaping is the
 * writer's.
 */
#ifndef TALKPATH_UTF8_H
#define TALKPATH_UTF8_H

#include "text.h"

enum { UTF8_GROWTH = 3 }; /* octets that one of the text may become */

/* Is the copy the text itself: characters of ASCII, and none of them NUL? */
bool utf8_is_plain(struct text text);

/* Octets of the copy, without a NUL. */
size_t utf8_length(struct text text);

/* Writes the copy, and no NUL; returns where it ends. */
char *utf8_put(char *out, struct text text);

#endif
