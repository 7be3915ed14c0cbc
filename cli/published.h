/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which findings the stores have been given with a call: what no call was handed on with, such as
 * a phone that cannot register, is given to them at the end.
 *
 * Limits: a bit for each finding; without memory it is taken for not published, and a store may
 * get it twice.
 */
#ifndef TALKPATH_PUBLISHED_H
#define TALKPATH_PUBLISHED_H

#include "talkpath.h"

struct published {
	uint64_t *bits; /* by the number in the id */
	size_t words;
};

void published_note(struct published *p, const struct tp_finding *finding);
bool published_has(const struct published *p, const struct tp_finding *finding);
void published_free(struct published *p);

#endif
