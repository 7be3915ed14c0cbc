/* SPDX-License-Identifier: Apache-2.0 */
#include "analysis.h"
#include "capture_points.h"
#include "clock_align.h"

enum { DECODED_KINDS = 3 };

static uint64_t count_of(const struct tp_analysis *a, uint16_t capture, int result)
{
	uint64_t count = desk_counts(a->desk, capture)[result];

	for (unsigned i = 0; i < a->run.reader_count; i++) {
		const struct reader *reader = a->run.readers[i];

		count += reader->intake.counts[capture][result];
		for (unsigned k = 0; k < reader->config.fan; k++) {
			count += meter_counts(reader->meters[k], capture)[result];
		}
	}
	return count;
}

static size_t counts_collect(
    const struct tp_analysis *a, uint16_t capture, enum dissect_class class, struct tp_count *out)
{
	size_t count = 0;

	for (int r = 0; r < DISSECT_RESULT_COUNT; r++) {
		uint64_t n = count_of(a, capture, r);

		if (n > 0 && dissect_result_class((enum dissect_result)r) == class) {
			out[count++] =
			    (struct tp_count){dissect_result_name((enum dissect_result)r), n};
		}
	}
	return count;
}

static size_t decoded_collect(
    const struct tp_analysis *a, uint16_t capture, struct tp_count out[DECODED_KINDS])
{
	const struct desk_messages *messages = desk_messages(a->desk, capture);
	const struct tp_count kinds[DECODED_KINDS] = {
	    {"sip_requests", messages->requests},
	    {"sip_invites", messages->invites},
	    {"sip_responses", messages->responses},
	};
	size_t count = 0;

	for (size_t i = 0; i < DECODED_KINDS; i++) {
		if (kinds[i].count > 0) {
			out[count++] = kinds[i];
		}
	}
	return count;
}

size_t drops_collect(
    const struct tp_analysis *a, uint16_t capture, struct tp_count out[DROP_PLACES])
{
	struct source_drops drops;

	if (!run_drops(&a->run, a->sources[capture], &drops)) {
		return 0;
	}
	out[0] = (struct tp_count){"kernel", drops.kernel};
	out[1] = (struct tp_count){"interface", drops.interface};
	out[2] = (struct tp_count){"ring", drops.ring};
	out[3] = (struct tp_count){"worker", drops.worker};
	return 4;
}

/* Of what two captures of one point both hold, one time stamp was made; else the desk may know. */
static bool clock_find(const struct tp_analysis *a, uint16_t capture, struct clock_offset *out)
{
	if (a->points && capture_points_one_clock(a->points, 0, capture)) {
		*out = (struct clock_offset){0};
		return true;
	}
	return clock_offset(a->desk, 0, capture, out);
}

/* Of the first capture nothing is said where no other shares packets with it. */
static void clock_fill(const struct tp_analysis *a, unsigned capture, struct tp_capture *out)
{
	struct clock_offset offset;

	for (unsigned i = 1; capture == 0 && i < a->source_count && !out->clock_aligned; i++) {
		out->clock_aligned = clock_find(a, (uint16_t)i, &offset);
	}
	if (capture > 0 && clock_find(a, (uint16_t)capture, &offset)) {
		out->clock_aligned = true;
		out->clock_offset_ns = offset.ahead_ns;
		out->clock_error_ns = offset.error_ns;
	}
}

static uint64_t duplicates_of(const struct tp_analysis *a, uint16_t capture)
{
	return desk_duplicates(a->desk, capture) + (a->points ? a->points->removed[capture] : 0);
}

static void capture_visit(
    struct tp_analysis *a, unsigned i, tp_capture_visitor *visit, void *context)
{
	struct source *source = a->sources[i];
	struct tp_interface interfaces[SOURCE_INTERFACES_MAX];
	struct tp_count skipped[DISSECT_RESULT_COUNT], malformed[DISSECT_RESULT_COUNT];
	struct tp_count drops[DROP_PLACES], decoded[DECODED_KINDS];
	struct tp_capture out = {
	    .file = a->names[i],
	    .vantage = a->vantages[a->vantage_of[i]],
	    .interfaces = interfaces,
	    .interface_count = source->interface_count,
	    .packets = source->totals.packets,
	    .bytes = source->totals.bytes,
	    .first_time_ns = source->totals.packets ? source->totals.first_time_ns : TP_NO_TIME,
	    .last_time_ns = source->totals.packets ? source->totals.last_time_ns : TP_NO_TIME,
	    .truncated = source->truncated,
	    .live = source->ops->drops != NULL,
	    .timestamp_source = source->stamps,
	    .timestamp_error_ns = source->stamp_error_ns,
	    .snap_cut = source->totals.snap_cut,
	    .duplicates_removed = duplicates_of(a, (uint16_t)i),
	    .decoded = decoded,
	    .not_decoded = skipped,
	    .malformed = malformed,
	    .dropped = drops,
	};

	for (unsigned k = 0; k < source->interface_count; k++) {
		const struct source_interface *from = &source->interfaces[k];

		interfaces[k] = (struct tp_interface){
		    .name = from->name[0] ? from->name : NULL,
		    .link_type = link_type_name((enum link_type)from->link),
		    .snap_length = from->snap_length,
		};
	}
	out.decoded_count = decoded_collect(a, (uint16_t)i, decoded);
	out.not_decoded_count = counts_collect(a, (uint16_t)i, DISSECT_CLASS_SKIPPED, skipped);
	out.malformed_count = counts_collect(a, (uint16_t)i, DISSECT_CLASS_MALFORMED, malformed);
	out.dropped_count = drops_collect(a, (uint16_t)i, drops);
	clock_fill(a, i, &out);
	visit(context, &out);
}

void tp_each_capture(struct tp_analysis *a, tp_capture_visitor *visit, void *context)
{
	for (unsigned i = 0; a->ran && i < a->source_count; i++) {
		capture_visit(a, i, visit, context);
	}
}

void tp_each_endpoint(struct tp_analysis *a, tp_endpoint_visitor *visit, void *context)
{
	if (a->ran) {
		report_each_endpoint(a->desk, visit, context);
	}
}

void tp_each_call(struct tp_analysis *a, tp_call_visitor *visit, void *context)
{
	tp_first_calls(a, SIZE_MAX, visit, context);
}

void tp_first_calls(struct tp_analysis *a, size_t limit, tp_call_visitor *visit, void *context)
{
	if (a->ran) {
		report_first_calls(a->desk, limit, visit, context);
	}
}

bool tp_totals_get(struct tp_analysis *a, double poor_mos, struct tp_totals *totals)
{
	if (a->ran) {
		report_totals(a->desk, poor_mos, totals);
	}
	return a->ran;
}

void tp_each_report(struct tp_analysis *a, tp_report_visitor *visit, void *context)
{
	if (a->ran) {
		report_each_report(a->desk, visit, context);
	}
}

void tp_each_stream(struct tp_analysis *a, tp_stream_visitor *visit, void *context)
{
	tp_first_streams(a, SIZE_MAX, visit, context);
}

void tp_first_streams(struct tp_analysis *a, size_t limit, tp_stream_visitor *visit, void *context)
{
	if (a->ran) {
		report_first_streams(a->desk, limit, visit, context);
	}
}

void tp_each_finding(struct tp_analysis *a, tp_finding_visitor *visit, void *context)
{
	if (a->ran) {
		report_each_finding(a->desk, visit, context);
	}
}

void tp_each_registration(struct tp_analysis *a, tp_registration_visitor *visit, void *context)
{
	if (a->ran) {
		report_each_registration(a->desk, visit, context);
	}
}

void tp_each_exchange(struct tp_analysis *a, tp_exchange_visitor *visit, void *context)
{
	if (a->ran) {
		report_each_exchange(a->desk, visit, context);
	}
}

bool tp_sip_metrics_get(struct tp_analysis *a, struct tp_sip_metrics *metrics)
{
	if (a->ran) {
		report_sip_metrics(a->desk, metrics);
	}
	return a->ran;
}

void tp_each_sip_server(struct tp_analysis *a, tp_sip_server_visitor *visit, void *context)
{
	if (a->ran) {
		report_each_sip_server(a->desk, visit, context);
	}
}

/* What gave way before the desk, in all readers and their meters. */
struct reader_losses {
	struct meter_losses meter;
	uint64_t fragments, tcp_flows, tcp_buffers, turn_flows, fax_flows, signals;
};

static void meter_losses_add(struct meter_losses *sum, const struct meter_losses *one)
{
	sum->streams_evicted += one->streams_evicted;
	sum->streams_refused += one->streams_refused;
	sum->candidates_evicted += one->candidates_evicted;
	sum->trials_refused += one->trials_refused;
	sum->records_refused += one->records_refused;
}

static struct reader_losses reader_losses_sum(const struct tp_analysis *a)
{
	struct reader_losses sum = {0};

	for (unsigned i = 0; i < a->run.reader_count; i++) {
		const struct reader *reader = a->run.readers[i];
		const struct intake *intake = &reader->intake;

		for (unsigned k = 0; k < reader->config.fan; k++) {
			meter_losses_add(&sum.meter, meter_losses(reader->meters[k]));
		}
		sum.fragments += intake->fragments.evicted;
		sum.tcp_flows += intake->tcp.flows_evicted;
		sum.tcp_buffers += intake->tcp.buffers_evicted;
		sum.turn_flows += intake->envelopes.evicted;
		sum.fax_flows += intake->fax.evicted;
		sum.signals += intake->signals_refused;
	}
	return sum;
}

void tp_each_eviction(struct tp_analysis *a, tp_count_visitor *visit, void *context)
{
	const struct desk_evictions *desk;
	struct reader_losses read;

	if (!a->ran) {
		return;
	}
	desk = desk_evictions(a->desk);
	read = reader_losses_sum(a);
	const struct tp_count counts[] = {
	    {"calls", desk->calls},
	    {"streams", desk->streams + read.meter.streams_evicted + read.meter.streams_refused},
	    {"call_streams", desk->call_streams},
	    {"stream_candidates", read.meter.candidates_evicted},
	    {"endpoints", desk->endpoints},
	    {"findings", desk->findings},
	    {"sip_messages", desk->sightings},
	    {"agreements", desk->agreements},
	    {"legs", desk->legs},
	    {"media_places", desk->sites},
	    {"fragments", read.fragments},
	    {"tcp_flows", read.tcp_flows},
	    {"tcp_buffers", read.tcp_buffers},
	    {"stun_mappings", desk->mappings},
	    {"stun_transactions", desk->stun_transactions},
	    {"turn_flows", read.turn_flows},
	    {"fax_flows", read.fax_flows},
	    {"stream_ssrcs", desk->ssrcs},
	    {"voice_reports", desk->voice_reports},
	    {"sip_transactions", desk->sip_transactions},
	    {"registrations", desk->registrations},
	    {"exchanges", desk->exchanges},
	    {"sip_askers", desk->askers},
	    {"servers_asked", desk->reaches},
	    {"sip_servers", desk->sip_servers},
	    {"nat_paths", desk->nat_paths},
	    {"intervals", desk->intervals},
	    {"clock_trials", read.meter.trials_refused},
	    {"records", read.meter.records_refused + read.signals},
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i].count > 0) {
			visit(context, &counts[i]);
		}
	}
}
