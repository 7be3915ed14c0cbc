/* SPDX-License-Identifier: Apache-2.0 */
#include "marks.h"

bool marks_mostly(const struct desk_stream *s, double share_pct, uint8_t *dscp)
{
	const struct media_trait *most = NULL;

	for (unsigned i = 0; s->measured && i < s->summary->dscp_count; i++) {
		const struct media_trait *trait = &figures_dscps(s->summary)[i];

		if (trait->value != MEDIA_TRAIT_OTHER &&
		    (!most || trait->packets > most->packets)) {
			most = trait;
		}
	}
	if (!most || 100.0 * most->packets < share_pct * s->summary->packets) {
		return false;
	}
	*dscp = most->value;
	return true;
}

uint32_t marks_packets(const struct desk_stream *s, uint8_t dscp)
{
	for (unsigned i = 0; i < s->summary->dscp_count; i++) {
		if (figures_dscps(s->summary)[i].value == dscp) {
			return figures_dscps(s->summary)[i].packets;
		}
	}
	return 0;
}
