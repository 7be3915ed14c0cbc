/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many phones at one server and no calls: each registers every minute, is asked for its
 * credentials, and gets OPTIONS twice between, which it answers. Eight messages a phone a minute.
 */
#ifndef TALKPATH_GEN_PHONES_H
#define TALKPATH_GEN_PHONES_H

#include "gen.h"

struct gen_phones {
	uint64_t seed;
	uint32_t phones;
	uint64_t messages; /* the last minute is not cut: up to eight a phone more */
	bool tcp;          /* a connection for each phone */
};

/* By definition. */
struct gen_phones_truth {
	uint64_t messages, registrations /* that were accepted */, options;
};

/* False if writing failed. */
bool gen_phones(
    struct gen_file *file, const struct gen_phones *what, struct gen_phones_truth *truth);

#endif
