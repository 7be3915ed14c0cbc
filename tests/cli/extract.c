/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packets of chosen calls in a file of their own: what is concluded of that file about the
 * call is what was concluded of the whole capture.
 */
#include "gen_stun.h"
#include "three_calls.h"

TestSuite(extract, .fini = scratch_remove, .timeout = 120);

/* `talkpath analyze ARGUMENTS --extract x.pcapng`, which must succeed. */
__attribute__((format(printf, 1, 2))) static const char *extract(const char *arguments, ...)
{
	const char *path = scratch("x.pcapng");
	char line[2000];
	va_list list;
	struct outcome o;

	va_start(list, arguments);
	(void)vsnprintf(line, sizeof(line), arguments, list);
	va_end(list);
	o = run("analyze --extract %s %s", path, line);
	cr_assert_eq(o.code, 0, "%s: exit %d: %s", line, o.code, o.err);
	cr_assert_str_eq(o.err, "");
	cr_assert_neq(access(scratch("x.pcapng.part"), F_OK), 0);
	outcome_free(&o);
	return path;
}

/* Each call of the capture, extracted, is that call alone and the same. */
static void each_is_the_same(const char *path, const char *what)
{
	json_t *whole = report_of("--vantage lan=%s", path);

	cr_assert_eq(length_at(whole, "calls"), CALLS, "%s", what);
	for (unsigned n = 0; n < CALLS; n++) {
		const char *part = extract("--call-id %s --vantage lan=%s", call_ids[n], path);
		json_t *alone = report_of("--vantage lan=%s", part);
		json_t *wanted = conclusions(whole, call_ids[n]);
		json_t *found = conclusions(alone, call_ids[n]);

		cr_assert_eq(length_at(alone, "calls"), 1, "%s: %u", what, n);
		cr_assert_eq(length_at(alone, "streams"), length_at(wanted, "its_streams"),
		    "%s: %u", what, n);
		expect_equal(found, wanted, what);
		json_decref(alone);
		json_decref(wanted);
		json_decref(found);
	}
	json_decref(whole);
}

/* Nothing but what concerns its calls is in the script: all of it is extracted. */
static void expect_all_of(const struct gen_script *script)
{
	json_t *report = report_of("%s", extract("%s", story_write(script, "all.pcap")));

	cr_expect_eq(length_at(report, "calls"), CALLS);
	cr_expect_eq(number_at(report, "captures.0.packets"), (double)script->count);
	json_decref(report);
}

Test(extract, each_of_three_calls)
{
	struct gen_script all = three_calls();
	const char *path = story_write(&all, "three.pcap");
	json_t *whole = report_of("%s", path);

	cr_assert_str_eq(text_at(whole, "findings.0.code"), "one-way-audio");
	cr_assert_eq(length_at(whole, "streams"), 5);
	each_is_the_same(path, "udp");
	json_decref(whole);
	gen_script_free(&all);
}

/* One connection carries all of them; segments end where they like. */
Test(extract, over_tcp)
{
	static const size_t segments[] = {0, 100, 536, 1000, 1460};
	struct gen_script all = three_calls();

	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		struct gen_over_tcp how = {.handshake = i % 2, .segment = segments[i], .cut = 80};
		struct gen_script over = {0};
		char what[32];

		(void)snprintf(what, sizeof(what), "segments of %zu", segments[i]);
		gen_script_tcp(&over, &all, &how);
		each_is_the_same(story_write(&over, "three.pcap"), what);
		gen_script_free(&over);
	}
	gen_script_free(&all);
}

/*
 * As a busy proxy sends: what comes within 10 ms in one direction goes as one run of octets, cut
 * where segments are full. A message then begins behind the rest of another.
 */
static const char *written_in_runs(const struct gen_script *all, size_t segment)
{
	static uint8_t octets[1 << 16];
	const char *path = scratch("runs.pcap");
	uint32_t sent[2] = {1000, 7000};
	struct gen_file file;
	size_t next;

	cr_assert(gen_open(&file, path, GEN_PCAP_MICRO, GEN_ETHERNET, 262144));
	for (size_t i = 0; i < all->count; i = next) {
		const struct gen_packet *p = &all->packets[i];
		int64_t time_ns = (int64_t)(p->at_s * 1e9);
		unsigned way = p->route.ttl == 64;
		size_t length = 0;

		next = i + 1;
		if (!p->sip) {
			gen_udp(&file, time_ns, &p->route, p->payload, p->length);
			continue;
		}
		for (next = i; next < all->count && all->packets[next].sip &&
			       all->packets[next].route.ttl == p->route.ttl &&
			       all->packets[next].at_s < p->at_s + 0.01;
		     next++) {
			memcpy(
			    octets + length, all->packets[next].payload, all->packets[next].length);
			length += all->packets[next].length;
		}
		for (size_t at = 0; at < length; at += segment) {
			size_t part = length - at < segment ? length - at : segment;
			struct gen_segment head = {sent[way], 0x18};

			gen_tcp(&file, time_ns, &p->route, &head, &(struct gen_part){0},
			    octets + at, part);
			sent[way] += (uint32_t)part;
		}
	}
	cr_assert(gen_close(&file));
	return path;
}

/* What shares a segment with a call comes along; of the call itself nothing is missing. */
Test(extract, messages_that_share_segments)
{
	struct gen_script all = three_calls();
	static const size_t segments[] = {300, 700, 1200};

	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		const char *path = written_in_runs(&all, segments[i]);
		json_t *whole = report_of("--vantage lan=%s", path);

		for (unsigned n = 0; n < CALLS; n++) {
			const char *part =
			    extract("--call-id %s --vantage lan=%s", call_ids[n], path);
			json_t *alone = report_of("--vantage lan=%s", part);
			json_t *wanted = conclusions(whole, call_ids[n]);
			json_t *found = conclusions(alone, call_ids[n]);

			expect_equal(found, wanted, call_ids[n]);
			cr_expect_eq(length_at(alone, "streams"), length_at(wanted, "its_streams"));
			json_decref(alone);
			json_decref(wanted);
			json_decref(found);
		}
		json_decref(whole);
	}
	gen_script_free(&all);
}

Test(extract, in_fragments)
{
	struct gen_script all = three_calls(), cut = {0};

	gen_script_fragments(&cut, &all, 64);
	each_is_the_same(story_write(&cut, "three.pcap"), "fragments");
	gen_script_free(&cut);
	gen_script_free(&all);
}

/* Media in fragments, of which the last makes the packet. */
Test(extract, media_in_fragments)
{
	struct gen_script all = three_calls(), cut = {0};

	for (size_t i = 0; i < all.count; i++) {
		all.packets[i].sip = all.packets[i].length == 172;
	}
	gen_script_fragments(&cut, &all, 96);
	each_is_the_same(story_write(&cut, "three.pcap"), "media in fragments");
	gen_script_free(&cut);
	gen_script_free(&all);
}

/* --- media by way of TURN --- */

Test(extract, relayed)
{
	struct gen_script all = {0};

	for (unsigned n = 0; n < CALLS; n++) {
		struct story s = one_of_three(n);
		struct gen_route to = {
		    gen_end(story_phone, s.phone_media), gen_end("198.51.100.5", 3478), 46, 64};
		struct gen_allocation lent = {gen_end(story_outside, (uint16_t)(50000 + n)),
		    gen_end("198.51.100.5", (uint16_t)(49152 + 2 * n)), 600};
		struct gen_wrapping how = {
		    .envelope = GEN_CHANNEL, .channel = 0x4001 + n, .route = to};
		struct gen_stream stream = {
		    .from_s = 1.1, .to_s = 12, .ssrc = 0x1111, .sequence = 1000};
		struct gen_script bare = {0};
		char sdp[512];

		gen_allocate(&s.lan, -60, to, 10 * n + 1, &lent);
		gen_channel_bind(&s.lan, -59, to, 10 * n + 5, how.channel,
		    gen_end(story_server, s.server_media));
		(void)snprintf(sdp, sizeof(sdp),
		    "v=0\no=- 1 1 IN IP4 198.51.100.5\ns=-\nc=IN IP4 198.51.100.5\nt=0 0\n"
		    "m=audio %u RTP/AVP 0\na=rtpmap:0 PCMU/8000\n",
		    49152 + 2 * n);
		story_request(&s, 0.5, "INVITE", 1, false, sdp);
		story_response(&s, 1, "200 OK", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
		story_request(&s, 1.02, "ACK", 1, true, NULL);
		gen_stream(&bare, to, &stream);
		gen_wrap(&s.lan, &bare, &how);
		how.route = (struct gen_route){to.dst, to.src, 46, 57};
		gen_wrap(&s.lan, &bare, &how);
		story_end(&s);
		script_add(&all, &s.lan, 60 + n * 0.003);
		gen_script_free(&bare);
		gen_script_free(&s.lan);
	}
	each_is_the_same(story_write(&all, "three.pcap"), "relayed");
	gen_script_free(&all);
}

/* --- media at an address that STUN told of --- */

Test(extract, mapped)
{
	struct gen_script all = {0};

	for (unsigned n = 0; n < CALLS; n++) {
		struct story s = one_of_three(n);
		uint16_t outside = (uint16_t)(50000 + n);
		struct gen_route to = {
		    gen_end(story_phone, s.phone_media), gen_end("198.51.100.6", 3478), 0, 64};
		char sdp[512];

		gen_binding(&s.lan, -40, to, n + 1, gen_end(story_outside, outside));
		(void)snprintf(sdp, sizeof(sdp),
		    "v=0\no=- 1 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\n"
		    "m=audio %u RTP/AVP 0\na=rtpmap:0 PCMU/8000\n",
		    story_outside, story_outside, outside);
		story_request(&s, 0.5, "INVITE", 1, false, sdp);
		story_response(&s, 1, "200 OK", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
		story_request(&s, 1.02, "ACK", 1, true, NULL);
		story_audio(&s, true, 1.1, 11.9);
		story_audio(&s, false, 1.1, 11.9);
		story_end(&s);
		script_add(&all, &s.lan, 60 + n * 0.003);
		gen_script_free(&s.lan);
	}
	each_is_the_same(story_write(&all, "three.pcap"), "mapped");
	expect_all_of(&all);
	gen_script_free(&all);
}

/* --- two vantages --- */

static size_t count_of(const char *path, const char *call_id)
{
	json_t *report = report_of("--call-id %s %s", call_id, path);
	size_t packets = (size_t)number_at(report, "calls.0.message_count");

	for (size_t i = 0; i < length_at(report, "streams"); i++) {
		packets += (size_t)json_number_value(
		    at(json_array_get(at(report, "streams"), i), "packets"));
	}
	json_decref(report);
	return packets;
}

/* Both sides of a router with an ALG, as the project ships them. */
Test(extract, two_vantages)
{
	const char *source = getenv("TALKPATH_SOURCE"), *path;
	char lan[300], wan[300];
	json_t *whole, *both;

	cr_assert_not_null(source);
	(void)snprintf(lan, sizeof(lan), "%s/pcaps/sip-alg/lan.pcap", source);
	(void)snprintf(wan, sizeof(wan), "%s/pcaps/sip-alg/wan.pcap", source);
	whole = report_of("--vantage lan=%s --vantage wan=%s", lan, wan);
	cr_assert_str_eq(text_at(whole, "findings.0.code"), "sip-alg");
	path = extract("--vantage lan=%s --vantage wan=%s", lan, wan);
	both = report_of("%s", path);
	cr_assert_eq(length_at(both, "captures.0.interfaces"), 2);
	cr_expect_str_eq(text_at(both, "captures.0.interfaces.0.name"), "lan");
	cr_expect_str_eq(text_at(both, "captures.0.interfaces.1.name"), "wan");
	cr_expect_eq(number_at(both, "captures.0.packets"),
	    (double)(count_of(lan, text_at(whole, "calls.0.call_id")) +
		     count_of(wan, text_at(whole, "calls.0.call_id"))));
	json_decref(whole);
	json_decref(both);
}

/* And the finding is still there when each side is extracted for itself. */
Test(extract, finding_of_two_vantages_survives)
{
	const char *source = getenv("TALKPATH_SOURCE");
	char lan[300], wan[300];
	const char *sides[2] = {lan, wan}, *parts[2];
	json_t *report;

	(void)snprintf(lan, sizeof(lan), "%s/pcaps/sip-alg/lan.pcap", source);
	(void)snprintf(wan, sizeof(wan), "%s/pcaps/sip-alg/wan.pcap", source);
	for (int i = 0; i < 2; i++) {
		parts[i] = scratch(i ? "wan.pcapng" : "lan.pcapng");
		cr_assert_eq(rename(extract("%s", sides[i]), parts[i]), 0);
	}
	report = report_of("--vantage lan=%s --vantage wan=%s", parts[0], parts[1]);
	cr_expect_str_eq(text_at(only_finding(report, "sip-alg"), "severity"), "warning");
	json_decref(report);
}

/* --- selecting --- */

Test(extract, all_calls_and_those_of_a_filter)
{
	struct gen_script all = three_calls();
	const char *path = story_write(&all, "three.pcap");
	json_t *report;

	expect_all_of(&all);
	report = report_of("%s", extract("--filter finding %s", path));
	cr_assert_eq(length_at(report, "calls"), 1);
	cr_expect_str_eq(text_at(report, "calls.0.call_id"), call_ids[1]);
	json_decref(report);
	gen_script_free(&all);
}

Test(extract, nothing_selected)
{
	struct gen_script all = three_calls();
	const char *path = story_write(&all, "three.pcap"), *part = scratch("x.pcapng");
	struct outcome o = run("analyze --filter 'mos>9' --extract %s %s", part, path);
	json_t *report;

	cr_expect_eq(o.code, 0, "%s", o.err);
	cr_expect_not_null(strstr(o.err, "no call was selected"), "%s", o.err);
	outcome_free(&o);
	report = report_of("%s", part);
	cr_expect_eq(number_at(report, "captures.0.packets"), 0);
	cr_expect_str_eq(text_at(report, "captures.0.interfaces.0.link_type"), "ethernet");
	json_decref(report);
	gen_script_free(&all);
}

/* --- what stays as it was --- */

/* Cut packets, and two link types. */
Test(extract, lengths_and_link_types)
{
	struct gen_script all = three_calls();
	const char *ethernet = scratch("ethernet.pcap"), *cooked = scratch("cooked.pcap"), *part;
	struct gen_file file;
	json_t *report;

	cr_assert(gen_open(&file, ethernet, GEN_PCAP_NANO, GEN_ETHERNET, 80));
	for (size_t i = 0; i < all.count; i++) {
		gen_udp(&file, (int64_t)(all.packets[i].at_s * 1e9) + 1, &all.packets[i].route,
		    all.packets[i].payload, all.packets[i].length);
	}
	cr_assert(gen_close(&file));
	cr_assert(gen_script_write(&all, cooked, GEN_PCAP_MICRO, GEN_SLL2));
	part = extract("--vantage a=%s --vantage b=%s", ethernet, cooked);
	report = report_of("%s", part);
	cr_expect_str_eq(text_at(report, "captures.0.interfaces.0.link_type"), "ethernet");
	cr_expect_str_eq(text_at(report, "captures.0.interfaces.1.link_type"), "linux_sll2");
	cr_expect_eq(length_at(report, "captures.0.interfaces"), 2);
	cr_expect_gt(number_at(report, "captures.0.snap_cut"), 1000);
	cr_expect_eq(json_object_size(at(report, "captures.0.malformed")), 0);
	json_decref(report);
	gen_script_free(&all);
}

/* --- what cannot be --- */

static void refused(int code, const char *word, const char *arguments)
{
	struct outcome o = run("analyze %s", arguments);

	cr_expect_eq(o.code, code, "%s: exit %d: %s", arguments, o.code, o.err);
	cr_expect_not_null(strstr(o.err, word), "%s: %s", arguments, o.err);
	cr_expect_str_eq(o.out, "", "%s: refused before the work", arguments);
	outcome_free(&o);
}

Test(extract, what_cannot_be_read_twice)
{
	const char *fifo = scratch("fifo"), *part = scratch("x.pcapng");
	char line[600];

	(void)snprintf(line, sizeof(line), "--extract %s -", part);
	refused(2, "can be read only once", line);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	(void)snprintf(line, sizeof(line), "--extract %s %s", part, fifo);
	refused(2, "can be read only once", line);
	cr_expect_neq(access(part, F_OK), 0);
}

Test(extract, what_cannot_be_written)
{
	struct gen_script all = three_calls();
	const char *path = story_write(&all, "three.pcap");
	char line[600];

	(void)snprintf(line, sizeof(line), "--extract /nowhere/x.pcapng %s", path);
	refused(4, "/nowhere/x.pcapng", line);
	(void)snprintf(line, sizeof(line), "--extract /tmp %s", path);
	refused(4, "no regular file", line);
	(void)snprintf(line, sizeof(line), "--extract %s %s", path, path);
	refused(2, "is a capture to be read", line);
	cr_expect_gt(strlen(slurp(path)), 0, "it is still there");
	gen_script_free(&all);
}

/* A disk that is full halfway leaves nothing that looks whole, and what was there stays. */
Test(extract, no_half_file)
{
	struct gen_script all = three_calls();
	const char *path = story_write(&all, "three.pcap"), *part = scratch("x.pcapng");
	const char *program = getenv("TALKPATH_PROGRAM");
	FILE *old = fopen(part, "w");
	char command[900], *text;

	cr_assert_not_null(old);
	(void)fputs("what was there", old);
	(void)fclose(old);
	(void)snprintf(command, sizeof(command),
	    "trap '' XFSZ; ulimit -f 64; exec %s analyze -o /dev/null --extract %s %s 2>/dev/null",
	    program, part, path);
	cr_expect_eq(code_of(system(command)), 4);
	text = slurp(part);
	cr_expect_str_eq(text, "what was there");
	cr_expect_neq(access(scratch("x.pcapng.part"), F_OK), 0);
	free(text);
	gen_script_free(&all);
}

Test(extract, simple_packets_have_no_time)
{
	static const uint32_t blocks[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28,
	    1, 20, 1, 0, 20, 3, 20, 4, 0, 20};
	const char *path = scratch("simple.pcapng"), *part = scratch("x.pcapng");
	FILE *file = fopen(path, "wb");
	struct outcome o;

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(blocks, sizeof(blocks), 1, file), 1);
	(void)fclose(file);
	o = run("analyze --extract %s %s", part, path);
	cr_expect_eq(o.code, 4, "%s", o.err);
	cr_expect_not_null(strstr(o.err, "no time stamps"), "%s", o.err);
	cr_expect_neq(access(part, F_OK), 0);
	outcome_free(&o);
}

/* Another tool reads it too, where one is there. */
Test(extract, tshark_reads_it)
{
	struct gen_script all = three_calls();
	const char *path = story_write(&all, "three.pcap"), *part;
	char command[700], *text;

	if (system("tshark --version >/dev/null 2>&1") != 0) {
		cr_skip("tshark is not installed");
	}
	part = extract("%s", path);
	(void)snprintf(command, sizeof(command),
	    "tshark -r %s -T fields -e frame.interface_name -e frame.time_epoch >%s 2>/dev/null",
	    part, scratch("tshark"));
	cr_assert_eq(code_of(system(command)), 0, "%s", slurp(scratch("tshark")));
	text = slurp(scratch("tshark"));
	for (size_t i = 0, lines = 0; text[i]; i++) {
		lines += text[i] == '\n';
		if (!text[i + 1]) {
			cr_expect_eq(lines, all.count);
		}
	}
	cr_expect_eq(strncmp(text, "three\t", 6), 0, "%.100s", text);
	free(text);
	gen_script_free(&all);
}
