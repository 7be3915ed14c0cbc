/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same calls, however their SIP travels: over TCP or UDP, whole, in segments or in fragments,
 * cut at every place where it can be cut.
 */
#include "json_written.h"
#include "story.h"
#include "talkpath.h"

TestSuite(transport, .fini = scratch_remove, .timeout = 300);

/* Take out what says in which packet something was, and over what. */
static void frames_strip(json_t *json)
{
	const char *key;
	json_t *value;
	void *next;
	size_t index;

	json_object_foreach_safe(json, next, key, value)
	{
		if (strstr(key, "frame") || strcmp(key, "transport") == 0) {
			json_object_del(json, key);
		} else {
			frames_strip(value);
		}
	}
	json_array_foreach(json, index, value)
	{
		frames_strip(value);
	}
}

static void add_call(void *array, const struct tp_call *call)
{
	json_array_append_new(array, PARSED(json_of_call, call));
}

static void add_stream(void *array, const struct tp_stream *stream)
{
	json_array_append_new(array, PARSED(json_of_stream, stream));
}

static void add_finding(void *array, const struct tp_finding *finding)
{
	json_array_append_new(array, PARSED(json_of_finding, finding));
}

static void add_eviction(void *object, const struct tp_count *count)
{
	json_object_set_new(object, count->name, json_integer((json_int_t)count->count));
}

/* What is concluded of a script. In this process: there are a thousand of them. */
static json_t *conclusions(const struct gen_script *script)
{
	const struct tp_options options = {.workers = 0};
	struct tp_analysis *analysis = tp_new(&options, NULL);
	json_t *calls = json_array(), *streams = json_array(), *findings = json_array();
	json_t *evictions = json_object();
	json_t *out = json_pack("{s:o, s:o, s:o, s:o}", "calls", calls, "streams", streams,
	    "findings", findings, "evictions", evictions);

	cr_assert_eq(tp_open_file(analysis, story_write(script, "way.pcap"), NULL), TP_OK);
	cr_assert_eq(tp_run(analysis), TP_OK);
	tp_each_call(analysis, add_call, calls);
	tp_each_stream(analysis, add_stream, streams);
	tp_each_finding(analysis, add_finding, findings);
	tp_each_eviction(analysis, add_eviction, evictions);
	tp_free(analysis);
	frames_strip(out);
	return out;
}

static void expect_same(const json_t *wanted, const struct gen_script *script, size_t cut)
{
	json_t *found = conclusions(script);

	if (!json_equal(wanted, found)) {
		char *text = json_dumps(found, JSON_INDENT(1));

		cr_assert_fail("cut at %zu: %.2000s", cut, text);
	}
	json_decref(found);
}

/* A call with a finding, so that there is something to say of its media too. */
static struct story one_way_call(bool ipv6)
{
	struct story s = story();

	if (ipv6) {
		s.phone = "2001:db8::10";
		s.server = "2001:db8:1::10";
	}
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	return s;
}

static size_t longest(const struct gen_script *s)
{
	size_t most = 0;

	for (size_t i = 0; i < s->count; i++) {
		most =
		    s->packets[i].sip && s->packets[i].length > most ? s->packets[i].length : most;
	}
	return most;
}

/* Every place where a message can be cut in two segments; every second capture is mid-stream. */
Test(transport, tcp_cut_everywhere)
{
	struct story s = one_way_call(false);
	json_t *wanted = conclusions(&s.lan);
	size_t most = longest(&s.lan);

	cr_assert_str_eq(text_at(wanted, "findings.0.code"), "one-way-audio");
	cr_assert_gt(most, 500);
	for (size_t cut = 0; cut < most; cut++) {
		/* The sequence numbers of each second one wrap in the middle of the call. */
		struct gen_over_tcp how = {
		    .handshake = cut % 2, .sequence = cut % 4 < 2 ? 1000 : -1000U, .cut = cut};
		struct gen_script over = {0};

		gen_script_tcp(&over, &s.lan, &how);
		expect_same(wanted, &over, cut);
		gen_script_free(&over);
	}
	json_decref(wanted);
	gen_script_free(&s.lan);
}

/* Segments of every length, that end where they like: several messages in one, many for one. */
Test(transport, tcp_in_segments_of_one_length)
{
	struct story s = one_way_call(true);
	json_t *wanted = conclusions(&s.lan);
	static const size_t lengths[] = {1, 2, 3, 5, 7, 16, 33, 64, 100, 255, 536, 1000, 1460};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct gen_over_tcp how = {.handshake = true, .segment = lengths[i]};
		struct gen_script over = {0};

		gen_script_tcp(&over, &s.lan, &how);
		expect_same(wanted, &over, lengths[i]);
		gen_script_free(&over);
	}
	json_decref(wanted);
	gen_script_free(&s.lan);
}

static void fragments_everywhere(bool ipv6, bool tcp)
{
	struct story s = one_way_call(ipv6);
	json_t *wanted = conclusions(&s.lan);
	struct gen_script over = {0};
	size_t most = longest(&s.lan) + 20;

	if (tcp) {
		gen_script_tcp(&over, &s.lan, &(struct gen_over_tcp){.cut = 300});
	} else {
		gen_script_fragments(&over, &s.lan, 65536); /* a copy */
	}
	for (size_t octets = 8; octets < most; octets += 8) {
		struct gen_script cut = {0};

		gen_script_fragments(&cut, &over, octets);
		expect_same(wanted, &cut, octets);
		gen_script_free(&cut);
	}
	json_decref(wanted);
	gen_script_free(&over);
	gen_script_free(&s.lan);
}

Test(transport, ipv4_fragments)
{
	fragments_everywhere(false, false);
}

Test(transport, ipv6_fragments)
{
	fragments_everywhere(true, false);
}

Test(transport, ipv4_fragments_of_tcp)
{
	fragments_everywhere(false, true);
}

Test(transport, ipv6_fragments_of_tcp)
{
	fragments_everywhere(true, true);
}

/* A retransmitted segment is no retransmission of SIP; a repeated message is. */
Test(transport, retransmitted_segments)
{
	struct story s = one_way_call(false);
	json_t *wanted = conclusions(&s.lan), *report;
	struct gen_script over = {0};
	size_t count;

	gen_script_tcp(&over, &s.lan, &(struct gen_over_tcp){.cut = 200});
	count = over.count;
	for (size_t i = 0; i < count; i++) {
		if (over.packets[i].transport == GEN_TCP) {
			gen_again(&over, i, over.packets[i].at_s + 0.001);
		}
	}
	expect_same(wanted, &over, 200);
	report = report_of("%s", story_write(&over, "again.pcap"));
	cr_expect_gt(number_at(report, "captures.0.not_decoded.tcp_retransmission"), 5);
	json_decref(report);
	json_decref(wanted);
	gen_script_free(&over);
	gen_script_free(&s.lan);
}

/* Evidence from several packets names them all. */
Test(transport, frames_of_the_evidence)
{
	struct story s = one_way_call(false);
	struct gen_script over = {0};
	json_t *report, *evidence;

	gen_script_fragments(&over, &s.lan, 200);
	report = report_of("%s", story_write(&over, "frames.pcap"));
	evidence = at(report, "findings.0.evidence.0");
	cr_expect_str_eq(text_at(evidence, "text"),
	    "the caller's session description: send and receive, media to 192.168.1.10:16384");
	cr_assert_geq(length_at(evidence, "frames"), 3);
	cr_expect_eq(number_at(evidence, "frames.0"), 1);
	cr_expect_eq((size_t)number_at(evidence, "frame"), length_at(evidence, "frames"));
	json_decref(report);
	gen_script_free(&over);
	gen_script_free(&s.lan);
}
