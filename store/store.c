/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend.h"
#include "json.h"

/* Between attempts to connect, and for what is left when the analysis is over. */
enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 5000, CLOSE_WAIT_S = 5 };

struct store {
	struct store_options options;
	struct backend *backend;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct item *first, **last;
	size_t queued;
	bool closing;
	struct timespec deadline; /* with closing */
	bool connected;
	struct store_result result;
};

/* --- items --- */

static void field_add(struct item *item, const char *name, const char *value)
{
	char *copy = value && *value ? strdup(value) : NULL;

	if (copy && item->field_count < ITEM_FIELDS_MAX) {
		item->fields[item->field_count++] = (struct item_field){name, copy};
	} else {
		free(copy);
	}
}

static void field_add_real(struct item *item, const char *name, double value)
{
	char text[32];

	if (isfinite(value)) {
		(void)snprintf(text, sizeof(text), "%.6g", value);
		field_add(item, name, text);
	}
}

static void item_free(struct item *item)
{
	for (unsigned i = 0; i < item->field_count; i++) {
		free(item->fields[i].value);
	}
	free(item->id);
	free(item->json);
	free(item);
}

static struct item *item_new(const struct store *store, enum item_kind kind)
{
	struct item *item = calloc(1, sizeof(*item));

	if (item) {
		item->kind = kind;
		field_add(item, "site", store->options.site);
		field_add(item, "probe", store->options.probe);
	}
	return item;
}

static char *json_text_of_call(const struct tp_call_report *report)
{
	struct json json;

	if (!json_new(&json)) {
		return NULL;
	}
	json_open(&json, '{');
	json_of_report(&json, report);
	json_close(&json, '}');
	return json_take(&json);
}

static char *json_text_of_finding(const struct tp_finding *finding)
{
	struct json json;

	if (!json_new(&json)) {
		return NULL;
	}
	json_open(&json, '{');
	json_of_finding(&json, finding);
	json_close(&json, '}');
	return json_take(&json);
}

/* The stream that the call's MOS is of, or the one that lost most. */
static const struct tp_stream *representative(const struct tp_call_report *report)
{
	const struct tp_stream *worst = NULL;

	for (size_t i = 0; i < report->stream_count; i++) {
		const struct tp_stream *s = &report->streams[i];

		if (report->call->mos_stream && strcmp(s->id, report->call->mos_stream) == 0) {
			return s;
		}
		if (!worst || isnan(worst->loss_pct) || s->loss_pct > worst->loss_pct) {
			worst = s;
		}
	}
	return worst;
}

static struct item *item_of_call(const struct store *store, const struct tp_call_report *report)
{
	struct item *item = item_new(store, ITEM_CALL);
	const struct tp_stream *s = representative(report);

	if (!item) {
		return NULL;
	}
	item->json = json_text_of_call(report);
	item->id = strdup(report->call->record_id);
	field_add(item, "call_id", report->call->call_id);
	field_add(item, "state", report->call->state);
	field_add_real(item, "mos", report->call->mos);
	if (s) {
		field_add_real(item, "loss_pct", s->loss_pct);
		field_add_real(item, "jitter_ms", s->jitter_mean_ms);
	}
	return item;
}

/* report: of the call that it is given with, or NULL. */
static struct item *item_of_finding(const struct store *store, const struct tp_call_report *report,
    const struct tp_finding *finding)
{
	struct item *item = item_new(store, ITEM_FINDING);
	const char *parting = finding->cause ? "-" : "",
		   *cause = finding->cause ? finding->cause : "";
	char id[320];

	if (!item) {
		return NULL;
	}
	if (report) {
		(void)snprintf(id, sizeof(id), "%s-%s%s%s", report->call->record_id, finding->code,
		    parting, cause);
		field_add(item, "call", report->call->record_id);
		field_add(item, "call_id", report->call->call_id);
	} else {
		(void)snprintf(id, sizeof(id), "%s-%s%s%s-%lld-%s",
		    store->options.site ? store->options.site : "", finding->code, parting, cause,
		    (long long)finding->first_time_ns,
		    finding->endpoint_count ? finding->endpoints[0] : "");
	}
	item->json = json_text_of_finding(finding);
	item->id = strdup(id);
	field_add(item, "code", finding->code);
	field_add(item, "cause", finding->cause);
	field_add(item, "severity", finding->severity);
	field_add_real(item, "confidence", finding->confidence);
	field_add(item, "side", finding->side);
	return item;
}

/* --- the queue --- */

static void lose(struct store *store, uint64_t count, const char *why)
{
	store->result.lost += count;
	if (why) {
		(void)snprintf(store->result.error, sizeof(store->result.error), "%s", why);
	}
}

static void enqueue(struct store *store, struct item *item)
{
	(void)pthread_mutex_lock(&store->lock);
	if (!item || !item->id || !item->json) {
		lose(store, 1, "out of memory");
		if (item) {
			item_free(item);
		}
		(void)pthread_mutex_unlock(&store->lock);
		return;
	}
	/* Without a connection nothing is waited for: it may never come. */
	while (store->options.wait && store->connected && store->queued >= STORE_QUEUE_MAX) {
		(void)pthread_cond_wait(&store->changed, &store->lock);
	}
	if (store->queued >= STORE_QUEUE_MAX) {
		lose(store, 1, store->connected ? "the queue was full" : NULL);
		item_free(item);
	} else {
		*store->last = item;
		store->last = &item->next;
		store->queued++;
		(void)pthread_cond_broadcast(&store->changed);
	}
	(void)pthread_mutex_unlock(&store->lock);
}

void store_call(struct store *store, const struct tp_call_report *report)
{
	enqueue(store, item_of_call(store, report));
	for (size_t i = 0; i < report->finding_count; i++) {
		enqueue(store, item_of_finding(store, report, &report->findings[i]));
	}
}

void store_finding(struct store *store, const struct tp_finding *finding)
{
	enqueue(store, item_of_finding(store, NULL, finding));
}

/* --- the thread --- */

static struct timespec after_ms(long ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static bool is_past(const struct timespec *t)
{
	struct timespec now = after_ms(0);

	return !is_before(&now, t);
}

/* Wait for items. The first ones, still in the queue; 0 when there is nothing more to do. */
static size_t batch_await(struct store *store, struct item **batch)
{
	size_t count = 0;

	(void)pthread_mutex_lock(&store->lock);
	while (!store->first && !store->closing) {
		(void)pthread_cond_wait(&store->changed, &store->lock);
	}
	if (!store->closing || !is_past(&store->deadline)) {
		for (struct item *i = store->first; i && count < STORE_BATCH; i = i->next) {
			batch[count++] = i;
		}
	}
	(void)pthread_mutex_unlock(&store->lock);
	return count;
}

/* Take `count` items off the queue's head. */
static void batch_finish(
    struct store *store, const enum put_result *results, size_t count, const char *error)
{
	(void)pthread_mutex_lock(&store->lock);
	for (size_t i = 0; i < count; i++) {
		struct item *item = store->first;

		assert(item); /* only this thread takes items off */
		store->first = item->next;
		if (!store->first) {
			store->last = &store->first;
		}
		store->queued--;
		if (results[i] == PUT_DONE) {
			store->result.written++;
		} else {
			lose(store, 1, error);
		}
		item_free(item);
	}
	(void)pthread_cond_broadcast(&store->changed);
	(void)pthread_mutex_unlock(&store->lock);
}

static void connection_set(struct store *store, bool connected, const char *error)
{
	(void)pthread_mutex_lock(&store->lock);
	store->connected = connected;
	if (!connected) {
		(void)snprintf(store->result.error, sizeof(store->result.error), "%s", error);
	}
	(void)pthread_cond_broadcast(&store->changed);
	(void)pthread_mutex_unlock(&store->lock);
}

/* Wait before the next attempt. False when it is time to give up. */
static bool retry_wait(struct store *store, long *delay_ms)
{
	struct timespec until = after_ms(*delay_ms);
	bool go_on;

	(void)pthread_mutex_lock(&store->lock);
	while (!is_past(&until) && !(store->closing && is_past(&store->deadline))) {
		const struct timespec *limit = store->closing && is_before(&store->deadline, &until)
						   ? &store->deadline
						   : &until;

		(void)pthread_cond_timedwait(&store->changed, &store->lock, limit);
	}
	go_on = !(store->closing && is_past(&store->deadline));
	(void)pthread_mutex_unlock(&store->lock);
	*delay_ms = *delay_ms * 2 < RETRY_MAX_MS ? *delay_ms * 2 : RETRY_MAX_MS;
	return go_on;
}

static bool ensure_connected(struct store *store)
{
	char error[STORE_ERROR_MAX] = "";
	long delay_ms = RETRY_FIRST_MS;

	while (!store->connected) {
		if (store->backend->ops->connect(store->backend, error)) {
			connection_set(store, true, NULL);
			return true;
		}
		connection_set(store, false, error);
		if (!retry_wait(store, &delay_ms)) {
			return false;
		}
	}
	return true;
}

static void batch_put(struct store *store, struct item *const *batch, size_t count)
{
	enum put_result results[STORE_BATCH];
	char error[STORE_ERROR_MAX] = "";
	size_t done = 0;

	store->backend->ops->put(store->backend, batch, count, results, error);
	while (done < count && results[done] != PUT_BROKEN) {
		done++;
	}
	batch_finish(store, results, done, error);
	if (done < count) {
		store->backend->ops->disconnect(store->backend);
		connection_set(store, false, error);
	}
}

static void *store_main(void *argument)
{
	struct store *store = argument;
	struct item *batch[STORE_BATCH];
	size_t count;

	while ((count = batch_await(store, batch)) > 0) {
		if (!ensure_connected(store)) {
			break;
		}
		batch_put(store, batch, count);
	}
	return NULL;
}

/* --- open and close --- */

static struct backend *backend_open(
    const char *url, const struct store_options *options, char error[STORE_ERROR_MAX])
{
	if (strncmp(url, "redis://", 8) == 0 || strncmp(url, "redis+unix://", 13) == 0) {
		return redis_backend_new(url, options, error);
	}
	if (strncmp(url, "rediss://", 9) == 0) {
		(void)snprintf(error, STORE_ERROR_MAX,
		    "Redis over TLS is not supported by this build; use a local TLS proxy and "
		    "redis://");
		return NULL;
	}
	(void)snprintf(error, STORE_ERROR_MAX,
	    "is no store; known are redis://[user:password@]host[:port][/db] and "
	    "redis+unix:///path.sock[?db=N]");
	return NULL;
}

bool store_understands(const char *url, char error[STORE_ERROR_MAX])
{
	const struct store_options options = {0};
	struct backend *backend = backend_open(url, &options, error);

	if (backend) {
		backend->ops->free(backend);
	}
	return backend != NULL;
}

struct store *store_open(
    const char *url, const struct store_options *options, char error[STORE_ERROR_MAX])
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store) {
		(void)snprintf(error, STORE_ERROR_MAX, "out of memory");
		return NULL;
	}
	store->options = *options;
	store->last = &store->first;
	store->backend = backend_open(url, options, error);
	if (!store->backend) {
		free(store);
		return NULL;
	}
	(void)pthread_mutex_init(&store->lock, NULL);
	(void)pthread_cond_init(&store->changed, NULL);
	if (pthread_create(&store->thread, NULL, store_main, store) != 0) {
		(void)snprintf(error, STORE_ERROR_MAX, "no thread could be started");
		store->backend->ops->free(store->backend);
		free(store);
		return NULL;
	}
	return store;
}

void store_look(struct store *store, struct store_state *state)
{
	(void)pthread_mutex_lock(&store->lock);
	*state = (struct store_state){
	    .connected = store->connected,
	    .queued = store->queued,
	    .written = store->result.written,
	    .lost = store->result.lost,
	};
	(void)snprintf(state->error, sizeof(state->error), "%s", store->result.error);
	(void)pthread_mutex_unlock(&store->lock);
}

void store_close(struct store *store, struct store_result *result)
{
	(void)pthread_mutex_lock(&store->lock);
	store->closing = true;
	store->deadline = after_ms(CLOSE_WAIT_S * 1000L);
	(void)pthread_cond_broadcast(&store->changed);
	(void)pthread_mutex_unlock(&store->lock);
	(void)pthread_join(store->thread, NULL);
	while (store->first) {
		struct item *next = store->first->next;

		item_free(store->first);
		store->first = next;
		store->result.lost++;
	}
	if (store->result.lost == 0) {
		store->result.error[0] = '\0';
	}
	*result = store->result;
	store->backend->ops->free(store->backend);
	(void)pthread_mutex_destroy(&store->lock);
	(void)pthread_cond_destroy(&store->changed);
	free(store);
}
