/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same packets as a file and live, out of DPDK's virtual devices: the same calls, streams and
 * findings. The driver gives the times of the recording, so jitter is the same as well.
 */
#include "program.h"

/* Lcores as threads on one core, no huge pages, no adapter of this machine. */
#define READER_POLLS "--lcores 0@0 --no-huge -m 128 --no-pci "
#define LCORE_POLLS  "--lcores 0@0,1@0 --no-huge -m 128 --no-pci "

TestSuite(dpdk_live, .fini = scratch_remove);

/* Arguments of DPDK hold blanks. */
static json_t *live_report(const char *dpdk)
{
	struct outcome outcome;
	json_t *report;

	outcome = run("capture --duration 0.6 --format json --vantage 'lan=dpdk:%s'", dpdk);
	cr_assert_eq(outcome.code, 0, "exit %d: %s", outcome.code, outcome.err);
	report = parse(outcome.out);
	outcome_free(&outcome);
	return report;
}

static void expect_same(const json_t *live, const json_t *file, const char *member)
{
	const json_t *a = at(live, member), *b = at(file, member);
	char *one, *other;

	cr_expect_eq(json_array_size(a), json_array_size(b));
	for (size_t i = 0; i < json_array_size(b); i++) {
		one = json_dumps(json_array_get(a, i), JSON_SORT_KEYS | JSON_ENCODE_ANY);
		other = json_dumps(json_array_get(b, i), JSON_SORT_KEYS | JSON_ENCODE_ANY);
		cr_expect_str_eq(one, other, "%s %zu differ", member, i);
		free(one);
		free(other);
	}
}

/* Evidence names the capture; nothing else of a finding, or of a call, tells where it came from. */
static void captures_forget(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_array(json)) {
		json_array_foreach(json, i, value)
		{
			captures_forget(value);
		}
	} else if (json_is_object(json)) {
		(void)json_object_del(json, "capture");
		(void)json_object_del(json, "capture_before");
		(void)json_object_del(json, "capture_after");
		json_object_foreach(json, key, value)
		{
			captures_forget(value);
		}
	}
}

static void expect_same_report(const char *lcores, const char *recording)
{
	static const char *const members[] = {"calls", "streams", "findings", "endpoints"};
	const char *folder = getenv("TALKPATH_SOURCE");
	char dpdk[1024];
	json_t *live, *file;

	(void)snprintf(dpdk, sizeof(dpdk), "%s --vdev=net_pcap0,rx_pcap=%s/pcaps/%s", lcores,
	    folder, recording);
	live = live_report(dpdk);
	file = report_of("--vantage lan=%s/pcaps/%s", folder, recording);
	captures_forget(live);
	captures_forget(file);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		expect_same(live, file, members[i]);
	}
	cr_expect_eq(number_at(live, "captures.0.packets"), number_at(file, "captures.0.packets"));
	cr_expect_eq(number_at(live, "captures.0.bytes"), number_at(file, "captures.0.bytes"));
	cr_expect_str_eq(text_at(live, "captures.0.timestamp_source"), "adapter");
	cr_expect_eq(number_at(live, "captures.0.dropped.kernel"), 0);
	cr_expect_eq(number_at(live, "captures.0.dropped.interface"), 0);
	json_decref(live);
	json_decref(file);
}

Test(dpdk_live, recordings)
{
	static const char *const recordings[] = {"double-nat/lan.pcap", "nat-clean/wan.pcap",
	    "one-way-unroutable/lan.pcap", "sip-alg/wan.pcap"};

	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		expect_same_report(READER_POLLS, recordings[i]);
		expect_same_report(LCORE_POLLS, recordings[i]);
	}
}

/* Two ports, each a vantage of its own. */
Test(dpdk_live, vantages)
{
	const char *folder = getenv("TALKPATH_SOURCE");
	struct outcome outcome;
	json_t *live, *file;

	outcome = run("capture --duration 0.6 --format json "
		      "--vantage 'lan=dpdk:" READER_POLLS
		      "--vdev=net_pcap0,rx_pcap=%s/pcaps/sip-alg/lan.pcap "
		      "--vdev=net_pcap1,rx_pcap=%s/pcaps/sip-alg/wan.pcap -- net_pcap0' "
		      "--vantage 'wan=dpdk:-- net_pcap1'",
	    folder, folder);
	cr_assert_eq(outcome.code, 0, "exit %d: %s", outcome.code, outcome.err);
	live = parse(outcome.out);
	outcome_free(&outcome);
	file = report_of(
	    "--vantage lan=%s/pcaps/sip-alg/lan.pcap --vantage wan=%s/pcaps/sip-alg/wan.pcap",
	    folder, folder);
	captures_forget(live);
	captures_forget(file);
	cr_expect_str_eq(text_at(live, "captures.1.vantage"), "wan");
	expect_same(live, file, "findings");
	expect_same(live, file, "streams");
	json_decref(live);
	json_decref(file);
}

/* Why nothing can be captured, and what to do, is one line; the exit code is 5. */
Test(dpdk_live, refused)
{
	struct outcome outcome = run("capture --source 'dpdk:" READER_POLLS "--vdev=nonsense0'");

	cr_expect_eq(outcome.code, 5);
	cr_expect_not_null(strstr(outcome.err, "nonsense0"), "%s", outcome.err);
	cr_expect_str_empty(outcome.out);
	outcome_free(&outcome);
}
