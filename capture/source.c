/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <stdarg.h>
#include <stdio.h>

int source_fail(struct source_error *error, const char *format, ...)
{
	va_list arguments;

	error->has_offset = false;
	va_start(arguments, format);
	(void)vsnprintf(error->reason, sizeof(error->reason), format, arguments);
	va_end(arguments);
	return SOURCE_FAILED;
}

int source_fail_at(struct source_error *error, uint64_t offset, const char *format, ...)
{
	va_list arguments;

	error->has_offset = true;
	error->offset = offset;
	va_start(arguments, format);
	(void)vsnprintf(error->reason, sizeof(error->reason), format, arguments);
	va_end(arguments);
	return SOURCE_FAILED;
}

static void totals_add(struct source_totals *totals, const struct packet *packets, int count)
{
	if (totals->packets == 0) {
		totals->first_time_ns = totals->last_time_ns = packets[0].time_ns;
	}
	totals->packets += (unsigned)count;
	for (int i = 0; i < count; i++) {
		int64_t time_ns = packets[i].time_ns;

		totals->bytes += packets[i].length;
		totals->snap_cut += packets[i].captured < packets[i].length;
		if (time_ns > totals->last_time_ns) {
			totals->last_time_ns = time_ns;
		} else if (time_ns < totals->first_time_ns) {
			totals->first_time_ns = time_ns;
		}
	}
}

int source_read(struct source *source, struct packet out[PACKET_BURST])
{
	int count = source->ops->read(source, out);

	if (count > 0) {
		totals_add(&source->totals, out, count);
	}
	return count;
}

bool source_run_begin(struct source *source, struct packet_run *run)
{
	return source->ops->run_begin && source->ops->run_begin(source, run);
}

void source_run_end(struct source *source, const struct packet_run *run)
{
	struct source_totals *totals = &source->totals;
	uint32_t packets = run->frame - source->frame;

	if (packets == 0) {
		return;
	}
	if (totals->packets == 0) {
		totals->first_time_ns = totals->last_time_ns = run->first_time_ns;
	}
	totals->packets += packets;
	totals->bytes += run->bytes;
	totals->snap_cut += run->snap_cut;
	if (run->last_time_ns > totals->last_time_ns) {
		totals->last_time_ns = run->last_time_ns;
	}
	if (run->first_time_ns < totals->first_time_ns) {
		totals->first_time_ns = run->first_time_ns;
	}
	source->ops->run_end(source, run);
}

void source_close(struct source *source)
{
	if (source) {
		source->ops->close(source);
	}
}
