/* SPDX-License-Identifier: Apache-2.0 */
#include "handover.h"

#include <string.h>

void handover_note(struct handover *handover, const struct packet *packets, int count)
{
	const struct packet *last = &packets[count - 1];

	handover->has_last = true;
	handover->last = *last;
	handover->kept = last->captured < HANDOVER_OCTETS ? last->captured : HANDOVER_OCTETS;
	memcpy(handover->octets, last->data, handover->kept);
}

void handover_begin(struct handover *handover, int64_t now_ns)
{
	handover->from_ns = now_ns;
}

bool handover_is_due(const struct handover *handover)
{
	return handover->has_last && handover->last.time_ns > handover->from_ns;
}

static bool is_last(const struct handover *handover, const struct packet *packet)
{
	int64_t later_ns = packet->time_ns - handover->last.time_ns;

	return later_ns > -HANDOVER_NEAR_NS && later_ns < HANDOVER_NEAR_NS &&
	       packet->length == handover->last.length && packet->captured >= handover->kept &&
	       memcmp(packet->data, handover->octets, handover->kept) == 0;
}

/* How many of the first ones the old source gave, too. */
static int seen_count(const struct handover *handover, const struct packet *packets, int count)
{
	int seen = 0;

	for (int i = 0; i < count; i++) {
		if (is_last(handover, &packets[i])) {
			return i + 1;
		}
	}
	while (seen < count && packets[seen].time_ns < handover->last.time_ns) {
		seen++;
	}
	return seen;
}

int handover_take(const struct handover *handover, struct packet *packets, int count, bool *done)
{
	int seen = handover->has_last ? seen_count(handover, packets, count) : 0;

	*done = !handover->has_last || seen < count ||
		(seen > 0 && is_last(handover, &packets[seen - 1]));
	for (int i = seen; i < count; i++) {
		packets[i - seen] = packets[i];
		packets[i - seen].frame -= (uint32_t)seen;
	}
	return count - seen;
}
