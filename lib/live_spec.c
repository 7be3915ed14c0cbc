/* SPDX-License-Identifier: Apache-2.0 */
#include "live_spec.h"

#include <stdio.h>
#include <string.h>

#include "live_kinds.h"
#include "opener.h"

_Static_assert((int)TP_REASON_MAX == (int)SOURCE_REASON_MAX, "one is copied into the other");

static bool filter_take(
    struct live_spec *spec, const struct tp_live *live, struct source_error *error)
{
	size_t length = live->filter ? strlen(live->filter) : 0;

	if (length == 0) {
		return true;
	}
	if (spec->kind != LIVE_PACKET) {
		source_fail(error, "takes no filter; only pcap: sources do");
		return false;
	}
	if (length >= sizeof(spec->text)) {
		source_fail(error, "the filter is longer than %zu octets", sizeof(spec->text) - 1);
		return false;
	}
	memcpy(spec->text, live->filter, length + 1);
	return true;
}

/* What is asked for, only the program in the kernel can do. */
static bool is_lifted(const struct live_spec *spec, struct source_error *error)
{
	if (spec->kind != LIVE_XDP && (spec->known_media || spec->media_octets)) {
		source_fail(
		    error, "lifts all media, and whole; only xdp: sources can do otherwise");
		return false;
	}
	return true;
}

bool live_spec_make(struct live_spec *spec, const struct tp_live *live, struct source_error *error)
{
	*spec = (struct live_spec){
	    .buffer_octets = live->buffer_octets,
	    .mirror_port = live->mirror_port,
	    .known_media = live->known_media,
	    .media_octets = live->media_octets,
	};
	return live_name_parse(spec, live->source, error) && filter_take(spec, live, error) &&
	       is_lifted(spec, error);
}

const char *live_spec_vantage(const struct live_spec *spec)
{
	return spec->kind == LIVE_DPDK ? "dpdk" : spec->interface;
}

bool tp_live_check(const struct tp_live *live, char reason[TP_REASON_MAX])
{
	struct source_error error = {0};
	struct live_spec spec;
	bool right = live_spec_make(&spec, live, &error);

	memcpy(reason, error.reason, sizeof(error.reason));
	return right;
}

/* --- for the process that opens --- */

bool tp_live_answer(const struct tp_live *live, int channel)
{
	struct source_error error;
	struct live_spec spec;

	return live_spec_make(&spec, live, &error) && opener_answer(channel, &spec);
}

void tp_live_offer(const struct tp_live *live, int channel)
{
	struct source_error error;
	struct live_spec spec;

	if (live_spec_make(&spec, live, &error)) {
		opener_offer(channel, &spec);
	}
}
