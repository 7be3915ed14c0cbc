/* SPDX-License-Identifier: Apache-2.0 */
#include "overload.h"

void overload_shed(struct overload *overload, enum shed place, const struct media_packet *from,
    const struct media_packet *to)
{
	for (const struct media_packet *p = from; p < to; p = media_next(p)) {
		struct overload_capture *capture = &overload->captures[p->capture];

		capture->ring += place == SHED_RING;
		capture->worker += place == SHED_WORKER;
	}
}

void overload_drops(const struct overload *overload, uint16_t capture, struct source_drops *drops)
{
	drops->ring += overload->captures[capture].ring;
	drops->worker += overload->captures[capture].worker;
}

/* Until when: what the kernel dropped came later than what was read of its buffer. */
static int64_t until_ns(const struct live_clock *clock, uint16_t capture)
{
	int64_t now_ns = live_clock_now(clock), last_ns = live_clock_last(clock, capture);

	return now_ns > last_ns ? now_ns : last_ns;
}

static void capture_tell(struct overload_capture *own, struct source *source,
    const struct live_clock *clock, struct intake *intake, const struct record_sink *desk)
{
	struct source_drops drops = {0};
	uint64_t missing = own->ring + own->worker;

	if (source->ops->drops && source->ops->drops(source, &drops)) {
		missing += drops.kernel + drops.interface;
	}
	if (missing > own->told || drops.away || drops.absences > own->absences) {
		const struct media_dropped dropped = {
		    .away = drops.away || drops.absences > own->absences,
		    .from_ns = own->since_ns ? own->since_ns : source->totals.first_time_ns,
		    .to_ns = until_ns(clock, source->capture),
		    .packets = missing,
		    .frame = source->frame,
		    .capture = source->capture,
		};

		intake_dropped(intake, &dropped, desk);
	}
	own->told = missing;
	own->absences = drops.absences;
	own->since_ns = live_clock_last(clock, source->capture);
}

void overload_tell(struct overload *overload, const struct merge *merge,
    const struct live_clock *clock, struct intake *intake, const struct record_sink *desk)
{
	for (unsigned i = 0; i < merge->count; i++) {
		struct source *source = merge->inputs[i]->source;

		if (source->totals.packets > 0) {
			capture_tell(
			    &overload->captures[source->capture], source, clock, intake, desk);
		}
	}
}
