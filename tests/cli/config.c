/* SPDX-License-Identifier: Apache-2.0 */
/* --config: what is wrong with a file is said with its place and with what is allowed. */
#include "program.h"

TestSuite(config, .fini = scratch_remove, .timeout = 60);

static struct outcome run_with(const char *text)
{
	const char *path = scratch("config.yml"), *source = getenv("TALKPATH_SOURCE");
	FILE *file = fopen(path, "w");

	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
	return run("analyze --config %s %s/pcaps/hold/lan.pcap", path, source ? source : ".");
}

Test(config, wrong)
{
	static const char *const cases[][2] = {
	    {"thresholds:\n  nothing_s: 3\n",
		"config.yml:2:3: \"nothing_s\" is no threshold; there are: one_way_s"},
	    {"thresholds:\n  loss_warning_pct: 200\n",
		"config.yml:2:21: loss_warning_pct: \"200\" is no number from 0.01 to 100"},
	    {"thresholds:\n  loss_warning_pct: 0\n", ":2:21:"},
	    {"thresholds:\n  loss_warning_pct: -1\n", ":2:21:"},
	    {"thresholds:\n  loss_warning_pct: two\n", ":2:21:"},
	    {"thresholds:\n  loss_warning_pct: 2 %\n", ":2:21:"},
	    {"thresholds:\n  loss_warning_pct:\n", "is no number"},
	    {"thresholds:\n  loss_warning_pct: [1]\n", ":2:21:"},
	    {"thresholds:\n  loss_warning_pct: nan\n", ":2:21:"},
	    {"thresholds:\n  loss_warning_pct: 2\n  loss_warning_pct: 3\n",
		":3:3: \"loss_warning_pct\" is there twice"},
	    {"thresholds: 3\n", ":1:13: thresholds: \"name: value\" is expected"},
	    {"thresholds:\n- 3\n", ":2:1:"},
	    {"threshold:\n  loss_warning_pct: 2\n",
		":1:1: \"threshold\" is no section; there are: thresholds, capture, analyze"},
	    {"[1]: 2\n", ":1:1:"},
	    {"3\n", ":1:1: the file:"},
	    {"analyze:\n  workers: many\n", "config.yml:2:12: --workers: \"many\" is no number"},
	    {"analyze:\n  nothing: 1\n", ":2:12: option: \"nothing\" is none that a file can set"},
	    {"analyze:\n  config: other.yml\n", "is none that a file can set"},
	    {"analyze:\n  source: pcap:lo\n", "is none that a file can set"},
	    {"analyze:\n  quiet: maybe\n", ":2:10: quiet: \"maybe\" is neither true nor false"},
	    {"analyze:\n  format: {a: b}\n", ":2:11: format: a value is expected"},
	    {"analyze:\n  format: json\n  format: csv\n", ":3:3: \"format\" is there twice"},
	    {"analyze:\n- json\n", ":2:1: analyze: \"name: value\" is expected"},
	    {"thresholds: [1\n", "no YAML"},
	    {"a: *b\n", "no YAML"},
	    {"\x01", "no YAML"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o = run_with(cases[i][0]);

		cr_expect_eq(o.code, 2, "%s: exit %d", cases[i][0], o.code);
		cr_expect_not_null(strstr(o.err, cases[i][1]), "%s: %s", cases[i][0], o.err);
		cr_expect_str_empty(o.out);
		outcome_free(&o);
	}
}

/* Every error is told, not the first alone. */
Test(config, all_errors_at_once)
{
	struct outcome o = run_with("thresholds:\n  a: 1\n  b: 2\nc: 3\n");

	cr_expect_not_null(strstr(o.err, ":2:3:"));
	cr_expect_not_null(strstr(o.err, ":3:3:"));
	cr_expect_not_null(strstr(o.err, ":4:1:"));
	outcome_free(&o);
}

Test(config, right)
{
	static const char *const cases[] = {
	    "",
	    "# nothing\n",
	    "thresholds:\n",
	    "thresholds: {}\n",
	    "thresholds:\n  loss_warning_pct: 2.5\n  one_way_s: 1e1\n",
	    "{\"thresholds\": {\"mos_warning\": 3}}\n",
	    "analyze:\n",
	    "analyze:\n  quiet: false\n  store: [none, none]\n",
	    "capture:\n  nothing: of this command\n",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o = run_with(cases[i]);

		cr_expect_eq(o.code, 0, "%s: %s", cases[i], o.err);
		outcome_free(&o);
	}
}

/* What the command line says counts. */
Test(config, options)
{
	static const char text[] = "analyze:\n  format: csv\n  vantage:\n  - here=/nowhere.pcap\n";
	struct outcome o = run_with(text);
	const char *source = getenv("TALKPATH_SOURCE");

	cr_expect_eq(o.code, 0, "%s", o.err);
	cr_expect_eq(strncmp(o.out, "id,call_id,", 11), 0, "csv, of the file that was named");
	cr_expect_str_empty(o.err);
	outcome_free(&o);
	o = run("analyze --format ndjson --config %s %s/pcaps/hold/lan.pcap", scratch("config.yml"),
	    source ? source : ".");
	cr_expect_eq(o.out[0], '{');
	outcome_free(&o);
	o = run("analyze --config %s", scratch("config.yml"));
	cr_expect_eq(o.code, 3);
	cr_expect_not_null(strstr(o.err, "/nowhere.pcap: No such file"));
	outcome_free(&o);
}

Test(config, no_file)
{
	struct outcome o = run("analyze --config %s x.pcap", scratch("none.yml"));

	cr_expect_eq(o.code, 2);
	cr_expect_not_null(strstr(o.err, "none.yml: No such file"), "%s", o.err);
	outcome_free(&o);
	o = run("analyze --config %s x.pcap", "/");
	cr_expect_eq(o.code, 2);
	outcome_free(&o);
}

Test(config, help_lists_thresholds)
{
	struct outcome o = run("help thresholds");

	cr_expect_eq(o.code, 0);
	cr_expect_not_null(strstr(o.out, "jitter_warning_ms"));
	cr_expect_not_null(strstr(o.out, "1..10000"));
	outcome_free(&o);
}
