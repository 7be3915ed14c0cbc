/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extract_marks.h"
#include "extract_writer.h"

enum { PASSES = 2, PROGRESS_EVERY = 1024 /* bursts */ };

struct extract {
	char *path, *part;
	struct pcapng_writer *writer; /* of `part`; NULL once it is closed */
};

/* --- the file --- */

static char *part_name(const char *path)
{
	char *part;

	return asprintf(&part, "%s.part", path) >= 0 ? part : NULL;
}

/* What stands there already may be replaced. */
static bool path_is_free(const char *path, struct source_error *error)
{
	struct stat status;

	if (stat(path, &status) != 0) {
		return true; /* or whoever makes the file says why not */
	}
	if (!S_ISREG(status.st_mode)) {
		source_fail(error, "is no regular file; packets cannot be extracted to it");
		return false;
	}
	if (access(path, W_OK) != 0) {
		source_fail(error, "%s", strerror(errno));
		return false;
	}
	return true;
}

struct extract *extract_open(const char *path, struct source_error *error)
{
	struct extract *e;

	if (!path_is_free(path, error)) {
		return NULL;
	}
	e = calloc(1, sizeof(*e));
	if (!e) {
		source_fail(error, "out of memory");
		return NULL;
	}
	e->path = strdup(path);
	e->part = part_name(path);
	if (e->path && e->part) {
		e->writer = pcapng_writer_open(e->part);
	}
	if (!e->writer) {
		source_fail(error, "%s", strerror(errno));
		extract_close(e);
		return NULL;
	}
	return e;
}

const char *extract_path(const struct extract *e)
{
	return e->path;
}

static bool commit(struct extract *e, struct source_error *error)
{
	bool written = pcapng_writer_close(e->writer);

	e->writer = NULL;
	if (written && rename(e->part, e->path) == 0) {
		return true;
	}
	source_fail(error, "%s", strerror(errno));
	(void)unlink(e->part);
	return false;
}

void extract_close(struct extract *e)
{
	if (!e) {
		return;
	}
	if (e->writer) {
		(void)pcapng_writer_close(e->writer);
		(void)unlink(e->part);
	}
	free(e->path);
	free(e->part);
	free(e);
}

/* --- the captures, opened again --- */

struct pass {
	const struct extract_job *job;
	struct merge merge;
	unsigned number, count;
	struct source *sources[MERGE_SOURCES_MAX];
	const char *fault;
	struct source_error *error;
};

static bool source_found(void *context, struct source *source, const char *member)
{
	struct pass *pass = context;

	(void)member;
	if (pass->count == pass->job->source_count) {
		source_close(source);
		return false;
	}
	source->capture = (uint16_t)pass->count;
	if (!merge_add(&pass->merge, source)) {
		source_close(source);
		return false;
	}
	pass->sources[pass->count++] = source;
	return true;
}

/* The analysis has said so. */
static void source_refused(void *context, const char *member, const struct source_error *error)
{
	(void)context;
	(void)member;
	(void)error;
}

static bool pass_open(struct pass *pass)
{
	const struct extract_job *job = pass->job;
	const struct source_opening opening = {pass, source_found, source_refused, job->stop};
	struct stat status;

	merge_init(&pass->merge);
	for (unsigned i = 0; i < job->path_count; i++) {
		if (stat(job->paths[i], &status) != 0 || !S_ISREG(status.st_mode)) {
			pass->fault = job->paths[i];
			source_fail(pass->error, "cannot be read a second time, as extracting "
						 "packets needs; save it to a file first");
			return false;
		}
		source_open_file(job->paths[i], &opening);
	}
	if (pass->count < job->source_count) {
		pass->fault = job->names[pass->count];
		source_fail(pass->error, "has changed since it was analysed");
		return false;
	}
	return true;
}

static void progress_tell(const struct pass *pass)
{
	struct tp_progress progress = {0};

	for (unsigned i = 0; i < pass->count; i++) {
		const struct source *s = pass->sources[i];

		progress.packets +=
		    s->totals.packets + pass->number * pass->job->sources[i]->totals.packets;
		progress.bytes += s->position + pass->number * s->size;
		progress.bytes_total += PASSES * s->size;
	}
	if (pass->job->progress) {
		pass->job->progress(pass->job->context, &progress);
	}
}

/* Each capture must have given what it gave before. */
static bool pass_is_whole(struct pass *pass)
{
	for (unsigned i = 0; i < pass->count; i++) {
		if (pass->sources[i]->totals.packets < pass->job->sources[i]->totals.packets) {
			pass->fault = pass->job->names[i];
			source_fail(pass->error, "has changed since it was analysed");
			return false;
		}
	}
	return true;
}

/* Hand every burst to `take`, after `begin`. False with pass->error. */
static bool pass_run(struct pass *pass,
    void (*take)(void *context, const struct packet *packets, unsigned count), void *context)
{
	struct packet packets[PACKET_BURST];
	unsigned bursts = 0;
	int count;

	while ((count = merge_read(&pass->merge, packets)) != SOURCE_END) {
		if (atomic_load_explicit(pass->job->stop, memory_order_relaxed)) {
			source_fail(pass->error, "was not written: interrupted");
			return false;
		}
		take(context, packets, (unsigned)count);
		if (++bursts % PROGRESS_EVERY == 0) {
			progress_tell(pass);
		}
	}
	return pass_is_whole(pass);
}

/* --- the two passes --- */

static void marks_take(void *context, const struct packet *packets, unsigned count)
{
	extract_marks_burst(context, packets, count);
}

static bool mark_pass(struct pass *pass, struct extract_marks *marks)
{
	bool done = pass_open(pass) && pass_run(pass, marks_take, marks);

	if (done) {
		extract_marks_end(marks);
	}
	merge_fini(&pass->merge);
	return done;
}

struct writing {
	const struct extract_marks *marks;
	struct extract_writer writer;
};

static void write_take(void *context, const struct packet *packets, unsigned count)
{
	struct writing *w = context;

	for (unsigned i = 0; i < count; i++) {
		const struct packet *p = &packets[i];

		packet_fetch_ahead(p);
		if (extract_marks_has(w->marks, p->capture, p->frame)) {
			extract_writer_packet(&w->writer, p);
		}
	}
}

static bool write_pass(
    struct pass *pass, const struct extract_marks *marks, struct pcapng_writer *writer)
{
	struct writing *w = calloc(1, sizeof(*w));
	bool done;

	if (!w) {
		source_fail(pass->error, "out of memory");
		return false;
	}
	w->marks = marks;
	w->writer.file = writer;
	w->writer.names = pass->job->names;
	w->writer.vantage_of = pass->job->vantage_of;
	w->writer.vantages = pass->job->vantages;
	/* All of them first: a file in which no packet follows tells what was looked at. */
	for (unsigned i = 0; i < pass->job->source_count; i++) {
		for (unsigned k = 0; k < pass->job->sources[i]->interface_count; k++) {
			(void)extract_writer_interface(
			    &w->writer, (uint16_t)i, pass->job->sources[i]->interfaces[k].link);
		}
	}
	done = pass_open(pass) && pass_run(pass, write_take, w);
	merge_fini(&pass->merge);
	free(w);
	return done;
}

/* Simple packet blocks have no time; written with one, they would seem to have been measured. */
static bool is_timed(const struct extract_job *job, const char **fault, struct source_error *error)
{
	for (unsigned i = 0; i < job->source_count; i++) {
		if (job->sources[i]->untimed) {
			*fault = job->names[i];
			source_fail(error, "carries no time stamps; its packets are not extracted");
			return false;
		}
	}
	return true;
}

bool extract_run(struct extract *e, const struct extract_job *job, const char **fault,
    struct source_error *error)
{
	struct pass passes[PASSES] = {
	    {.job = job, .number = 0, .error = error}, {.job = job, .number = 1, .error = error}};
	struct extract_range ranges[MERGE_SOURCES_MAX];
	struct extract_marks *marks;
	bool done;

	*fault = NULL;
	if (!is_timed(job, fault, error)) {
		return false;
	}
	for (unsigned i = 0; i < job->source_count; i++) {
		ranges[i] = (struct extract_range){1, job->sources[i]->totals.packets};
	}
	marks = extract_marks_new(job->plan, job->key, job->source_count, ranges);
	if (!marks) {
		source_fail(error, "out of memory");
		return false;
	}
	for (unsigned i = 0; i < job->source_count; i++) {
		marks->intake.vantages[i] = job->vantage_of[i];
	}
	done = mark_pass(&passes[0], marks) && write_pass(&passes[1], marks, e->writer);
	*fault = passes[0].fault ? passes[0].fault : passes[1].fault;
	extract_marks_free(marks);
	return done && commit(e, error);
}
