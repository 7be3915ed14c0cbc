/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings of which few different ones stand in many messages, names of user agents and reason
 * phrases: each is kept once, for as long as the desk lives.
 *
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    PHRASES_MAX strings of PHRASE_OCTETS_MAX octets; whose place another has is not kept.
 */
#ifndef TALKPATH_PHRASES_H
#define TALKPATH_PHRASES_H

#include "arena.h"

enum { PHRASES_MAX = 256, PHRASE_OCTETS_MAX = 128 };

struct phrases {
	struct arena text;
	const char *kept[PHRASES_MAX];
};

/* The string as it is kept here, or NULL: then whoever needs it keeps it. key: of hashes. */
const char *phrase_keep(struct phrases *all, uint64_t key, struct text text);

#endif
