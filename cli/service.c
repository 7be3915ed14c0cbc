/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "metrics.h"
#include "notify.h"
#include "status.h"
#include "status_socket.h"
#include "term.h"

enum { WAKE_MS = 1000 };

/* Sources are looked after every second, and the desk's clock follows the wall's. */
static const double read_stalled_s = 10, desk_stalled_s = 30;

enum { WAIT_WAKE, WAIT_STATUS, WAIT_METRICS, WAITS };

struct service {
	const struct options *options;
	struct tp_analysis *analysis;
	pthread_mutex_t stores_lock;
	struct store *const *stores; /* NULL: they are closed, or not yet open */
	struct notify notify;
	struct metrics *metrics; /* NULL: none */
	int status_fd;           /* -1: none */
	int wake_fd;
	pthread_t thread;
	bool started;
	atomic_bool stopping, closing;
	struct service_figures figures; /* the thread's alone */
};

/* --- health --- */

const char *service_health_name(enum service_health health)
{
	static const char *const names[] = {
	    [HEALTH_OK] = "ok",
	    [HEALTH_DEGRADED] = "degraded",
	    [HEALTH_STALLED] = "stalled",
	};

	return names[health];
}

enum service_health service_health(const struct service_figures *f, char why[SERVICE_WHY_MAX])
{
	why[0] = '\0';
	if (!f->live_known || f->stopping) {
		return HEALTH_OK;
	}
	if (f->live.read_age_s > read_stalled_s) {
		(void)snprintf(
		    why, SERVICE_WHY_MAX, "no source was read for %.0f s", f->live.read_age_s);
		return HEALTH_STALLED;
	}
	if (f->live.desk_age_s > desk_stalled_s) {
		(void)snprintf(
		    why, SERVICE_WHY_MAX, "nothing was concluded for %.0f s", f->live.desk_age_s);
		return HEALTH_STALLED;
	}
	for (size_t i = 0; i < f->live.source_count; i++) {
		if (f->live.sources[i].absence[0]) {
			(void)snprintf(why, SERVICE_WHY_MAX, "%s: %s", f->live.sources[i].name,
			    f->live.sources[i].absence);
			return HEALTH_DEGRADED;
		}
	}
	return HEALTH_OK;
}

/* --- figures --- */

/* user:password@ is left out. */
static void store_name(const char *url, char out[SERVICE_STORE_NAME_MAX])
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	const char *at = strchr(host, '@');

	while (at && strchr(at + 1, '@')) {
		at = strchr(at + 1, '@');
	}
	(void)snprintf(out, SERVICE_STORE_NAME_MAX, "%.*s%s", (int)(host - url), url,
	    at && scheme ? at + 1 : host);
}

static void stores_take(struct service *s)
{
	(void)pthread_mutex_lock(&s->stores_lock);
	for (size_t i = 0; s->stores && i < s->options->store_count; i++) {
		store_look(s->stores[i], &s->figures.stores[i].state);
	}
	(void)pthread_mutex_unlock(&s->stores_lock);
}

static const struct service_figures *figures_take(struct service *s)
{
	struct service_figures *f = &s->figures;
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	f->time_ns = now.tv_sec * 1000000000 + now.tv_nsec;
	f->stopping = atomic_load(&s->stopping);
	f->live_known = tp_live_get(s->analysis, &f->live);
	f->saving = tp_saved_get(s->analysis, &f->saved);
	stores_take(s);
	return f;
}

static void figures_name(struct service *s)
{
	const struct options *o = s->options;

	s->figures.site = o->site;
	s->figures.probe = o->probe;
	s->figures.store_count = o->store_count;
	for (size_t i = 0; i < o->store_count; i++) {
		store_name(o->stores[i], s->figures.stores[i].name);
	}
}

/* --- systemd --- */

/* A sign of life only where there is life; and what `systemctl status` shows. */
static void systemd_tell(struct service *s)
{
	const struct service_figures *f = figures_take(s);
	char why[SERVICE_WHY_MAX], lines[SERVICE_WHY_MAX + 256];
	enum service_health health = service_health(f, why);

	(void)snprintf(lines, sizeof(lines), "%sSTATUS=%s%s%s; %llu calls, %llu streams",
	    health == HEALTH_STALLED ? "" : "WATCHDOG=1\n",
	    f->stopping ? "writing the report" : service_health_name(health), why[0] ? ": " : "",
	    why, (unsigned long long)f->live.calls.active,
	    (unsigned long long)f->live.calls.streams_active);
	notify_send(&s->notify, lines);
}

/* --- the thread --- */

static int wait_ms(const struct service *s)
{
	uint64_t half_ms = s->notify.watchdog_us / 2000;

	return half_ms > 0 && half_ms < WAKE_MS ? (int)half_ms : WAKE_MS;
}

static void *service_main(void *context)
{
	struct service *s = context;
	struct pollfd waits[WAITS] = {
	    [WAIT_WAKE] = {.fd = s->wake_fd, .events = POLLIN},
	    [WAIT_STATUS] = {.fd = s->status_fd, .events = POLLIN},
	    [WAIT_METRICS] = {.fd = s->metrics ? metrics_fd(s->metrics) : -1, .events = POLLIN},
	};

	while (!atomic_load(&s->closing)) {
		(void)poll(waits, WAITS, wait_ms(s));
		if (waits[WAIT_STATUS].revents) {
			status_socket_answer(s->status_fd, figures_take(s));
		}
		if (s->metrics) {
			metrics_work(s->metrics, figures_take(s));
		}
		if (s->notify.fd >= 0) {
			systemd_tell(s);
		}
	}
	return NULL;
}

static void wake(const struct service *s)
{
	const uint64_t one = 1;

	(void)!write(s->wake_fd, &one, sizeof(one));
}

/* --- open and close --- */

static void say(const char *what, const char *name, const char *reason)
{
	struct term term;

	term_init(&term, stderr);
	(void)fprintf(stderr, "talkpath: %s ", what);
	term_put_foreign(&term, name);
	(void)fprintf(stderr, ": %s\n", reason);
}

/* False where one was asked for. That the usual one is not to be had need not end a capture. */
static bool status_open(struct service *s)
{
	const struct options *o = s->options;
	char usual[STATUS_PATH_MAX], error[STATUS_ERROR_MAX];
	const char *path = status_path(o, usual);

	if (!path) {
		return true;
	}
	s->status_fd = status_socket_open(path, error);
	if (s->status_fd < 0) {
		say(o->control ? "--control" : "no status at", path, error);
	}
	return s->status_fd >= 0 || !o->control;
}

static bool http_open(struct service *s)
{
	struct metrics_address address;
	char error[METRICS_ERROR_MAX] = "is not [HOST:]PORT";

	if (!s->options->metrics) {
		return true;
	}
	if (metrics_address(s->options->metrics, &address)) {
		s->metrics = metrics_open(&address, error);
	}
	if (!s->metrics) {
		say("--metrics", s->options->metrics, error);
	}
	return s->metrics != NULL;
}

struct service *service_open(const struct options *o)
{
	struct service *s = calloc(1, sizeof(*s));

	if (!s) {
		say("capture", "status", "out of memory");
		return NULL;
	}
	s->options = o;
	s->status_fd = -1;
	(void)pthread_mutex_init(&s->stores_lock, NULL);
	notify_open(&s->notify);
	figures_name(s);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake_fd < 0 || !status_open(s) || !http_open(s)) {
		service_close(s);
		return NULL;
	}
	return s;
}

bool service_start(struct service *s, struct tp_analysis *analysis, struct store *const *stores)
{
	s->analysis = analysis;
	s->stores = stores;
	s->started = pthread_create(&s->thread, NULL, service_main, s) == 0;
	if (!s->started) {
		say("capture", "status", "no thread could be started");
		return false;
	}
	notify_send(&s->notify, "READY=1\nSTATUS=capturing");
	return true;
}

void service_stopping(struct service *s)
{
	if (!s) {
		return;
	}
	atomic_store(&s->stopping, true);
	notify_send(&s->notify, "STOPPING=1\nSTATUS=writing the report");
	(void)pthread_mutex_lock(&s->stores_lock);
	s->stores = NULL;
	(void)pthread_mutex_unlock(&s->stores_lock);
}

void service_close(struct service *s)
{
	if (!s) {
		return;
	}
	if (s->started) {
		atomic_store(&s->closing, true);
		wake(s);
		(void)pthread_join(s->thread, NULL);
	}
	metrics_close(s->metrics);
	if (s->status_fd >= 0) {
		(void)close(s->status_fd);
	}
	if (s->wake_fd >= 0) {
		(void)close(s->wake_fd);
	}
	notify_close(&s->notify);
	(void)pthread_mutex_destroy(&s->stores_lock);
	free(s);
}
