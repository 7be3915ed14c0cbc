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

enum { DSCP_BITS = (1 << PRINT_ZEROS) - 1 };

/* False where its time does not fit. */
static bool print_write(struct print *out, const struct media_packet *p, int64_t origin_ns)
{
	int64_t since_ns = (int64_t)((uint64_t)p->time_ns - (uint64_t)origin_ns);

	*out = (struct print){
	    .frame = p->frame,
	    .timestamp = p->timestamp,
	    .payload = p->print,
	    .ttl = p->ttl,
	    .time_low = (uint32_t)since_ns,
	    .time_high = (int16_t)(since_ns >> 32),
	    .sequence_dscp = (uint16_t)(p->sequence | (p->dscp & DSCP_BITS)),
	};
	return since_ns >> 32 == out->time_high;
}

struct media_print print_read(const struct print *print, int64_t origin_ns)
{
	uint64_t since_ns = (uint64_t)print->time_high << 32 | print->time_low;

	return (struct media_print){
	    .time_ns = (int64_t)((uint64_t)origin_ns + since_ns),
	    .frame = print->frame,
	    .timestamp = print->timestamp,
	    .payload = print->payload,
	    .sequence = (uint16_t)(print->sequence_dscp & ~DSCP_BITS),
	    .dscp = print->sequence_dscp & DSCP_BITS,
	    .ttl = print->ttl,
	};
}

void print_begin(struct print_set *set)
{
	set->zeros = PRINT_ZEROS;
	set->count = 0;
}

static unsigned zeros_of(const struct print *print)
{
	return print_zeros((uint16_t)(print->sequence_dscp & ~DSCP_BITS), print->timestamp);
}

/* Half of them go, as a rule. */
static void thin(struct print_set *set)
{
	unsigned count = set->count;

	set->zeros++;
	set->count = 0;
	for (unsigned i = 0; i < count; i++) {
		if (zeros_of(&set->at[i]) >= set->zeros) {
			set->at[set->count] = set->at[i];
			set->count++;
		}
	}
}

void print_add(struct print_set *set, const struct media_packet *packet, int64_t origin_ns)
{
	unsigned zeros = print_zeros(packet->sequence, packet->timestamp);

	while (set->count == MEDIA_PRINTS && zeros >= set->zeros) {
		thin(set);
	}
	if (zeros >= set->zeros && print_write(&set->at[set->count], packet, origin_ns)) {
		set->count++;
	}
}

void print_again(const struct print_set *set, struct media_print passed[2],
    const struct media_packet *packet, int64_t origin_ns)
{
	const struct media_print again = print_from(packet);

	for (unsigned i = 0; i < set->count && passed[0].payload == 0; i++) {
		const struct media_print first = print_read(&set->at[i], origin_ns);

		if (first.sequence == again.sequence && first.timestamp == again.timestamp &&
		    first.payload == again.payload && first.ttl > again.ttl &&
		    first.dscp != again.dscp) {
			passed[0] = first;
			passed[1] = again;
		}
	}
}
