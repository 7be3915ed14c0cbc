/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call records in a real redis-server, through the program and through the store itself.
 */
#include "redis.h"
#include "store.h"
#include "story.h"

TestSuite(redis, .fini = scratch_remove, .timeout = 60);

static const char *story_capture(void)
{
	struct story s = story();
	const char *path;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	path = story_write(&s.lan, "story.pcap");
	gen_script_free(&s.lan);
	return path;
}

Test(redis, calls_and_findings)
{
	struct redis r = redis_start(16391, NULL);
	struct outcome o = run(
	    "analyze --store redis://127.0.0.1:16391 --site berlin --probe p7 %s", story_capture());
	char id[64], key[128];
	redisReply *reply;
	json_t *json;

	cr_assert_eq(o.code, 0, "%s", o.err);
	cr_expect_eq(redis_integer(&r, "XLEN talkpath:calls"), 1);
	cr_expect_eq(redis_integer(&r, "XLEN talkpath:findings"), 1);
	(void)snprintf(id, sizeof(id), "%s", redis_field(&r, "talkpath:calls", 0, "id"));
	cr_expect_eq(strlen(id), 32);
	cr_expect_str_eq(redis_field(&r, "talkpath:calls", 0, "call_id"), "story-1@192.168.1.10");
	cr_expect_str_eq(redis_field(&r, "talkpath:calls", 0, "site"), "berlin");
	cr_expect_str_eq(redis_field(&r, "talkpath:calls", 0, "probe"), "p7");
	cr_expect_str_eq(redis_field(&r, "talkpath:calls", 0, "state"), "completed");
	cr_expect_str_eq(redis_field(&r, "talkpath:calls", 0, "loss_pct"), "0");
	cr_expect_eq(strncmp(redis_field(&r, "talkpath:calls", 0, "mos"), "4.4", 3), 0);
	json = parse(redis_field(&r, "talkpath:calls", 0, "json"));
	cr_expect_str_eq(text_at(json, "id"), id);
	cr_expect_str_eq(text_at(json, "schema"), "talkpath/1");
	cr_expect_eq(length_at(json, "streams"), 1);
	cr_expect_str_eq(text_at(json, "streams.0.ssrc"), "0x00001111");
	cr_expect_str_eq(text_at(json, "findings.0.code"), "one-way-audio");
	json_decref(json);
	cr_expect_str_eq(redis_field(&r, "talkpath:findings", 0, "code"), "one-way-audio");
	cr_expect_str_eq(redis_field(&r, "talkpath:findings", 0, "call"), id);
	(void)snprintf(key, sizeof(key), "TTL talkpath:call:%s", id);
	cr_expect(redis_integer(&r, key) > 600000 && redis_integer(&r, key) <= 604800);
	reply = redis_ask(&r, "HGET talkpath:call:%s call_id", id);
	cr_expect_str_eq(reply->str, "story-1@192.168.1.10");
	freeReplyObject(reply);
	reply = redis_ask(&r, "SMEMBERS talkpath:sites");
	cr_assert_eq(reply->elements, 1);
	cr_expect_str_eq(reply->element[0]->str, "berlin");
	freeReplyObject(reply);
	reply = redis_ask(&r, "HGET talkpath:site calls");
	cr_expect_str_eq(reply->str, "1");
	freeReplyObject(reply);
	outcome_free(&o);
	redis_stop(&r);
}

/* The same call again has the same id: whoever reads can tell. */
Test(redis, ids_are_durable)
{
	struct redis r = redis_start(16392, NULL);
	const char *path = story_capture();
	struct outcome o;

	for (int i = 0; i < 2; i++) {
		o = run("analyze --store redis+unix://%s %s", r.socket, path);
		cr_assert_eq(o.code, 0, "%s", o.err);
		outcome_free(&o);
	}
	cr_expect_eq(redis_integer(&r, "XLEN talkpath:calls"), 2);
	cr_expect_str_eq(
	    redis_field(&r, "talkpath:calls", 0, "id"), redis_field(&r, "talkpath:calls", 1, "id"));
	o = run("analyze --store redis+unix://%s --site other %s", r.socket, path);
	cr_expect_str_neq(
	    redis_field(&r, "talkpath:calls", 0, "id"), redis_field(&r, "talkpath:calls", 2, "id"));
	outcome_free(&o);
	redis_stop(&r);
}

Test(redis, password_and_database)
{
	struct redis r = redis_start(16393, "--requirepass s3cret@x");
	const char *path = story_capture();
	struct outcome o;

	o = run("analyze --store redis://127.0.0.1:16393 %s", path);
	cr_expect_eq(o.code, 4, "exit %d", o.code);
	cr_expect_not_null(strstr(o.err, "NOAUTH"), "%s", o.err);
	cr_expect_gt(strlen(o.out), 100, "the report is there all the same");
	outcome_free(&o);
	o = run("analyze --store redis://:s3cret%%40x@127.0.0.1:16393/3 %s", path);
	cr_assert_eq(o.code, 0, "%s", o.err);
	outcome_free(&o);
	freeReplyObject(redis_ask(&r, "AUTH s3cret@x"));
	cr_expect_eq(redis_integer(&r, "XLEN talkpath:calls"), 0);
	freeReplyObject(redis_ask(&r, "SELECT 3"));
	cr_expect_eq(redis_integer(&r, "XLEN talkpath:calls"), 1);
	redis_stop(&r);
}

Test(redis, nobody_there)
{
	struct outcome o = run("analyze --store redis://127.0.0.1:16399 %s", story_capture());

	cr_expect_eq(o.code, 4, "exit %d", o.code);
	cr_expect_not_null(strstr(o.err, "redis://127.0.0.1:16399"), "%s", o.err);
	cr_expect_not_null(strstr(o.err, "Connection refused"), "%s", o.err);
	cr_expect_not_null(strstr(o.err, "2 of 2 records were not written"), "%s", o.err);
	cr_expect_gt(strlen(o.out), 100, "the report is there all the same");
	outcome_free(&o);
}

/* A key of another type: Redis says no, and that is told, not repeated for ever. */
Test(redis, refused)
{
	struct redis r = redis_start(16394, NULL);
	struct outcome o;

	freeReplyObject(redis_ask(&r, "SET talkpath:calls taken"));
	o = run("analyze --store redis://127.0.0.1:16394 %s", story_capture());
	cr_expect_eq(o.code, 4);
	cr_expect_not_null(strstr(o.err, "WRONGTYPE"), "%s", o.err);
	cr_expect_not_null(strstr(o.err, "1 of 2 records"), "%s", o.err);
	cr_expect_eq(redis_integer(&r, "XLEN talkpath:findings"), 1);
	outcome_free(&o);
	redis_stop(&r);
}

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

/* --- the store itself --- */

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
