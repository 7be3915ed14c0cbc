/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of `analyze` and `capture`.
 */
#ifndef TALKPATH_OPTIONS_H
#define TALKPATH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "option_resources.h"
#include "talkpath.h"

/* Exit codes, docs/talkpath.1 */
enum exit_code {
	EXIT_ANALYSED = 0,
	EXIT_FAIL_ON = 1, /* --fail-on applies */
	EXIT_USAGE = 2,
	EXIT_UNREADABLE = 3, /* at least one input could not be read */
	EXIT_UNWRITTEN = 4,  /* output could not be written */
	EXIT_NO_CAPTURE = 5  /* live capture could not start */
};

enum output_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_NDJSON, FORMAT_CSV };

enum fail_on { FAIL_NEVER, FAIL_ON_WARNING, FAIL_ON_CRITICAL };

enum { OPTIONS_SOURCES_MAX = 64, OPTIONS_STORES_MAX = 8 };

/* A file or interface, and the name of its capture point (NULL: after itself). */
struct option_source {
	const char *vantage;
	const char *name;
	int channel; /* `capture`: to the process that opens it */
};

struct options {
	struct option_text *texts; /* that the configuration file gave */
	/* As it gave them: the command line's take their place. */
	bool sources_default, stores_default;
	bool live; /* of `capture` */
	bool no_progress, quiet;
	enum output_format format;
	const char *output;  /* NULL: standard output */
	const char *call_id; /* NULL: every call */
	const char *filter;  /* an expression, or NULL */
	const char *config;  /* a file, or NULL */
	const char *extract; /* `analyze`: where packets of the selected calls go, or NULL */
	int config_fd;       /* `capture`: what is in it after SIGHUP; -1: nothing will be */
	int workers;
	uint32_t max_calls, max_streams;
	uint64_t max_memory;       /* 0: not given */
	struct option_cores cores; /* `capture`: none were given */
	const char *site, *probe;
	enum fail_on fail_on;
	enum tp_plc plc;
	uint64_t uplink_down_bps, uplink_up_bps; /* 0: not given */
	/* of `capture` */
	double duration_s; /* 0: until stopped */
	const char *user;  /* whom the analysing process belongs to; NULL: the usual */
	const char *bpf;   /* which packets are captured; NULL: all */
	uint32_t buffer_octets;
	uint32_t media_octets; /* of each RTP payload; 0: all */
	bool mirror_port, known_media;
	bool list;            /* what can be captured, instead of capturing it */
	bool status;          /* show how the capture that runs goes */
	const char *save_bad; /* `capture`: a folder, or NULL */
	uint64_t save_limit;  /* octets; 0: not given */
	const char *control;  /* its status socket; "none"; NULL: the usual one */
	const char *metrics;  /* [HOST:]PORT of its metrics, or NULL */
	size_t source_count;
	struct option_source sources[OPTIONS_SOURCES_MAX];
	size_t store_count;
	const char *stores[OPTIONS_STORES_MAX];
};

/* What is to be captured. */
struct tp_live options_live(const struct options *options, size_t source);

enum options_outcome { OPTIONS_OK, OPTIONS_HELP, OPTIONS_WRONG };

/*
 * argv[0] is the subcommand. What the file of --config says of it comes first, and the command line
 * overrides it. With OPTIONS_WRONG the reason is on standard error.
 */
enum options_outcome options_parse(struct options *options, bool live, int argc, char **argv);

/* What was read from files; the strings of `options` may be among it. */
void options_free(struct options *options);

#endif
