/* SPDX-License-Identifier: Apache-2.0 */
/* Call records in a real redis-server. */
#include "redis.h"
#include "story.h"

TestSuite(stores, .fini = scratch_remove, .timeout = 60);

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

Test(stores, calls_and_findings)
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
	cr_expect_not_null(redis_field(&r, "talkpath:findings", 0, "side"));
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

/* What is wrong where nobody calls: a registration that is refused. */
Test(stores, findings_without_calls)
{
	struct redis r = redis_start(16396, NULL);
	struct story s = story();
	const char *path;
	struct outcome o;
	json_t *json;

	for (unsigned i = 0; i < 3; i++) {
		story_request(&s, i * 10, "REGISTER", i + 1, false, NULL);
		story_response(&s, i * 10 + 0.1, "403 Forbidden", "REGISTER", i + 1, NULL);
	}
	path = story_write(&s.lan, "refused.pcap");
	gen_script_free(&s.lan);
	for (unsigned i = 0; i < 2; i++) {
		o = run("analyze --store redis://127.0.0.1:16396 --site berlin %s", path);
		cr_assert_eq(o.code, 0, "%s", o.err);
		outcome_free(&o);
	}
	cr_expect_eq(redis_integer(&r, "XLEN talkpath:calls"), 0);
	cr_assert_eq(redis_integer(&r, "XLEN talkpath:findings"), 2);
	cr_expect_str_eq(redis_field(&r, "talkpath:findings", 0, "code"), "registration-failed");
	cr_expect_str_eq(redis_field(&r, "talkpath:findings", 0, "cause"), "refused");
	cr_expect_str_eq(redis_field(&r, "talkpath:findings", 0, "side"), "unknown");
	json = parse(redis_field(&r, "talkpath:findings", 0, "json"));
	cr_expect_eq(number_at(json, "calls_total"), 0);
	json_decref(json);
	cr_expect_str_eq(redis_field(&r, "talkpath:findings", 0, "id"),
	    redis_field(&r, "talkpath:findings", 1, "id"), "whoever reads can tell");
	o = run("analyze --fail-on critical %s", path);
	cr_expect_eq(o.code, 1, "a finding without calls counts, too");
	outcome_free(&o);
	redis_stop(&r);
}

/* The same call again has the same id: whoever reads can tell. */
Test(stores, ids_are_durable)
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

Test(stores, password_and_database)
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

Test(stores, nobody_there)
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
Test(stores, refused)
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
