/* SPDX-License-Identifier: Apache-2.0 */
#include "playout.h"

static const int64_t ms_ns = 1000000;
static const uint32_t adaptive_max_ns = 400000000;
/* Points of the line that scatter by more are no clock: a route changed, or a sender leapt. */
static const double scatter_max_ms = 3;

void playout_begin(struct playout *p, struct playout_late *late)
{
	p->base_ns = 0;
	if (late) {
		late->needed_ns = 0;
		late->number = 0; /* extended numbers begin above it */
		late->adaptive_ns = (uint32_t)PLAYOUT_FIXED_NS;
	}
	p->points = 0;
	p->sum_x = p->sum_y = p->sum_xx = p->sum_xy = p->sum_yy = 0;
}

/* An interval is over that would have done with a buffer of that depth. */
static uint32_t shallower(uint32_t adaptive_ns, int64_t needed_ns)
{
	needed_ns = needed_ns > PLAYOUT_WATCH_NS ? needed_ns : PLAYOUT_WATCH_NS;
	return needed_ns < adaptive_ns ? adaptive_ns - (uint32_t)(adaptive_ns - needed_ns) / 4
				       : adaptive_ns;
}

void playout_late_begin(struct playout_late *late, const struct playout *p)
{
	uint32_t depth_ns = (uint32_t)PLAYOUT_FIXED_NS, before_ns = 0;

	for (uint32_t i = 0; i < p->points && depth_ns != before_ns; i++) {
		before_ns = depth_ns;
		depth_ns = shallower(depth_ns, 0);
	}
	late->adaptive_ns = depth_ns;
}

static void bin_add(struct playout_figures *f, int64_t variation_ns)
{
	static const int16_t bounds_ms[PLAYOUT_BINS] = {50, 70, 90, 120, 150, 200, 300};
	int bin = PLAYOUT_BINS - 1;

	while (bin >= 0 && variation_ns < bounds_ms[bin] * ms_ns) {
		bin--;
	}
	if (bin >= 0) {
		f->late[bin]++;
	}
}

void playout_early(struct playout *p, int64_t *variation_ns)
{
	p->base_ns += *variation_ns;
	*variation_ns = 0;
}

bool playout_take(struct playout_late *late, int64_t variation_ns)
{
	struct playout_figures *f = &late->figures;

	bin_add(f, variation_ns);
	if (variation_ns > late->needed_ns) {
		late->needed_ns = variation_ns;
	}
	if (variation_ns > f->variation_ns) {
		f->variation_ns = variation_ns;
	}
	if (variation_ns > late->adaptive_ns) {
		f->adaptive_discarded++;
		late->adaptive_ns =
		    variation_ns < adaptive_max_ns ? (uint32_t)variation_ns : adaptive_max_ns;
		if (late->adaptive_ns / ms_ns > f->adaptive_ms) {
			f->adaptive_ms = (uint32_t)(late->adaptive_ns / ms_ns);
		}
	}
	if (variation_ns > PLAYOUT_FIXED_NS) {
		f->fixed_discarded++;
		return true;
	}
	return false;
}

bool playout_discard(struct playout *p, struct playout_late *late, uint32_t number, int64_t time_ns,
    int64_t *variation_ns)
{
	bool goes_on = number == late->number + 1;

	late->number = number;
	if (!goes_on) {
		late->since_ns = time_ns;
	}
	if (time_ns - late->since_ns < PLAYOUT_ANEW_NS) {
		return false;
	}
	p->base_ns += *variation_ns;
	*variation_ns = 0;
	late->needed_ns = 0;
	late->number = 0;
	return true;
}

void playout_interval(struct playout *p, struct playout_late *late, double at_s, int64_t least_ns,
    int64_t *variation_ns)
{
	double least_ms = (double)(p->base_ns + least_ns) / (double)ms_ns;

	p->points++;
	p->sum_x += at_s;
	p->sum_y += least_ms;
	p->sum_xx += at_s * at_s;
	p->sum_xy += at_s * least_ms;
	p->sum_yy += least_ms * least_ms;
	if (late) {
		late->adaptive_ns = shallower(late->adaptive_ns, late->needed_ns - least_ns);
		late->needed_ns = 0;
	}
	p->base_ns += least_ns;
	*variation_ns -= least_ns;
}

struct playout_figures playout_figures(const struct playout *p, const struct playout_late *late)
{
	struct playout_figures f = late ? late->figures : (struct playout_figures){0};
	double n = p->points, xx, xy, yy, slope, scatter;

	if (p->points < PLAYOUT_SKEW_MIN) {
		return f;
	}
	xx = p->sum_xx - p->sum_x * p->sum_x / n;
	xy = p->sum_xy - p->sum_x * p->sum_y / n;
	yy = p->sum_yy - p->sum_y * p->sum_y / n;
	if (xx <= 0) {
		return f;
	}
	slope = xy / xx; /* ms of transit gained per second: thousandths */
	scatter = (yy - slope * xy) / n;
	if (scatter <= scatter_max_ms * scatter_max_ms) {
		f.skew_ppm = (float)(-slope * 1000);
		f.skew_observed = p->points;
	}
	return f;
}
