/* SPDX-License-Identifier: Apache-2.0 */
/* The store itself: URLs, a server that goes and comes back, a queue that is full. */
#include "redis.h"
#include "store.h"

TestSuite(redis, .fini = scratch_remove, .timeout = 60);

Test(redis, urls)
{
	static const char *const wrong[] = {"redis://", "redis://host:port", "redis://host:70000",
	    "redis://host/db", "redis://[::1", "redis+unix://relative", "redis+unix:///x?base=1",
	    "rediss://host", "file:///tmp/x", ""};
	static const char *const right[] = {"redis://host", "redis://host:6380/2",
	    "redis://[::1]:7/0", "redis://u:p@h", "redis://:p@h:1", "redis+unix:///run/r.sock",
	    "redis+unix:///r?db=5"};
	const struct store_options options = {0};
	char error[STORE_ERROR_MAX];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		error[0] = '\0';
		cr_expect_null(store_open(wrong[i], &options, error), "%s", wrong[i]);
		cr_expect_gt(strlen(error), 10);
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		struct store *store = store_open(right[i], &options, error);
		struct store_result result;

		cr_assert_not_null(store, "%s: %s", right[i], error);
		store_close(store, &result);
		cr_expect_eq(result.written + result.lost, 0);
	}
}

static void put_calls(struct store *store, unsigned from, unsigned count)
{
	for (unsigned i = from; i < from + count; i++) {
		char id[40], call_id[40];
		struct tp_call call = {
		    .record_id = id, .call_id = call_id, .state = "completed", .signalling = "sip"};
		struct tp_call_report report = {.call = &call};

		(void)snprintf(id, sizeof(id), "%032u", i);
		(void)snprintf(call_id, sizeof(call_id), "call-%u", i);
		store_call(store, &report);
	}
}

/* Redis goes away and comes back: nothing is lost, at most something comes twice. */
Test(redis, comes_back)
{
	const struct store_options options = {.wait = true};
	char error[STORE_ERROR_MAX];
	struct redis r = redis_start(16395, NULL);
	struct store *store = store_open("redis://127.0.0.1:16395", &options, error);
	struct store_result result;
	redisReply *reply;
	bool seen[300] = {false};

	cr_assert_not_null(store);
	put_calls(store, 0, 100);
	(void)usleep(300000);
	redis_stop(&r);
	put_calls(store, 100, 100);
	(void)usleep(300000);
	r = redis_start(16395, NULL);
	put_calls(store, 200, 100);
	store_close(store, &result);
	cr_expect_eq(result.lost, 0, "%s", result.error);
	cr_expect_eq(result.written, 300);
	/* The first hundred went down with the first server. */
	reply = redis_ask(&r, "XRANGE talkpath:calls - +");
	for (size_t i = 0; i < reply->elements; i++) {
		const redisReply *fields = reply->element[i]->element[1];

		cr_assert_str_eq(fields->element[0]->str, "id");
		seen[strtoul(fields->element[1]->str, NULL, 10)] = true;
	}
	freeReplyObject(reply);
	for (unsigned i = 100; i < 300; i++) {
		cr_expect(seen[i], "call %u is missing", i);
	}
	redis_stop(&r);
}

/* A dead store of a live capture never holds anybody up; what it could not take is counted. */
Test(redis, full_queue_is_counted)
{
	const struct store_options options = {.wait = false};
	char error[STORE_ERROR_MAX];
	struct store *store = store_open("redis://127.0.0.1:16398", &options, error);
	struct store_result result;

	cr_assert_not_null(store);
	put_calls(store, 0, STORE_QUEUE_MAX + 1000);
	store_close(store, &result);
	cr_expect_eq(result.written, 0);
	cr_expect_eq(result.lost, STORE_QUEUE_MAX + 1000);
	cr_expect_not_null(strstr(result.error, "refused"), "%s", result.error);
}
