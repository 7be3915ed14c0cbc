/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "config.h"
#include "confine.h"
#include "output.h"
#include "progress.h"
#include "published.h"
#include "service.h"
#include "store.h"
#include "talkpath.h"
#include "term.h"

struct session {
	const struct options *options;
	struct tp_analysis *analysis;
	struct progress progress;
	struct store *stores[OPTIONS_STORES_MAX];
	struct service *service; /* of a live capture */
	struct published published;
	struct selection selection;
	struct filter *filter;
	FILE *out;
	bool unreadable, no_capture, unwritten;
	bool critical, warning; /* findings of at least strong confidence */
};

/* For the signal handler; there is one session per process. */
static struct tp_analysis *running;

/* SIGHUP came, and the configuration may be another one. */
static volatile sig_atomic_t renewed;

/* --- what the analysis calls --- */

static void say(const struct session *session, const char *name, const char *text)
{
	struct term term;

	(void)session;
	term_init(&term, stderr);
	(void)fputs("talkpath: ", stderr);
	term_put_foreign(&term, name);
	(void)fputs(": ", stderr);
	term_put_foreign(&term, text);
	(void)fputc('\n', stderr);
}

static void on_problem(void *context, const struct tp_problem *problem)
{
	struct session *session = context;
	char text[320];

	progress_clear(&session->progress);
	if (problem->has_offset) {
		(void)snprintf(text, sizeof(text), "%s (at octet %llu)", problem->reason,
		    (unsigned long long)problem->offset);
	} else {
		(void)snprintf(text, sizeof(text), "%s", problem->reason);
	}
	say(session, problem->source, text);
}

static void configuration_renew(struct session *session)
{
	const struct options *o = session->options;

	renewed = false;
	progress_clear(&session->progress);
	if (config_renew(o->config, o->config_fd, session->analysis, stderr)) {
		say(session, o->config, "was read again");
	} else {
		say(session, o->config, "is wrong; what held goes on to hold");
	}
}

static void on_progress(void *context, const struct tp_progress *progress)
{
	struct session *session = context;

	if (renewed) {
		configuration_renew(session);
	}
	progress_draw(&session->progress, progress);
}

static void on_call(void *context, const struct tp_call_report *report)
{
	struct session *session = context;

	for (size_t i = 0; i < session->options->store_count; i++) {
		store_call(session->stores[i], report);
	}
	for (size_t i = 0; session->options->store_count && i < report->finding_count; i++) {
		published_note(&session->published, &report->findings[i]);
	}
	if (session->options->format == FORMAT_NDJSON) {
		output_ndjson_call(report, &session->selection, session->out);
	}
}

/* What belongs to no call, or was found when its calls had been handed on. */
static void on_finding(void *context, const struct tp_finding *finding)
{
	struct session *session = context;

	for (size_t i = 0; i < session->options->store_count; i++) {
		if (!published_has(&session->published, finding)) {
			store_finding(session->stores[i], finding);
		}
	}
}

/* --- sources --- */

/* True if there is anything to analyse. */
static bool sources_open(struct session *session)
{
	const struct options *o = session->options;

	for (size_t i = 0; i < o->source_count; i++) {
		const struct option_source *source = &o->sources[i];
		const struct tp_live live = options_live(o, i);
		enum tp_status status =
		    o->live
			? tp_open_live(session->analysis, &live, source->channel, source->vantage)
			: tp_open_file(session->analysis, source->name, source->vantage);

		session->no_capture |= o->live && status != TP_OK;
		session->unreadable |= !o->live && status != TP_OK;
	}
	/* A live capture that sees only some of its points would mislead. */
	return o->live ? !session->no_capture : tp_source_count(session->analysis) > 0;
}

/* The interfaces are open: whatever a packet may do to this process, it has no privileges. */
static bool privileges_drop(struct session *session)
{
	char error[CONFINE_ERROR_MAX];

	if (session->options->live && !confine(session->options->user, error)) {
		say(session, "privileges cannot be given up", error);
		session->no_capture = true;
	}
	return !session->no_capture;
}

/* --- signals --- */

static void on_signal(int number)
{
	(void)number;
	tp_stop(running);
}

static void on_hangup(int number)
{
	(void)number;
	renewed = true;
}

static void signals_set(const struct options *o)
{
	/* A second Ctrl-C ends the program at once; where there is a parent, that tells it so. */
	struct sigaction action = {
	    .sa_handler = on_signal,
	    .sa_flags = o->live ? 0 : (int)SA_RESETHAND,
	};
	const struct sigaction renewal = {.sa_handler = on_hangup};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGALRM, &action, NULL);
	if (o->config_fd >= 0) {
		(void)sigaction(SIGHUP, &renewal, NULL);
	}
}

static void timer_set(double duration_s)
{
	const double whole_s = (double)(time_t)duration_s;
	const struct itimerval timer = {
	    .it_value = {.tv_sec = (time_t)duration_s,
		.tv_usec = (suseconds_t)((duration_s - whole_s) * 1e6)},
	};

	if (duration_s > 0) {
		(void)setitimer(ITIMER_REAL, &timer, NULL);
	}
}

/* --- what the report is about --- */

static bool filter_open(struct session *session)
{
	char error[FILTER_ERROR_MAX];

	if (!session->options->filter) {
		return true;
	}
	session->filter = filter_new(session->options->filter, error);
	session->selection.filter = session->filter;
	if (!session->filter) {
		say(session, "--filter", error);
	}
	return session->filter != NULL;
}

/* --- stores --- */

static bool stores_open(struct session *session)
{
	const struct options *o = session->options;
	const struct store_options options = {.site = o->site, .probe = o->probe, .wait = !o->live};

	for (size_t i = 0; i < o->store_count; i++) {
		char error[STORE_ERROR_MAX];

		session->stores[i] = store_open(o->stores[i], &options, error);
		if (!session->stores[i]) {
			say(session, o->stores[i], error);
			session->unwritten = true;
			return false;
		}
	}
	return true;
}

static void stores_close(struct session *session)
{
	const struct options *o = session->options;

	for (size_t i = 0; i < o->store_count && session->stores[i]; i++) {
		struct store_result result;
		char text[STORE_ERROR_MAX + 100];

		store_close(session->stores[i], &result);
		if (result.lost == 0) {
			continue;
		}
		session->unwritten = true;
		(void)snprintf(text, sizeof(text), "%s; %llu of %llu records were not written",
		    result.error[0] ? result.error : "no connection",
		    (unsigned long long)result.lost,
		    (unsigned long long)result.lost + (unsigned long long)result.written);
		say(session, o->stores[i], text);
	}
}

/* --- the outside of a live capture --- */

/* Before privileges go. */
static bool outside_open(struct session *session)
{
	if (session->options->live) {
		session->service = service_open(session->options);
		session->no_capture |= !session->service;
	}
	return !session->no_capture;
}

static void outside_start(struct session *session)
{
	if (session->service) {
		(void)service_start(session->service, session->analysis, session->stores);
	}
}

/* --- the report --- */

static void judge_finding(void *context, const struct tp_finding *f)
{
	struct session *session = context;

	if (f->confidence >= 0.5 && selection_has_finding(&session->selection, f)) {
		session->critical |= strcmp(f->severity, "critical") == 0;
		session->warning |= strcmp(f->severity, "info") != 0;
	}
}

static void report_write(struct session *session, FILE *out)
{
	static void (*const outputs[])(struct tp_analysis *, const struct selection *, FILE *) = {
	    [FORMAT_TEXT] = output_text,
	    [FORMAT_JSON] = output_json,
	    [FORMAT_NDJSON] = output_ndjson,
	    [FORMAT_CSV] = output_csv,
	};

	outputs[session->options->format](session->analysis, &session->selection, out);
}

/* Before the work: what cannot be written is said at once, and privileges are still there. */
static bool output_open(struct session *session)
{
	const char *path = session->options->output;

	session->out = path ? fopen(path, "w") : stdout;
	if (!session->out) {
		say(session, path, strerror(errno));
		session->unwritten = true;
	}
	return session->out != NULL;
}

/* And so with the packets that are to be extracted. */
static bool extract_open(struct session *session)
{
	const char *path = session->options->extract;

	session->unwritten |= path && tp_extract_to(session->analysis, path) != TP_OK;
	return !session->unwritten;
}

/* And so with the folder of bad calls. */
static bool save_open(struct session *session)
{
	const struct options *o = session->options;
	uint64_t limit = o->save_limit ? o->save_limit : TP_SAVE_LIMIT_USUAL;
	char error[CONFINE_ERROR_MAX];

	if (!o->save_bad) {
		return true;
	}
	/* Whose it is where it stands already is the user's business. */
	if (mkdir(o->save_bad, 0750) == 0 && !confine_give(o->save_bad, o->user, error)) {
		say(session, o->save_bad, error);
		session->unwritten = true;
	}
	session->unwritten |= tp_save_bad(session->analysis, o->save_bad, limit) != TP_OK;
	return !session->unwritten;
}

static void save_report(struct session *session)
{
	struct tp_saved saved;
	char text[200];

	if (!tp_saved_get(session->analysis, &saved)) {
		return;
	}
	(void)snprintf(text, sizeof(text),
	    "bad calls saved: %llu (without their beginning: %llu), not saved: %llu; files removed "
	    "for room: %llu; packets that could not be kept: %llu",
	    (unsigned long long)saved.calls, (unsigned long long)saved.calls_cut,
	    (unsigned long long)saved.calls_lost, (unsigned long long)saved.files_removed,
	    (unsigned long long)saved.packets_lost);
	if (!session->options->quiet || saved.calls_lost + saved.packets_lost > 0) {
		say(session, session->options->save_bad, text);
	}
	session->unwritten |= saved.calls_lost > 0;
}

struct choosing {
	const struct selection *selection;
	size_t count;
};

static bool choose(void *context, const struct tp_call *call)
{
	struct choosing *choosing = context;
	bool chosen = selection_has_call(choosing->selection, call);

	choosing->count += chosen;
	return chosen;
}

static void extract(struct session *session)
{
	const struct options *o = session->options;
	struct choosing choosing = {.selection = &session->selection};
	enum tp_status status;

	progress_init(&session->progress, !o->no_progress && !o->quiet, o->live);
	status = tp_extract(session->analysis, choose, &choosing);
	progress_clear(&session->progress);
	if (status == TP_NO_MEMORY) {
		say(session, o->extract, "out of memory");
	} else if (status == TP_OK && choosing.count == 0) {
		say(session, o->extract, "no call was selected; no packet is in it");
	}
	session->unwritten |= status != TP_OK;
}

static void report(struct session *session)
{
	const char *path = session->options->output;
	bool failed;

	errno = 0;
	report_write(session, session->out);
	failed = fflush(session->out) != 0 || ferror(session->out);
	if (path && fclose(session->out) != 0) {
		failed = true;
	}
	if (failed) {
		session->unwritten = true;
		if (errno != EPIPE) { /* whoever reads has seen enough */
			say(session, path ? path : "standard output", strerror(errno));
		}
	}
}

static enum exit_code outcome(const struct session *session)
{
	enum fail_on fail_on = session->options->fail_on;

	if (session->no_capture) {
		return EXIT_NO_CAPTURE;
	}
	if (session->unreadable) {
		return EXIT_UNREADABLE;
	}
	if (session->unwritten) {
		return EXIT_UNWRITTEN;
	}
	if ((fail_on == FAIL_ON_WARNING && session->warning) ||
	    (fail_on == FAIL_ON_CRITICAL && session->critical)) {
		return EXIT_FAIL_ON;
	}
	return EXIT_ANALYSED;
}

static void analyse(struct session *session)
{
	enum tp_status status;

	if (!session->options->live) {
		signals_set(session->options);
	}
	timer_set(session->options->duration_s);
	status = tp_run(session->analysis);
	progress_clear(&session->progress);
	tp_each_finding(session->analysis, on_finding, session);
	service_stopping(session->service);
	stores_close(session);
	save_report(session);
	if (status == TP_NO_MEMORY) {
		say(session, "analysis", "out of memory; lower --max-calls or --max-streams");
		session->unreadable = true;
		return;
	}
	/* A live source that failed on the way ends the capture, but what it gave is reported. */
	session->unreadable |= status == TP_UNREADABLE;
	if (!selection_make(&session->selection, session->analysis)) {
		say(session, "analysis", "out of memory");
		session->unwritten = true;
		return;
	}
	if (session->options->call_id && session->selection.count == 0) {
		say(session, session->options->call_id, "no call has this Call-ID, or this id");
	}
	tp_each_finding(session->analysis, judge_finding, session);
	report(session);
	if (session->options->extract) {
		extract(session);
	}
}

enum exit_code session_run(const struct options *o)
{
	struct session session = {.options = o, .selection = {.call_id = o->call_id}};
	const struct tp_handlers handlers = {
	    .context = &session,
	    .problem = on_problem,
	    .progress = on_progress,
	    .call = o->store_count > 0 || o->format == FORMAT_NDJSON ? on_call : NULL,
	};
	const struct tp_options options = {
	    .workers = o->workers,
	    .max_calls = o->max_calls,
	    .max_streams = o->max_streams,
	    .site = o->site,
	    .ladder = o->call_id,
	    .plc = o->plc,
	    .uplink_down_bps = o->uplink_down_bps,
	    .uplink_up_bps = o->uplink_up_bps,
	    .max_memory = o->max_memory,
	    .cores = o->cores.list,
	    .core_count = o->cores.count,
	};
	char error[STORE_ERROR_MAX];
	enum exit_code code;

	for (size_t i = 0; i < o->store_count; i++) {
		if (!store_understands(o->stores[i], error)) {
			say(&session, o->stores[i], error);
			return EXIT_USAGE;
		}
	}
	if (!filter_open(&session)) {
		return EXIT_USAGE;
	}
	/* A reader that goes away is an error of writing, not the end of a capture. */
	(void)signal(SIGPIPE, SIG_IGN);
	progress_init(&session.progress, !o->no_progress && !o->quiet, o->live);
	session.analysis = tp_new(&options, &handlers);
	if (!session.analysis) {
		say(&session, "analysis", "out of memory");
		return EXIT_UNREADABLE;
	}
	running = session.analysis;
	if (o->live) {
		/* Whoever ends it while it begins gets a report, too, if an empty one. */
		signals_set(o);
	}
	if (o->config && !config_apply(o->config, session.analysis, stderr)) {
		filter_free(session.filter);
		tp_free(session.analysis);
		return EXIT_USAGE;
	}
	/* Threads inherit what is left of privileges: those of the stores come after. */
	if (sources_open(&session) && output_open(&session) && extract_open(&session) &&
	    save_open(&session) && outside_open(&session) && privileges_drop(&session) &&
	    stores_open(&session)) {
		outside_start(&session);
		analyse(&session);
	}
	code = outcome(&session);
	service_close(session.service);
	selection_free(&session.selection);
	published_free(&session.published);
	filter_free(session.filter);
	tp_free(session.analysis);
	return code;
}
