/* SPDX-License-Identifier: Apache-2.0 */
#include "saver.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "finding.h"
#include "model.h"
#include "saved_call.h"

enum {
	/* Of the limit: files, media, signalling. */
	FILES_PART = 2,
	SIGNALS_PART = 8,
	MEDIA_BUCKET_BITS = 17,
	NICENESS = 10,
	IDLE_NS = 20 * 1000 * 1000, /* the rings hold more than comes meanwhile */
	WAIT_NS = 100 * 1000
};

_Static_assert(TP_SAVE_LIMIT_MIN / SIGNALS_PART >= SPOOL_OCTETS_MIN, "the smaller spool");

static const double confidence_strong = 0.5;

/* Told in any thread. */
struct saver_counts {
	atomic_uint_fast64_t saved, cut, lost, removed, files, octets, packets_refused,
	    packets_unwritten;
};

struct saver {
	/* The reader's. */
	struct spool *signals, *media;
	struct bystanders bystanders;
	unsigned piece_count; /* packets that media in fragments ended with, of this burst */
	uint32_t pieces[PACKET_BURST];
	struct saver_counts counts;
	struct load_counter load[INTAKE_CAPTURES_MAX]; /* as bystanders count; of no use here */
	uint64_t results[INTAKE_CAPTURES_MAX][DISSECT_RESULT_COUNT];
	/* Everybody's. */
	struct saver_run run;
	atomic_bool finish;
	pthread_mutex_t lock; /* of what follows */
	unsigned queue_first, queue_count;
	struct saved_call *queue[SAVER_QUEUE];
	char problem[SAVER_PROBLEM_MAX]; /* "": none that was not told */
	/* The thread's. */
	int folder;
	struct saved_files *files;
	uint64_t unwritten_told;
	bool failing; /* the last call was not saved, and that was told */
	bool started;
	pthread_t thread;
};

static void count(atomic_uint_fast64_t *counter)
{
	(void)atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void pause_ns(long ns)
{
	const struct timespec time = {.tv_nsec = ns};

	(void)nanosleep(&time, NULL);
}

__attribute__((format(printf, 2, 3))) static void problem_note(
    struct saver *s, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)pthread_mutex_lock(&s->lock);
	(void)vsnprintf(s->problem, sizeof(s->problem), format, arguments);
	(void)pthread_mutex_unlock(&s->lock);
	va_end(arguments);
}

/* --- making --- */

static bool folder_open(struct saver *s, const char *path, struct source_error *error)
{
	if (mkdir(path, 0750) != 0 && errno != EEXIST) {
		source_fail(error, "cannot be made: %s", strerror(errno));
		return false;
	}
	s->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder < 0) {
		source_fail(error, "%s", strerror(errno));
		return false;
	}
	return true;
}

static bool spools_make(struct saver *s, uint64_t limit, struct source_error *error)
{
	uint64_t spools = limit - limit / FILES_PART;

	s->signals = spool_new(s->folder, limit / SIGNALS_PART, 0, error);
	if (s->signals) {
		s->media =
		    spool_new(s->folder, spools - limit / SIGNALS_PART, MEDIA_BUCKET_BITS, error);
	}
	return s->media != NULL;
}

struct saver *saver_new(const char *folder, uint64_t limit, struct source_error *error)
{
	struct saver *s = calloc(1, sizeof(*s));

	if (!s || pthread_mutex_init(&s->lock, NULL) != 0) {
		source_fail(error, "out of memory");
		free(s);
		return NULL;
	}
	s->folder = -1;
	if (!folder_open(s, folder, error) || !spools_make(s, limit, error)) {
		saver_free(s);
		return NULL;
	}
	s->files = saved_files_open(s->folder, limit / FILES_PART);
	if (!s->files) {
		source_fail(error, "%s", strerror(errno));
		saver_free(s);
		return NULL;
	}
	return s;
}

void saver_free(struct saver *s)
{
	if (!s) {
		return;
	}
	saver_finish(s);
	for (; s->queue_count > 0; s->queue_count--) {
		saved_call_free(s->queue[s->queue_first++ % SAVER_QUEUE]);
	}
	saved_files_close(s->files);
	spool_free(s->signals);
	spool_free(s->media);
	if (s->folder >= 0) {
		(void)close(s->folder);
	}
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

/* --- the reader: packets --- */

static void pieces_take(
    void *context, const struct media_packet *media, const struct frame_list *frames)
{
	struct saver *s = context;

	(void)frames;
	if (s->piece_count < PACKET_BURST) {
		s->pieces[s->piece_count++] = media->frame;
	}
}

void saver_watch(struct saver *s, struct intake *intake)
{
	s->bystanders = (struct bystanders){
	    .tcp = &intake->tcp,
	    .vantages = intake->vantages,
	    .load = s->load,
	    .counts = s->results,
	};
	bystanders_init(&s->bystanders);
	intake->media_pieces = pieces_take;
	intake->media_pieces_context = s;
}

/* Media that came in one piece is known by its hash alone. */
static bool is_piece(const struct saver *s, uint32_t frame)
{
	for (unsigned i = 0; i < s->piece_count; i++) {
		if (s->pieces[i] == frame) {
			return true;
		}
	}
	return false;
}

static void packet_put(struct saver *s, struct spool *spool, const struct packet *packet,
    uint64_t hash, uint64_t order)
{
	while (!spool_put(spool, packet, hash, order)) {
		if (!s->run.waits) {
			count(&s->counts.packets_refused);
			return;
		}
		spool_commit(spool);
		pause_ns(WAIT_NS);
	}
}

void saver_take(struct saver *s, const struct intake *intake, const struct packet *packets,
    unsigned taken, const struct media_packet *media, unsigned slots, bool hurried)
{
	const struct media_packet *end = media + slots;
	uint64_t order = intake->order - taken; /* of the one before: they are counted */

	for (unsigned i = 0; i < taken; i++) {
		const struct packet *p = &packets[i];
		const struct media_packet *of = NULL;

		order++;
		if (media < end && media->frame == p->frame && media->capture == p->capture) {
			of = media;
			media = media_next(media);
		}
		if (of && hurried) {
			count(&s->counts.packets_refused);
		} else if (of && !is_piece(s, p->frame)) {
			packet_put(s, s->media, p, of->hash, order);
		} else if (of || !bystander_count(&s->bystanders, p)) {
			packet_put(s, s->signals, p, 0, order);
		}
	}
	s->piece_count = 0;
	spool_commit(s->signals);
	spool_commit(s->media);
}

/* --- the desk: calls --- */

/* The codes of its critical findings; false where it has none. */
static bool is_bad(const struct desk *desk, const struct call *call, char codes[SAVED_CODES_MAX])
{
	size_t used = 0;

	codes[0] = '\0';
	for (unsigned i = 0; i < call->finding_count; i++) {
		const struct finding *f = finding_of_id(desk, call_rare(call)->findings[i]);

		if (f && f->severity == SEVERITY_CRITICAL && f->confidence >= confidence_strong &&
		    used < SAVED_CODES_MAX) {
			used += (size_t)snprintf(codes + used, SAVED_CODES_MAX - used, "%s%s",
			    used > 0 ? ", " : "", f->code);
		}
	}
	return used > 0;
}

static bool queue_is_full(struct saver *s)
{
	bool full;

	(void)pthread_mutex_lock(&s->lock);
	full = s->queue_count == SAVER_QUEUE;
	(void)pthread_mutex_unlock(&s->lock);
	return full;
}

static void queue_put(struct saver *s, struct saved_call *call)
{
	(void)pthread_mutex_lock(&s->lock);
	s->queue[(s->queue_first + s->queue_count++) % SAVER_QUEUE] = call;
	(void)pthread_mutex_unlock(&s->lock);
}

static struct saved_call *queue_take(struct saver *s)
{
	struct saved_call *call = NULL;

	(void)pthread_mutex_lock(&s->lock);
	if (s->queue_count > 0) {
		call = s->queue[s->queue_first++ % SAVER_QUEUE];
		s->queue_count--;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return call;
}

void saver_closing(void *context, const struct desk *desk, const struct call *call)
{
	struct saver *s = context;
	char codes[SAVED_CODES_MAX];
	struct saved_call *saved;

	if (!is_bad(desk, call, codes)) {
		return;
	}
	while (queue_is_full(s)) {
		if (!s->run.waits) {
			count(&s->counts.lost);
			return;
		}
		pause_ns(WAIT_NS);
	}
	saved = saved_call_new(desk, call, codes);
	if (!saved) {
		count(&s->counts.lost);
		return;
	}
	queue_put(s, saved);
}

/* --- the thread --- */

/* True where packets went to the spools. */
static bool spools_settle(struct saver *s)
{
	bool some = spool_settle(s->signals);
	int error, other;
	uint64_t unwritten;

	some |= spool_settle(s->media);
	unwritten = spool_unwritten(s->signals, &error) + spool_unwritten(s->media, &other);
	if (unwritten > s->unwritten_told) {
		if (s->unwritten_told == 0) {
			problem_note(s,
			    "%s: packets of running calls are lost, and what is saved "
			    "of them is not whole",
			    strerror(error ? error : other));
		}
		s->unwritten_told = unwritten;
		atomic_store_explicit(
		    &s->counts.packets_unwritten, unwritten, memory_order_relaxed);
	}
	return some;
}

static void breathe(void *context)
{
	(void)spools_settle(context);
}

static void files_tell(struct saver *s)
{
	atomic_store_explicit(&s->counts.files, saved_files_count(s->files), memory_order_relaxed);
	atomic_store_explicit(
	    &s->counts.octets, saved_files_octets(s->files), memory_order_relaxed);
	atomic_store_explicit(
	    &s->counts.removed, saved_files_removed(s->files), memory_order_relaxed);
}

static void call_write(struct saver *s, struct saved_call *call)
{
	const struct saved_from from = {
	    .signals = s->signals,
	    .media = s->media,
	    .key = s->run.key,
	    .capture_count = s->run.capture_count,
	    .names = s->run.names,
	    .vantage_of = s->run.vantage_of,
	    .vantages = s->run.vantages,
	    .breathe = breathe,
	    .context = s,
	};

	enum saved_outcome outcome = saved_call_write(call, &from, s->files);

	if (outcome == SAVED_FAILED && !s->failing) {
		problem_note(s,
		    "the call %s was not saved: %s; others that are not will be counted",
		    call->call_id ? call->call_id : "without signalling", strerror(errno));
	}
	s->failing = outcome == SAVED_FAILED;
	if (outcome == SAVED_CUT) {
		count(&s->counts.cut);
	}
	count(outcome == SAVED_WHOLE || outcome == SAVED_CUT ? &s->counts.saved : &s->counts.lost);
	files_tell(s);
}

/* The queue is looked at first: what it tells of is in the rings by then. */
static bool work_some(struct saver *s)
{
	struct saved_call *call = queue_take(s);
	bool some = spools_settle(s);

	if (call) {
		call_write(s, call);
		saved_call_free(call);
	}
	return some || call;
}

static void *saver_main(void *context)
{
	struct saver *s = context;
	bool finish;

	/* Of this thread alone: others come first. */
	(void)setpriority(PRIO_PROCESS, 0, NICENESS);
	files_tell(s);
	do {
		finish = atomic_load_explicit(&s->finish, memory_order_acquire);
		while (work_some(s)) {}
		if (!finish) {
			pause_ns(IDLE_NS);
		}
	} while (!finish);
	return NULL;
}

bool saver_start(struct saver *s, const struct saver_run *run)
{
	s->run = *run;
	/* By now privileges are given up. */
	if (faccessat(s->folder, ".", W_OK | X_OK, AT_EACCESS) != 0) {
		problem_note(s,
		    "%s: bad calls will not be saved; let the user that captures write "
		    "there: chown USER DIR",
		    strerror(errno));
	}
	s->started = pthread_create(&s->thread, NULL, saver_main, s) == 0;
	return s->started;
}

void saver_finish(struct saver *s)
{
	if (s->started) {
		atomic_store_explicit(&s->finish, true, memory_order_release);
		(void)pthread_join(s->thread, NULL);
		s->started = false;
	}
}

/* --- what is told --- */

bool saver_problem(struct saver *s, char out[SAVER_PROBLEM_MAX])
{
	(void)pthread_mutex_lock(&s->lock);
	memcpy(out, s->problem, SAVER_PROBLEM_MAX);
	s->problem[0] = '\0';
	(void)pthread_mutex_unlock(&s->lock);
	return out[0] != '\0';
}

static uint64_t told(const atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void saver_totals(const struct saver *s, struct tp_saved *out)
{
	*out = (struct tp_saved){
	    .calls = told(&s->counts.saved),
	    .calls_cut = told(&s->counts.cut),
	    .calls_lost = told(&s->counts.lost),
	    .files = told(&s->counts.files),
	    .files_removed = told(&s->counts.removed),
	    .octets = told(&s->counts.octets),
	    .packets_lost = told(&s->counts.packets_refused) + told(&s->counts.packets_unwritten),
	};
}
