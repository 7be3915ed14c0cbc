/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first look at a call spares detectors of sound calls: whatever they would have found, they
 * find; over all recordings, and over calls that are just about sound.
 */
#include <dirent.h>

#include "analysis.h"
#include "data.h"
#include "gen_calls.h"
#include "json_written.h"
#include "story.h"

TestSuite(sound_calls, .fini = scratch_remove, .timeout = 300);

static void add_finding(void *array, const struct tp_finding *finding)
{
	json_array_append_new(array, PARSED(json_of_finding, finding));
}

/* NULL: no capture. */
static json_t *findings_of(const char *path, bool thorough)
{
	const struct tp_options options = {.workers = 0};
	struct tp_analysis *analysis = tp_new(&options, NULL);
	json_t *findings = NULL;

	analysis->thorough = thorough;
	if (tp_open_file(analysis, path, NULL) == TP_OK) {
		findings = json_array();
		(void)tp_run(analysis);
		tp_each_finding(analysis, add_finding, findings);
	}
	tp_free(analysis);
	return findings;
}

static size_t compare(const char *path)
{
	json_t *quick = findings_of(path, false), *thorough = findings_of(path, true);
	size_t count = json_array_size(thorough);

	if (!json_equal(quick, thorough)) {
		cr_expect(
		    !quick && !thorough, "%s: other findings where every detector looks", path);
	}
	json_decref(quick);
	json_decref(thorough);
	return count;
}

static size_t compare_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	size_t count = 0;

	cr_assert_not_null(folder, "%s", path);
	while ((entry = readdir(folder)) != NULL) {
		char name[4096];
		struct stat status;

		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.' || stat(name, &status) != 0) {
			continue;
		}
		count += S_ISDIR(status.st_mode) ? compare_folder(name) : compare(name);
	}
	(void)closedir(folder);
	return count;
}

Test(sound_calls, recordings)
{
	cr_expect_gt(compare_folder(data_path("captures")), 20);
}

Test(sound_calls, shipped)
{
	const char *source = getenv("TALKPATH_SOURCE");
	char path[4096];

	cr_assert_not_null(source);
	(void)snprintf(path, sizeof(path), "%s/pcaps", source);
	cr_expect_gt(compare_folder(path), 5);
}

/* One direction begins and ends at other times than the other one, by around a threshold. */
Test(sound_calls, one_direction_at_other_times)
{
	static const double shifts_s[] = {0, 0.5, 0.98, 1.5, 1.98, 2, 2.02, 2.9, 2.98, 3, 3.02, 4};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(shifts_s) / sizeof(shifts_s[0]); i++) {
		for (int which = 0; which < 6; which++) {
			struct story s = story();
			double shift_s = shifts_s[i];

			story_begin(&s);
			story_audio(&s, which % 2, which < 2 ? 1.05 + shift_s : 1.05,
			    which / 2 == 1 ? 12 - shift_s : 12);
			story_audio(&s, !(which % 2), which >= 4 ? 1.05 + shift_s : 1.05, 12);
			story_end(&s);
			count += compare(story_write(&s.lan, "sound.pcap"));
			gen_script_free(&s.lan);
		}
	}
	cr_expect_gt(count, 10);
}

/* What little is wrong with a call may be little enough. */
Test(sound_calls, generated)
{
	const struct gen_calls whats[] = {
	    {.seed = 1, .calls = 20, .seconds = 10},
	    {.seed = 2, .calls = 20, .seconds = 10, .loss_pct = 0.1},
	    {.seed = 3, .calls = 20, .seconds = 10, .reorder_pct = 0.2},
	    {.seed = 4, .calls = 20, .seconds = 10, .jitter_ms = 25},
	    {.seed = 5, .calls = 20, .seconds = 10, .jitter_ms = 60},
	    {.seed = 6, .calls = 20, .seconds = 10, .duplicate_pct = 1},
	};

	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		const char *path = scratch("generated.pcap");
		struct gen_truth *truths;
		struct gen_file file;

		cr_assert(gen_open(&file, path, GEN_PCAP_NANO, GEN_ETHERNET, 262144));
		cr_assert(gen_calls(&file, &whats[i], &truths));
		cr_assert(gen_close(&file));
		free(truths);
		(void)compare(path);
	}
}
