/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls with a critical finding leave a file each, of which the same is concluded as of the whole;
 * others leave none; and the folder keeps its size.
 */
#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>

#include "skip.h"
#include "talkpath.h"
#include "three_calls.h"

TestSuite(saved_calls, .fini = scratch_remove, .timeout = 60);

enum { NAMES_MAX = 64 };

/* What is in the folder, by name. */
struct listing {
	size_t count;
	char names[NAMES_MAX][256];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct listing list_of(const char *folder)
{
	struct listing list = {0};
	DIR *stream = opendir(folder);
	struct dirent *entry;

	cr_assert_not_null(stream, "%s", folder);
	while ((entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] != '.') {
			cr_assert_lt(list.count, NAMES_MAX);
			(void)snprintf(list.names[list.count++], 256, "%s", entry->d_name);
		}
	}
	(void)closedir(stream);
	qsort(list.names, list.count, sizeof(list.names[0]), by_name);
	return list;
}

static void folder_empty(const char *folder, const struct listing *list)
{
	char path[512];

	for (size_t i = 0; i < list->count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, list->names[i]);
		cr_assert_eq(unlink(path), 0);
	}
}

static void on_problem(void *context, const struct tp_problem *problem)
{
	(void)snprintf(context, 256, "%s: %s", problem->source, problem->reason);
}

struct run_of {
	int workers;
	const char *folder;
	uint64_t limit;
	char problem[256];
	enum tp_status status; /* of tp_save_bad() */
	struct tp_saved saved;
};

static void analyse(struct run_of *run, const char *path)
{
	const struct tp_options options = {.workers = run->workers};
	const struct tp_handlers handlers = {.context = run->problem, .problem = on_problem};
	struct tp_analysis *analysis = tp_new(&options, &handlers);

	cr_assert_not_null(analysis);
	cr_assert_eq(tp_open_file(analysis, path, "lan"), TP_OK);
	run->status =
	    tp_save_bad(analysis, run->folder, run->limit ? run->limit : TP_SAVE_LIMIT_MIN);
	if (run->status == TP_OK) {
		cr_assert_eq(tp_run(analysis), TP_OK);
		cr_assert(tp_saved_get(analysis, &run->saved));
	}
	tp_free(analysis);
}

/* The second of three calls, and it alone, is saved and the same. */
static void second_is_saved(const struct gen_script *script, int workers, const char *what)
{
	const char *path = story_write(script, "three.pcap"), *folder = scratch("saved");
	struct run_of run = {.workers = workers, .folder = folder};
	json_t *whole = report_of("--vantage lan=%s", path), *alone, *wanted, *found;
	struct listing list;

	analyse(&run, path);
	cr_assert_eq(run.status, TP_OK, "%s: %s", what, run.problem);
	list = list_of(folder);
	cr_assert_eq(list.count, 1, "%s: %zu files, %s", what, list.count, run.problem);
	cr_assert_str_eq(list.names[0] + strlen("20221122T085300Z"), "-second@story.pcapng");
	cr_expect_eq(run.saved.calls, 1);
	cr_expect_eq(run.saved.calls_cut, 0);
	cr_expect_eq(run.saved.calls_lost, 0);
	cr_expect_eq(run.saved.packets_lost, 0);
	cr_expect_eq(run.saved.files, 1);
	alone = report_of("--vantage lan=%s/%s", folder, list.names[0]);
	cr_assert_eq(length_at(alone, "calls"), 1, "%s", what);
	wanted = conclusions(whole, call_ids[1]);
	found = conclusions(alone, call_ids[1]);
	expect_equal(found, wanted, what);
	folder_empty(folder, &list);
	json_decref(whole);
	json_decref(alone);
	json_decref(wanted);
	json_decref(found);
}

Test(saved_calls, one_bad_of_three)
{
	struct gen_script all = three_calls();

	second_is_saved(&all, 0, "in line");
	second_is_saved(&all, 2, "with threads");
	gen_script_free(&all);
}

/* What is put together of several packets is saved whole. */
Test(saved_calls, over_tcp)
{
	struct gen_over_tcp how = {.handshake = true, .segment = 536, .cut = 80};
	struct gen_script all = three_calls(), over = {0};

	gen_script_tcp(&over, &all, &how);
	second_is_saved(&over, 0, "tcp");
	gen_script_free(&over);
	gen_script_free(&all);
}

Test(saved_calls, in_fragments)
{
	struct gen_script all = three_calls(), cut = {0};

	gen_script_fragments(&cut, &all, 96);
	second_is_saved(&cut, 0, "fragments");
	gen_script_free(&cut);
	for (size_t i = 0; i < all.count; i++) {
		all.packets[i].sip = all.packets[i].length == 172;
	}
	cut = (struct gen_script){0};
	gen_script_fragments(&cut, &all, 96);
	second_is_saved(&cut, 0, "media in fragments");
	gen_script_free(&cut);
	gen_script_free(&all);
}

/* --- the folder --- */

static void put_file(const char *folder, const char *name, size_t octets)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	cr_assert_not_null(file);
	cr_assert_eq(ftruncate(fileno(file), (off_t)octets), 0);
	(void)fclose(file);
}

/* The oldest give way; whatever else is in the folder is nobody's business. */
Test(saved_calls, keeps_to_its_limit)
{
	static const char other[] = "0-notes.pcapng", oldest[] = "20200101T000000Z-a.pcapng",
			  later[] = "20210101T000000Z-b.pcapng",
			  part[] = "20210101T000001Z-c.pcapng.part";
	struct gen_script all = three_calls();
	const char *folder = scratch("saved"), *path = story_write(&all, "three.pcap");
	struct run_of run = {.folder = folder};
	struct listing list;

	cr_assert_eq(mkdir(folder, 0700), 0);
	put_file(folder, other, TP_SAVE_LIMIT_MIN);
	put_file(folder, oldest, 1 << 20);
	put_file(folder, later, TP_SAVE_LIMIT_MIN / 2 - (1 << 20));
	put_file(folder, part, 100);
	analyse(&run, path);
	list = list_of(folder);
	cr_assert_eq(list.count, 3);
	cr_expect_str_eq(list.names[0], other);
	cr_expect_str_eq(list.names[1], later);
	cr_expect_eq(run.saved.files, 2);
	cr_expect_eq(run.saved.files_removed, 1);
	cr_expect_leq(run.saved.octets, TP_SAVE_LIMIT_MIN / 2);
	gen_script_free(&all);
}

/* Any octets can be in a Call-ID; a second file of the same name gets another one. */
Test(saved_calls, names)
{
	struct gen_script all = three_calls();
	const char *folder = scratch("saved"), *path;
	struct run_of run = {.folder = folder};
	struct listing list;

	story_rewrite(&all, "second@story", "../../sec\xff*nd");
	path = story_write(&all, "three.pcap");
	analyse(&run, path);
	analyse(&run, path);
	list = list_of(folder);
	cr_assert_eq(list.count, 2);
	cr_expect_str_eq(list.names[0] + strlen("20221122T085300Z"), "-.._.._sec____nd-2.pcapng");
	cr_expect_str_eq(list.names[1] + strlen("20221122T085300Z"), "-.._.._sec____nd.pcapng");
	gen_script_free(&all);
}

/* --- what cannot be --- */

Test(saved_calls, impossible_folders)
{
	struct gen_script all = three_calls();
	const char *path = story_write(&all, "three.pcap");
	struct run_of file = {.folder = path}, nowhere = {.folder = scratch("a/b")},
		      little = {.folder = scratch("saved"), .limit = TP_SAVE_LIMIT_MIN - 1};

	analyse(&file, path);
	cr_expect_eq(file.status, TP_UNWRITTEN);
	cr_expect_not_null(strstr(file.problem, "Not a directory"), "%s", file.problem);
	analyse(&nowhere, path);
	cr_expect_eq(nowhere.status, TP_UNWRITTEN);
	cr_expect_not_null(strstr(nowhere.problem, "cannot be made"), "%s", nowhere.problem);
	analyse(&little, path);
	cr_expect_eq(little.status, TP_UNWRITTEN);
	cr_expect_not_null(strstr(little.problem, "64 MiB"), "%s", little.problem);
	gen_script_free(&all);
}

/* More than the disk has is refused before anything is captured. */
Test(saved_calls, no_room_for_the_spools)
{
	struct gen_script all = three_calls();
	struct run_of run = {.folder = scratch("saved"), .limit = 1ULL << 49};

	analyse(&run, story_write(&all, "three.pcap"));
	cr_expect_eq(run.status, TP_UNWRITTEN);
	cr_expect_not_null(strstr(run.problem, "are reserved for packets"), "%s", run.problem);
	gen_script_free(&all);
}

/* A disk with room for the spools and nothing else: the call is lost, counted, and told once. */
Test(saved_calls, a_full_disk)
{
	struct gen_script all = three_calls();
	const char *folder = scratch("saved"), *path = story_write(&all, "three.pcap");
	struct run_of run = {.folder = folder};
	struct listing list;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0) {
		skip_without("a disk that is full takes root to be made");
	}
	cr_assert_eq(mkdir(folder, 0700), 0);
	cr_assert_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("none", folder, "tmpfs", 0, "size=32800k"), 0);
	analyse(&run, path);
	list = list_of(folder);
	cr_expect_eq(run.status, TP_OK);
	cr_expect_eq(list.count, 0, "%s", list.names[0]);
	cr_expect_eq(run.saved.calls, 0);
	cr_expect_eq(run.saved.calls_lost, 1);
	cr_expect_not_null(
	    strstr(run.problem, "second@story was not saved: No space left"), "%s", run.problem);
	cr_assert_eq(umount(folder), 0);
	gen_script_free(&all);
}
