/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_text.h"

#include <inttypes.h>
#include <math.h>

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	(void)fprintf(
	    out, "# HELP talkpath_%s %s\n# TYPE talkpath_%s %s\n", name, help, name, type);
}

/* Of a label: backslash, quote and line feed are escaped. */
static void value_put(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			(void)fputs("\\n", out);
			continue;
		}
		if (*text == '\\' || *text == '"') {
			(void)fputc('\\', out);
		}
		(void)fputc(*text, out);
	}
}

struct label {
	const char *name, *value;
};

static void labels_put(FILE *out, const struct label *labels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		(void)fprintf(out, "%s%s=\"", i ? "," : "{", labels[i].name);
		value_put(out, labels[i].value);
		(void)fputc('"', out);
	}
	(void)fputs(count ? "} " : " ", out);
}

static void count_put(
    FILE *out, const char *name, const struct label *labels, size_t label_count, uint64_t count)
{
	(void)fprintf(out, "talkpath_%s", name);
	labels_put(out, labels, label_count);
	(void)fprintf(out, "%" PRIu64 "\n", count);
}

static void real_put(FILE *out, const char *name, double value)
{
	if (isfinite(value)) {
		(void)fprintf(out, "talkpath_%s %.9g\n", name, value);
	}
}

static void lone_count(
    FILE *out, const char *name, const char *type, const char *help, uint64_t count)
{
	family(out, name, type, help);
	count_put(out, name, NULL, 0, count);
}

/* --- sources --- */

enum source_metric { SOURCE_PACKETS, SOURCE_BYTES, SOURCE_UP };

static void sources_put(
    FILE *out, const struct tp_live_figures *live, const char *name, enum source_metric metric)
{
	for (size_t i = 0; i < live->source_count; i++) {
		const struct tp_live_source *s = &live->sources[i];
		const struct label labels[] = {{"source", s->name}, {"vantage", s->vantage}};
		const uint64_t values[] = {
		    [SOURCE_PACKETS] = s->packets,
		    [SOURCE_BYTES] = s->bytes,
		    [SOURCE_UP] = !s->absence[0],
		};

		count_put(out, name, labels, 2, values[metric]);
	}
}

static void drops_put(FILE *out, const struct tp_live_figures *live)
{
	for (size_t i = 0; i < live->source_count; i++) {
		const struct tp_live_source *s = &live->sources[i];

		for (size_t k = 0; k < s->dropped_count; k++) {
			const struct label labels[] = {{"source", s->name}, {"vantage", s->vantage},
			    {"place", s->dropped[k].name}};

			count_put(out, "dropped_packets_total", labels, 3, s->dropped[k].count);
		}
	}
}

static void sources_all(FILE *out, const struct tp_live_figures *live)
{
	family(out, "packets_total", "counter", "Packets read.");
	sources_put(out, live, "packets_total", SOURCE_PACKETS);
	family(out, "bytes_total", "counter", "Octets of these on the wire.");
	sources_put(out, live, "bytes_total", SOURCE_BYTES);
	family(out, "dropped_packets_total", "counter",
	    "Packets never read, by where they were lost.");
	drops_put(out, live);
	family(out, "source_up", "gauge", "0: it waits for its interface.");
	sources_put(out, live, "source_up", SOURCE_UP);
}

/* --- calls --- */

static void states_put(FILE *out, const struct tp_live_calls *c)
{
	const struct {
		const char *state;
		uint64_t count;
	} states[] = {
	    {"completed", c->completed},
	    {"failed", c->failed},
	    {"cancelled", c->cancelled},
	    {"no-answer", c->no_answer},
	    {"in-progress", c->unfinished},
	};

	family(out, "calls_ended_total", "counter",
	    "Calls that are over, by state; in-progress: nothing more of them was seen.");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		const struct label label = {"state", states[i].state};

		count_put(out, "calls_ended_total", &label, 1, states[i].count);
	}
}

static void mos_put(FILE *out, const struct tp_live_calls *c)
{
	static const double bounds[] = TP_LIVE_MOS_BOUNDS;
	uint64_t sum = 0;

	family(out, "call_mos", "histogram", "MOS of the worse listener of calls that are over.");
	for (size_t i = 0; i < TP_LIVE_MOS_BINS; i++) {
		char bound[32] = "+Inf";
		const struct label label = {"le", bound};

		if (i < TP_LIVE_MOS_BINS - 1) {
			(void)snprintf(bound, sizeof(bound), "%.1f", bounds[i]);
		}
		sum += c->mos_bins[i];
		count_put(out, "call_mos_bucket", &label, 1, sum);
	}
	real_put(out, "call_mos_sum", c->mos_sum);
	count_put(out, "call_mos_count", NULL, 0, sum);
}

static void findings_put(FILE *out, const struct tp_live_calls *c)
{
	family(out, "findings_known", "gauge", "Findings known now, hints not among them.");
	for (size_t i = 0; i < c->finding_count; i++) {
		const struct label labels[] = {
		    {"code", c->findings[i].code}, {"severity", c->findings[i].severity}};

		count_put(out, "findings_known", labels, 2, c->findings[i].count);
	}
	lone_count(
	    out, "findings_total", "counter", "Findings ever, hints too.", c->findings_total);
}

static void calls_all(FILE *out, const struct tp_live_calls *c)
{
	lone_count(out, "calls_active", "gauge", "Calls begun and not over.", c->active);
	lone_count(out, "calls_answered", "gauge", "Of these, answered ones.", c->answered);
	lone_count(out, "streams_active", "gauge", "Media streams under way.", c->streams_active);
	lone_count(out, "calls_total", "counter", "Calls ever seen.", c->calls);
	lone_count(out, "streams_total", "counter", "Media streams ever seen.", c->streams);
	states_put(out, c);
	mos_put(out, c);
	family(out, "worst_call_mos", "gauge", "MOS of the worst call under way, of late.");
	real_put(out, "worst_call_mos", c->worst_count ? c->worst[0].mos : (double)NAN);
	findings_put(out, c);
	lone_count(
	    out, "evictions_total", "counter", "Entries that full tables gave up.", c->evicted);
}

/* --- stores, and bad calls kept --- */

static void saved_all(FILE *out, const struct tp_saved *saved)
{
	lone_count(out, "saved_calls_total", "counter", "Bad calls written.", saved->calls);
	lone_count(
	    out, "saved_calls_lost_total", "counter", "Bad calls not written.", saved->calls_lost);
	lone_count(out, "saved_packets_lost_total", "counter",
	    "Packets that were not there to be written.", saved->packets_lost);
	lone_count(out, "saved_files_removed_total", "counter", "Files that gave way to others.",
	    saved->files_removed);
	lone_count(out, "saved_files", "gauge", "Files in the folder.", saved->files);
	lone_count(out, "saved_bytes", "gauge", "Octets of these.", saved->octets);
}

static void stores_all(FILE *out, const struct service_figures *f)
{
	family(out, "store_records_total", "counter", "Records, by what became of them.");
	for (size_t i = 0; i < f->store_count; i++) {
		const struct store_state *state = &f->stores[i].state;
		struct label labels[] = {{"store", f->stores[i].name}, {"result", "written"}};

		count_put(out, "store_records_total", labels, 2, state->written);
		labels[1].value = "lost";
		count_put(out, "store_records_total", labels, 2, state->lost);
	}
	family(out, "store_queued", "gauge", "Records that wait to be written.");
	for (size_t i = 0; i < f->store_count; i++) {
		const struct label label = {"store", f->stores[i].name};

		count_put(out, "store_queued", &label, 1, f->stores[i].state.queued);
	}
	family(out, "store_connected", "gauge", "1: it is, since its first record.");
	for (size_t i = 0; i < f->store_count; i++) {
		const struct label label = {"store", f->stores[i].name};

		count_put(out, "store_connected", &label, 1, f->stores[i].state.connected);
	}
}

void metrics_text(const struct service_figures *f, FILE *out)
{
	const struct label version = {"version", tp_version()};
	char why[SERVICE_WHY_MAX];

	family(out, "build_info", "gauge", "The version that runs.");
	count_put(out, "build_info", &version, 1, 1);
	lone_count(out, "healthy", "gauge", "1: all sources are read, and it keeps up.",
	    service_health(f, why) == HEALTH_OK);
	if (f->live_known) {
		family(out, "elapsed_seconds", "gauge", "Since the capture began.");
		real_put(out, "elapsed_seconds", f->live.elapsed_s);
		lone_count(out, "memory_bytes", "gauge", "Resident memory; 0: not known.",
		    f->live.memory_bytes);
		sources_all(out, &f->live);
		calls_all(out, &f->live.calls);
	}
	if (f->saving) {
		saved_all(out, &f->saved);
	}
	if (f->store_count > 0) {
		stores_all(out, f);
	}
}
