/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole analyses with threads, one of them stopped from a thread of its own while it runs.
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

static bool run(const char *path, int workers, bool stopped, uint64_t *packets)
{
	const struct tp_options options = {.workers = workers};
	const struct tp_handlers handlers = {.call = on_call};
	struct tp_analysis *analysis = tp_new(&options, &handlers);
	pthread_t stopper;
	bool well = analysis && tp_open_file(analysis, path, NULL) == TP_OK;

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
	well = run(path, 0, false, &whole) && reported == what.calls;
	for (int workers = 1; workers <= 9; workers += 4) {
		reported = 0;
		well = well && run(path, workers, false, &part) && part == whole &&
		       reported == what.calls;
	}
	well = well && run(path, 4, true, &part) && part <= whole;
	(void)unlink(path);
	if (!well) {
		(void)fprintf(stderr, "%llu packets of %llu, %u calls\n", (unsigned long long)part,
		    (unsigned long long)whole, reported);
	}
	return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
