/* SPDX-License-Identifier: Apache-2.0 */
/* What a run may use of the machine: --max-memory, --pin. */
#include "gen_calls.h"
#include "program.h"

TestSuite(resources, .fini = scratch_remove, .timeout = 60);

static void refused(const char *arguments, const char *why)
{
	struct outcome outcome = run("%s", arguments);

	cr_expect_eq(outcome.code, 2, "%s: exit %d", arguments, outcome.code);
	cr_expect_not_null(strstr(outcome.err, why), "%s: %s", arguments, outcome.err);
	outcome_free(&outcome);
}

Test(resources, nonsense_is_refused)
{
	refused("analyze --max-memory much x.pcap", "is no size such as 512M");
	refused("analyze --max-memory 0 x.pcap", "is no size");
	refused("analyze --max-memory 512MB x.pcap", "is no size");
	refused("analyze --max-memory 99999999999G x.pcap", "is no size");
	refused("analyze --max-memory -1 x.pcap", "is no size");
	refused("analyze --max-memory 1M x.pcap", "at least 2");
	refused("analyze --max-memory 300M --workers 64 x.pcap", "at least");
	refused("capture --pin x --source pcap:lo", "is no list of cores such as 2,4-6");
	refused("capture --pin 0, --source pcap:lo", "is no list of cores");
	refused("capture --pin 1-0 --source pcap:lo", "is no list of cores");
	refused("capture --pin 0-5000 --source pcap:lo", "is no list of cores");
	refused("capture --pin 1000 --source pcap:lo", "there is no core 1000");
}

static const char *flood(void)
{
	static const struct gen_calls what = {
	    .seed = 3, .calls = 1500, .seconds = 0.5, .spread_seconds = 0.5};
	const char *path = scratch("flood.pcap");
	struct gen_truth *truths;
	struct gen_file file;

	cr_assert(gen_open(&file, path, GEN_PCAP_MICRO, GEN_ETHERNET, 262144));
	cr_assert(gen_calls(&file, &what, &truths));
	cr_assert(gen_close(&file));
	free(truths);
	return path;
}

/* More calls at once than there is room for: the newest are there, and it is said. */
Test(resources, full_tables_are_told)
{
	const char *path = flood();
	struct outcome outcome =
	    run("analyze --format json --workers 0 --max-memory 280M %s", path);
	json_t *json = parse(outcome.out);

	cr_expect_eq(outcome.code, 0);
	cr_expect_not_null(strstr(outcome.err, "memory: tables are full"), "%s", outcome.err);
	cr_expect_not_null(strstr(outcome.err, "raise --max-memory"), "%s", outcome.err);
	cr_expect_gt(number_at(json, "evictions.calls"), 0);
	json_decref(json);
	outcome_free(&outcome);
}

Test(resources, room_enough_changes_nothing)
{
	const char *path = flood();
	struct outcome with = run("analyze --format json --workers 2 --max-memory 1G %s", path);
	struct outcome without = run("analyze --format json --workers 2 %s", path);

	cr_expect_str_eq(with.err, "");
	cr_expect_str_eq(with.out, without.out);
	outcome_free(&with);
	outcome_free(&without);
}
