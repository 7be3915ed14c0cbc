/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks for service by SIP, for how many different things, and whether anybody ever said yes:
 * what tells a stranger who tries one extension after the other from a phone or a provider. Whom
 * somebody served is no stranger: that is noted at the endpoint, and nothing more is kept of it
 * unless it names itself as scanners do.
 *
 * Data in:   INVITE, REGISTER and OPTIONS outside dialogs, and their final answers.
 * Data out:  the table, for detect_sip_scan.c and detect_registration.c.
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    ASKERS_MAX addresses. When room is needed one that nobody ever served goes first, the
 *            one idle longest among them, and it is counted. Different targets are counted by a
 *            sketch of ASKER_SKETCH_BITS bits, which can only count too few.
 */
#ifndef TALKPATH_ASKER_H
#define TALKPATH_ASKER_H

#include "endpoint.h"
#include "sip_transaction.h"

enum {
	ASKERS_MAX = 8192,
	ASKER_SKETCH_BITS = 512,
	ASKER_SAMPLES = 4,
	ASKER_CODES = 4,
	ASKER_TEXT_MAX = 64
};

enum asker_method { ASKER_INVITE, ASKER_REGISTER, ASKER_OPTIONS, ASKER_METHODS };

/* By the name in User-Agent. */
enum asker_tool {
	ASKER_TOOL_NONE,
	ASKER_TOOL_LIKELY, /* a library or dialler that honest people use, too */
	ASKER_TOOL_SCANNER /* made for scanning, and says so */
};

/* A piece of desk.slab. */
struct asker_sample {
	struct asker_sample *next;
	struct mark mark;
	struct address to; /* the host asked */
	uint8_t method;    /* enum asker_method */
	uint8_t length;    /* of the target, without its NUL */
	char target[];
};

/* What was seen, by hash: most see one thing and no other, and need no more room. */
struct asker_sketch {
	uint64_t *bits; /* ASKER_SKETCH_BITS, a piece of desk.slab; NULL: but the first */
	uint16_t first; /* which bit it was, from 1; 0: none yet */
};

struct asker {
	uint64_t hash;
	struct address address;
	uint16_t vantage;
	bool served; /* see asker_was_served() */
	uint8_t tool;
	char *agent; /* with tool: a piece of desk.slab; NULL: memory was short */
	uint32_t requests[ASKER_METHODS];
	uint32_t credentials[ASKER_METHODS]; /* requests that carried some */
	uint32_t accepted;                   /* 2xx to its INVITE or REGISTER */
	uint32_t answered, challenged;       /* final answers of any kind */
	uint32_t targets, hosts;             /* different ones, at least */
	struct asker_sketch targets_seen, hosts_seen;
	uint16_t codes[ASKER_CODES]; /* of refusals, in the order in which they came */
	uint32_t code_counts[ASKER_CODES];
	struct mark first, last;
	unsigned sample_count;
	struct asker_sample *samples; /* in the order in which they came */
	uint32_t finding;       /* of detect_sip_scan.c: its id, where its packets are listed ... */
	uint64_t told_requests; /* ... when there were so many of them ... */
	uint64_t told_news;     /* ... and so much was known of it */
};

struct askers;

/* NULL where memory is short. */
struct askers *askers_new(void);
void askers_free(struct askers *all);

/* ends: of the message. step: what it is within its transaction. */
void asker_take(struct desk *desk, const struct sip_message *message, const struct signal *signal,
    const struct endpoint_ends *ends, const struct sip_transaction_step *step);

/* Is that a User-Agent by which a tool for scanning names itself? */
bool asker_is_scanner(struct desk *desk, struct text user_agent);

/* Did it take part, at either end, in a registration or call that succeeded? */
bool asker_was_served(const struct desk *desk, uint16_t vantage, const struct address *address);

/* What is known of an address at a vantage, or NULL. */
const struct asker *asker_find(
    const struct desk *desk, uint16_t vantage, const struct address *address);

/* All of them, in an order that does not depend on the key of the hashes. NULL behind the last. */
struct asker *asker_first(const struct desk *desk);
struct asker *asker_next(const struct desk *desk, const struct asker *asker);

#endif
