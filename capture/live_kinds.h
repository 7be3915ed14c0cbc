/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of live sources there are, and how a user names one: "pcap:eth1", "dpdk:-l 2-3 ...".
 *
 * A kind that is not built is there, too: its halves say what is missing.
 */
#ifndef TALKPATH_LIVE_KINDS_H
#define TALKPATH_LIVE_KINDS_H

#include "live.h"

/* How a source that works is opened anew, because its user wants it. */
enum live_again {
	LIVE_AGAIN_BESIDE, /* the new one is there before the old one goes: nothing is missed */
	LIVE_AGAIN_AFTER,  /* there cannot be two of them: the old one goes first */
	LIVE_AGAIN_NEVER
};

struct live_kind_ops {
	const char *name;
	live_open *open;
	live_source_new *source_new;
	enum live_again again;
};

live_open xdp_open, dpdk_open;
live_source_new xdp_source_new, dpdk_source_new;

const struct live_kind_ops *live_kind_of(const struct live_spec *spec);

/* "kernel", say. */
const char *live_stamp_name(enum live_stamp stamp);

/*
 * Kind and interface, or arguments, by a name such as "pcap:eth1"; all else stays as it is. False
 * with *error, where it is no such name.
 */
bool live_name_parse(struct live_spec *spec, const char *name, struct source_error *error);

#endif
