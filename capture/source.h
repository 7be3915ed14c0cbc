/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of packets: capture files and live interfaces behind one interface.
 *
 * Data out:   bursts of borrowed packets, or runs of records (packet_run.h), valid until the next
 *             read of the same source.
 * Ownership:  source_open_*() gives an object that source_close() frees.
 * Threading:  a source belongs to one thread.
 * Errors:     source_read() answers SOURCE_FAILED once; source->error then says where and why.
 */
#ifndef TALKPATH_SOURCE_H
#define TALKPATH_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"
#include "packet_run.h"

enum { SOURCE_IDLE = 0, SOURCE_END = -1, SOURCE_FAILED = -2 };

enum { SOURCE_INTERFACES_MAX = 256, SOURCE_REASON_MAX = 200 };

struct source_interface {
	char name[64];        /* empty where the file gives none */
	uint16_t link;        /* LINKTYPE_ number */
	uint32_t snap_length; /* 0: no limit given */
};

struct source_error {
	bool has_offset;
	uint64_t offset; /* octets from the beginning of the file */
	char reason[SOURCE_REASON_MAX];
};

/* What the source has handed over so far. */
struct source_totals {
	uint64_t packets;
	uint64_t bytes;                      /* octets on the wire */
	uint64_t snap_cut;                   /* packets that the snap length cut */
	int64_t first_time_ns, last_time_ns; /* least and greatest; valid with packets > 0 */
};

/* Packets that were not measured, by place (live sources). */
struct source_drops {
	uint64_t kernel;    /* the capture buffer was full */
	uint64_t interface; /* the adapter or its driver dropped them */
	/* The reader's: media that it shed (overload.h). A source leaves these alone. */
	uint64_t ring;   /* the ring to a worker was full */
	uint64_t worker; /* reader or desk were behind, so it was not worked on */
	/* What passed meanwhile nobody counts. */
	uint32_t absences; /* how often the interface was away */
	bool away;         /* it is */
};

struct source;
struct lift_endpoints;

struct source_ops {
	int (*read)(struct source *source, struct packet out[PACKET_BURST]);
	bool (*run_begin)(struct source *source, struct packet_run *run); /* NULL: has none */
	void (*run_end)(struct source *source, const struct packet_run *run);
	bool (*drops)(struct source *source, struct source_drops *out); /* NULL for files */
	/* From now on media is expected at these; NULL where that changes nothing. */
	void (*endpoints)(struct source *source, struct lift_endpoints *endpoints);
	void (*close)(struct source *source);
};

struct source {
	const struct source_ops *ops;
	struct source_error error;
	struct source_totals totals;
	unsigned interface_count;
	struct source_interface interfaces[SOURCE_INTERFACES_MAX];
	bool crowded;            /* more than half of the capture buffer waits to be read */
	bool truncated;          /* the file ends inside a record */
	bool untimed;            /* some packets carry no time stamp */
	const char *stamps;      /* who took the time stamps; NULL: not known, as of files */
	uint32_t stamp_error_ns; /* of these, at most; 0: not known */
	uint64_t size, position; /* octets of the file, and read so far; size 0: not known */
	bool scattered;   /* its packets do not lie behind one another; it fetches them itself */
	int wait_fd;      /* becomes readable when packets came; -1 for files */
	uint16_t capture; /* number stamped on its packets */
	uint32_t frame;   /* number of the last packet */
};

/* Whoever opens a file, and what it is told. */
struct source_opening {
	void *context;
	/*
	 * A capture was found; the source is taken over. member: its name in the archive that the
	 * file is, or NULL. False where no more are wanted.
	 */
	bool (*found)(void *context, struct source *source, const char *member);
	/* The file, or a member of it, cannot be read. */
	void (*refused)(void *context, const char *member, const struct source_error *error);
	const atomic_bool *stop; /* set: do not wait for a pipe any longer; NULL: never */
};

/*
 * Open a capture file, a compressed one, or an archive of several; a FIFO; "-" is standard
 * input. What it is tells its content. The sources' `capture` is the opener's to set.
 */
void source_open_file(const char *path, const struct source_opening *opening);

/* Up to PACKET_BURST packets, or SOURCE_IDLE, SOURCE_END, SOURCE_FAILED. */
int source_read(struct source *source, struct packet out[PACKET_BURST]);

/*
 * What is at hand as a run; false where the source has none. Whoever took of it as much as was
 * wanted gives it back; where there was nothing in it, source_read() goes on.
 */
bool source_run_begin(struct source *source, struct packet_run *run);
void source_run_end(struct source *source, const struct packet_run *run);

void source_close(struct source *source);

/* For sources: note why, in words that name what to do. Returns SOURCE_FAILED. */
__attribute__((format(printf, 2, 3))) int source_fail(
    struct source_error *error, const char *format, ...);
__attribute__((format(printf, 3, 4))) int source_fail_at(
    struct source_error *error, uint64_t offset, const char *format, ...);

#endif
