/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls in recordings of others, with proxies, B2BUAs, transfers and refusals, as they were read
 * by hand from the messages.
 */
#include "data.h"
#include "program.h"

TestSuite(recordings, .fini = scratch_remove, .timeout = 60);

struct expected {
	const char *call_id; /* its beginning */
	const char *state, *ended_by;
	int status, messages;
	const char *leg, *why; /* the only one; NULL: none */
};

struct recording {
	const char *file;
	size_t calls;
	struct expected expected[4];
};

static const struct recording recordings[] = {
    /* A proxy on both hops; the ACK and BYE go directly. */
    {"NormB__sipnab/tests/pcap-samples/sip-proxy.pcap", 1,
	{{"75104938772201062721", "completed", "callee", 200, 11}}},
    /* Asterisk between two phones, which it re-INVITEs to one another. */
    {"NormB__sipnab/tests/pcap-samples/b2bua-asterisk.pcapng", 2,
	{{"M2Q0ZDc1ZGM1", "completed", "caller", 200, 13, "c2", "media-endpoint"},
	    {"37686afc57ce", "completed", "caller", 200, 15, "c1", "media-endpoint"}}},
    {"NormB__sipnab/tests/pcap-samples/sip-488-codec-reject.pcapng", 1,
	{{"NA4y5nr9Jk", "failed", "unknown", 488, 7}}},
    /* Transferred by REFER through a proxy; the first call's end is not in the recording. */
    {"AnettLangova__mtaa_zadanie1/redirected_call.pcapng", 2,
	{{"3~gG2K5yfy", "in-progress", NULL, 200, 26, "c2", "refer"},
	    {"NuE-RyUbnz", "completed", "callee", 200, 7, "c1", "refer"}}},
    /* It begins with the REFER: when the first call began, and how, is not known. */
    {"jhrncar__MTAA1/redirect.pcapng", 2,
	{{"DPHT89-oZJ", "in-progress", NULL, 0, 16, "c2", "refer"},
	    {"~GIk5Cwsz5", "in-progress", NULL, 200, 9, "c1", "refer"}}},
    /* An automatic exchange transfers to an extension. */
    {"goffinet__sip_captures/voip-extension.pcap", 2,
	{{"673b0437", "completed", "callee", 200, 14, "c2", "refer"},
	    {"f49fa0af", "completed", "callee", 200, 15, "c1", "refer"}}},
    /* Held, a second call meanwhile, and back: two calls of one phone. */
    {"Katka-Hu__Zadanie1/presmerovanie_hovoru.pcapng", 2,
	{{"728J1nsYv9", "completed", "caller", 200, 30},
	    {"ZukF3iU6uM", "completed", "callee", 200, 14}}},
    {"AnettLangova__mtaa_zadanie1/canceled_call.pcapng", 1,
	{{"SQmUv6XWSQ", "cancelled", "caller", 487, 14}}},
    {"AnettLangova__mtaa_zadanie1/declined_call.pcapng", 1,
	{{"iam-261NQF", "failed", "callee", 603, 10}}},
    {"Rasto-K__MTAA_SIP_Proxy/zvonenie_486.pcapng", 1,
	{{"ZoUpa-vatv", "failed", "callee", 486, 10}}},
    {"Rasto-K__MTAA_SIP_Proxy/zvonenie_nedostupny.pcapng", 1,
	{{"OKyEjjiB53", "no-answer", "unknown", 480, 3}}},
    /*
     * An SBC that changes Call-ID and addresses, one side captured twice; a fax by G.711, T.38
     * refused with 488.
     */
    {"negbie__heplify/example/pcap/FAX-Call-t38-CA-TDM-SIP-FB-1.pcap", 3,
	{{"00e9d4a500e9d48", "completed", "caller", 200, 45, "c2", "sdp-origin"},
	    {"SD4909701", "completed", "caller", 200, 23, "c1", "sdp-origin"}}},
};

static void expect_call(const json_t *call, const struct expected *e)
{
	cr_expect_eq(strncmp(text_at(call, "call_id"), e->call_id, strlen(e->call_id)), 0, "%s",
	    text_at(call, "call_id"));
	cr_expect_str_eq(text_at(call, "state"), e->state, "%s", e->call_id);
	cr_expect_eq(number_at(call, "message_count"), e->messages, "%s: %g", e->call_id,
	    number_at(call, "message_count"));
	if (e->ended_by) {
		cr_expect_str_eq(text_at(call, "ended_by"), e->ended_by, "%s", e->call_id);
	} else {
		cr_expect_null(at(call, "ended_by"));
	}
	if (e->status) {
		cr_expect_eq(number_at(call, "status_code"), e->status, "%s", e->call_id);
	} else {
		cr_expect_null(at(call, "status_code"));
	}
	cr_assert_eq(length_at(call, "legs"), e->leg ? 1 : 0, "%s", e->call_id);
	if (e->leg) {
		cr_expect_str_eq(text_at(call, "legs.0.call"), e->leg);
		cr_expect_str_eq(text_at(call, "legs.0.why"), e->why);
	}
}

Test(recordings, calls)
{
	for (size_t i = 0; i < sizeof(recordings) / sizeof(*recordings); i++) {
		const struct recording *r = &recordings[i];
		char name[256];
		json_t *report;

		(void)snprintf(name, sizeof(name), "captures/%s", r->file);
		report = report_of("%s", data_path(name));
		cr_assert_eq(length_at(report, "calls"), r->calls, "%s", r->file);
		for (size_t c = 0; c < r->calls && r->expected[c].call_id; c++) {
			expect_call(json_array_get(at(report, "calls"), c), &r->expected[c]);
		}
		json_decref(report);
	}
}
