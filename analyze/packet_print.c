/* SPDX-License-Identifier: Apache-2.0 */
#include "packet_print.h"

static struct media_print print_from(const struct media_packet *p)
{
	return (struct media_print){
	    .time_ns = p->time_ns,
	    .frame = p->frame,
	    .timestamp = p->timestamp,
	    .payload = p->print,
	    .sequence = p->sequence,
	    .dscp = p->dscp,
	    .ttl = p->ttl,
	};
}

void print_begin(struct print_set *set, const struct media_packet *first)
{
	set->zeros = PRINT_ZEROS;
	set->count = 0;
	set->opening = (struct media_opening){
	    .timestamp = first->timestamp,
	    .sequence = first->sequence,
	    .dscp = first->dscp,
	    .ttl = first->ttl,
	};
	if (first->print) {
		print_take(set, first);
	}
}

/* Half of them go, as a rule. */
static void thin(struct print_set *set)
{
	uint8_t kept = 0;

	set->zeros++;
	for (unsigned i = 0; i < set->count; i++) {
		if (print_zeros(set->at[i].sequence, set->at[i].timestamp) >= set->zeros) {
			set->at[kept++] = set->at[i];
		}
	}
	set->count = kept;
}

void print_add(struct print_set *set, const struct media_packet *packet)
{
	unsigned zeros = print_zeros(packet->sequence, packet->timestamp);

	while (set->count == MEDIA_PRINTS && zeros >= set->zeros) {
		thin(set);
	}
	if (zeros >= set->zeros) {
		set->at[set->count++] = print_from(packet);
	}
}

void print_again(
    const struct print_set *set, struct media_print passed[2], const struct media_packet *packet)
{
	const struct media_print again = print_from(packet);

	for (unsigned i = 0; i < set->count && passed[0].payload == 0; i++) {
		const struct media_print *first = &set->at[i];

		if (first->sequence == again.sequence && first->timestamp == again.timestamp &&
		    first->payload == again.payload && first->ttl > again.ttl &&
		    first->dscp != again.dscp) {
			passed[0] = *first;
			passed[1] = again;
		}
	}
}
