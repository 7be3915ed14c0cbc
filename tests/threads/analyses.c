/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole analyses with threads, one reader or several; some of them stopped from another thread
 * while they run.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gen_calls.h"
#include "talkpath.h"

static unsigned reported;

static void on_call(void *context, const struct tp_call_report *report)
{
	(void)context;
	reported += report->stream_count == 2;
}

static void count_stream(void *context, const struct tp_stream *stream)
{
	*(uint64_t *)context += stream->packets;
}

static void *stop_soon(void *analysis)
{
	(void)usleep(20000);
	tp_stop(analysis);
	return NULL;
}

/* vantages: that the file is read for, each by a reader of its own. */
static bool run(const char *path, unsigned vantages, int workers, bool stopped, uint64_t *packets)
{
	static const char *const names[] = {"lan", "wan", "server"};
	const struct tp_options options = {.workers = workers};
	const struct tp_handlers handlers = {.call = on_call};
	struct tp_analysis *analysis = tp_new(&options, &handlers);
	pthread_t stopper;
	bool well = analysis != NULL;

	for (unsigned i = 0; well && i < vantages; i++) {
		well = tp_open_file(analysis, path, names[i]) == TP_OK;
	}
	if (well && stopped) {
		well = pthread_create(&stopper, NULL, stop_soon, analysis) == 0;
	}
	well = well && tp_run(analysis) == TP_OK;
	if (well && stopped) {
		(void)pthread_join(stopper, NULL);
	}
	*packets = 0;
	if (well) {
		tp_each_stream(analysis, count_stream, packets);
	}
	tp_free(analysis);
	return well;
}

int main(void)
{
	static const struct gen_calls what = {
	    .seed = 21, .calls = 60, .seconds = 20, .loss_pct = 1};
	struct gen_truth *truths;
	struct gen_file file;
	uint64_t whole = 0, part = 0;
	char path[64];
	bool well;

	(void)snprintf(path, sizeof(path), "/tmp/talkpath-threads-%d.pcap", (int)getpid());
	if (!gen_open(&file, path, GEN_PCAP_MICRO, GEN_ETHERNET, 262144) ||
	    !gen_calls(&file, &what, &truths) || !gen_close(&file)) {
		return EXIT_FAILURE;
	}
	free(truths);
	well = run(path, 1, 0, false, &whole) && reported == what.calls;
	for (int workers = 1; workers <= 9; workers += 4) {
		reported = 0;
		well = well && run(path, 1, workers, false, &part) && part == whole &&
		       reported == what.calls;
	}
	well = well && run(path, 1, 4, true, &part) && part <= whole;
	for (int workers = 0; workers <= 3; workers++) {
		well = well && run(path, 3, workers, false, &part) && part == 3 * whole;
		well = well && run(path, 3, workers, true, &part) && part <= 3 * whole;
	}
	(void)unlink(path);
	if (!well) {
		(void)fprintf(stderr, "%llu packets of %llu, %u calls\n", (unsigned long long)part,
		    (unsigned long long)whole, reported);
	}
	return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
