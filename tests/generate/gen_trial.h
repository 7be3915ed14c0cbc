/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trials: a site (gen_site.h) with one fault or none, as its capture points see it, and what may
 * be odd about the captures themselves or stand around the site, none of which is a fault.
 */
#ifndef TALKPATH_GEN_TRIAL_H
#define TALKPATH_GEN_TRIAL_H

#include "gen_site.h"

enum gen_fault {
	GEN_FAULT_NONE,
	GEN_FAULT_SWITCH, /* a hop more, and nothing changed */
	GEN_FAULT_ALG,
	GEN_FAULT_REMARK_OUT,
	GEN_FAULT_REMARK_IN,
	GEN_FAULT_DROP_IN,
	GEN_FAULT_DROP_OUT,
	GEN_FAULT_NO_LATCH,
	GEN_FAULT_DOUBLE_NAT,
	GEN_FAULTS
};

/* As bits. */
enum gen_oddity {
	GEN_ODD_BEGINS_LATE = 1, /* the captures begin in the middle of the calls */
	GEN_ODD_ENDS_EARLY = 2,
	GEN_ODD_LOSES_MEDIA = 4, /* each capture misses packets of its own */
	GEN_ODD_LOSES_SIP = 8,
	GEN_ODD_HOURS_APART = 16, /* the clocks */
	GEN_ODD_STEPS_BACK = 32,  /* the outer capture's clock, in mid-call */
	GEN_ODD_TWIN_SITE = 64,   /* another site, whose phone has the same private address */
	GEN_ODD_PBX = 128,    /* on the LAN: the phone's calls are those of the phones behind it */
	GEN_ODD_BORDER = 256, /* the provider's SBC calls on, in sight of the outer capture */
	GEN_ODD_ALL = 511
};

struct gen_trial {
	uint64_t seed;
	struct gen_site site;
	enum gen_fault fault;
	unsigned oddities;
	unsigned rewrites;       /* of an ALG */
	unsigned calls, changed; /* changed: whose messages an ALG found something in */
	struct gen_script lan, middle, wan, twin; /* twin: the other site's LAN */
	bool has_middle;
	double clock_s; /* by which the WAN's clock is ahead */
};

/* False where this fault would change nothing at this site. */
bool gen_trial_make(
    struct gen_trial *trial, uint64_t seed, enum gen_fault fault, unsigned oddities);

/* In words, for the message of a test that fails. */
const char *gen_trial_text(const struct gen_trial *trial, char out[640]);

void gen_trial_free(struct gen_trial *trial);

#endif
