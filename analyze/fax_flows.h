/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows that may be a fax (T.38 over UDPTL), followed by the reader.
 *
 * Data in:   UDP payloads that are nothing else, packet by packet; ticks.
 * Data out:  fax_notice, by `deliver`: where a flow's second packet bears out the first, then as
 *            MEDIA_INTERVAL_NS and MEDIA_QUIET_NS have it, and at the end. Each tells all so far.
 * Ownership: fax_flows_init() reserves memory that fax_flows_fini() returns.
 * Threading: one thread.
 * Limits:    FAX_FLOWS flows, each one of FAX_FLOWS_REACH slots. The one silent longest gives way,
 *            and is counted where it was borne out.
 *
 * Whether it is a fax, only a session description tells, and only the desk knows those. So a flow
 * is offered to the desk again and again, which takes it or lets it be (fax.h).
 */
#ifndef TALKPATH_FAX_FLOWS_H
#define TALKPATH_FAX_FLOWS_H

#include "frame.h"
#include "media.h"
#include "packet.h"
#include "result.h"

enum { FAX_FLOWS = 1024, FAX_FLOWS_REACH = 8 };

struct fax_flow;

struct fax_flows {
	uint64_t key;
	uint64_t evicted;
	unsigned used;
	struct fax_flow *flows;                   /* FAX_FLOWS */
	uint64_t (*counts)[DISSECT_RESULT_COUNT]; /* borrowed: of packets that bore nothing out */
	void (*deliver)(void *context, const struct fax_notice *notice);
	void *context;
};

/* False where memory is short. counts: per capture. */
bool fax_flows_init(struct fax_flows *all, uint64_t key, uint64_t (*counts)[DISSECT_RESULT_COUNT]);
void fax_flows_fini(struct fax_flows *all);

/* True where the packet is taken: it is then counted as part of its flow. */
bool fax_flows_take(struct fax_flows *all, const struct frame *frame, const struct packet *packet,
    uint16_t vantage);

/* What is due by now; INT64_MAX ends all. */
void fax_flows_expire(struct fax_flows *all, int64_t now_ns);

#endif
