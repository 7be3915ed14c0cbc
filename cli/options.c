/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "metrics.h"
#include "talkpath.h"

enum {
	OPTION_FORMAT = 256,
	OPTION_VANTAGE,
	OPTION_CALL_ID,
	OPTION_FILTER,
	OPTION_WORKERS,
	OPTION_STORE,
	OPTION_SITE,
	OPTION_PROBE,
	OPTION_NO_PROGRESS,
	OPTION_QUIET,
	OPTION_MAX_CALLS,
	OPTION_MAX_STREAMS,
	OPTION_FAIL_ON,
	OPTION_PLC,
	OPTION_UPLINK,
	OPTION_CONFIG,
	OPTION_EXTRACT,
	OPTION_SOURCE,
	OPTION_DURATION,
	OPTION_MAX_MEMORY,
	OPTION_PIN,
	OPTION_STATUS,
	OPTION_CONTROL,
	OPTION_METRICS,
	OPTION_USER,
	OPTION_FILTER_BPF,
	OPTION_BUFFER,
	OPTION_MIRROR_PORT,
	OPTION_KNOWN_MEDIA,
	OPTION_CUT_MEDIA,
	OPTION_LIST,
	OPTION_SAVE_BAD,
	OPTION_SAVE_LIMIT
};

/* Of the kernel's buffer, in octets. */
enum { BUFFER_MIN = 64 << 10, BUFFER_MAX = 1 << 30 };

/* Of a media payload, in octets: no packet is longer. */
enum { CUT_MAX = 65535 };

#define COMMON_OPTIONS                                                    \
	{"format", required_argument, NULL, OPTION_FORMAT},               \
	    {"output", required_argument, NULL, 'o'},                     \
	    {"vantage", required_argument, NULL, OPTION_VANTAGE},         \
	    {"call-id", required_argument, NULL, OPTION_CALL_ID},         \
	    {"filter", required_argument, NULL, OPTION_FILTER},           \
	    {"workers", required_argument, NULL, OPTION_WORKERS},         \
	    {"store", required_argument, NULL, OPTION_STORE},             \
	    {"site", required_argument, NULL, OPTION_SITE},               \
	    {"probe", required_argument, NULL, OPTION_PROBE},             \
	    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},       \
	    {"quiet", no_argument, NULL, OPTION_QUIET},                   \
	    {"max-calls", required_argument, NULL, OPTION_MAX_CALLS},     \
	    {"max-streams", required_argument, NULL, OPTION_MAX_STREAMS}, \
	    {"max-memory", required_argument, NULL, OPTION_MAX_MEMORY},   \
	    {"fail-on", required_argument, NULL, OPTION_FAIL_ON},         \
	    {"plc", required_argument, NULL, OPTION_PLC},                 \
	    {"uplink", required_argument, NULL, OPTION_UPLINK},           \
	    {"config", required_argument, NULL, OPTION_CONFIG},           \
	{                                                                 \
		"help", no_argument, NULL, 'h'                            \
	}

static const struct option analyze_options[] = {
    COMMON_OPTIONS,
    {"extract", required_argument, NULL, OPTION_EXTRACT},
    {0},
};

static const struct option capture_options[] = {
    COMMON_OPTIONS,
    {"source", required_argument, NULL, OPTION_SOURCE},
    {"duration", required_argument, NULL, OPTION_DURATION},
    {"pin", required_argument, NULL, OPTION_PIN},
    {"status", no_argument, NULL, OPTION_STATUS},
    {"control", required_argument, NULL, OPTION_CONTROL},
    {"metrics", required_argument, NULL, OPTION_METRICS},
    {"user", required_argument, NULL, OPTION_USER},
    {"filter-bpf", required_argument, NULL, OPTION_FILTER_BPF},
    {"buffer", required_argument, NULL, OPTION_BUFFER},
    {"mirror-port", no_argument, NULL, OPTION_MIRROR_PORT},
    {"known-media", no_argument, NULL, OPTION_KNOWN_MEDIA},
    {"cut-media", required_argument, NULL, OPTION_CUT_MEDIA},
    {"list", no_argument, NULL, OPTION_LIST},
    {"save-bad", required_argument, NULL, OPTION_SAVE_BAD},
    {"save-limit", required_argument, NULL, OPTION_SAVE_LIMIT},
    {0},
};

/* Where an option stands that is not of the command line: "FILE:LINE:COLUMN: ". */
static char origin[PATH_MAX + 64];

static bool wrong(const char *option, const char *value, const char *expected)
{
	(void)fprintf(stderr, "talkpath: %s%s: \"%s\" %s\n", origin, option, value, expected);
	return false;
}

static bool number_take(const char *option, const char *text, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	if (errno || *text == '\0' || *end != '\0' || *out < min || *out > max) {
		(void)fprintf(stderr, "talkpath: %s%s: \"%s\" is no number from %ld to %ld\n",
		    origin, option, text, min, max);
		return false;
	}
	return true;
}

static bool limit_take(const char *option, const char *text, uint32_t *out)
{
	long value;

	/* Tables are reserved for that many; beyond it their numbers would not fit. */
	if (!number_take(option, text, 1, 1 << 24, &value)) {
		return false;
	}
	*out = (uint32_t)value;
	return true;
}

static bool source_add(struct options *o, const char *vantage, const char *name)
{
	if (o->sources_default && !origin[0]) {
		o->sources_default = false;
		o->source_count = 0;
	}
	if (o->source_count == OPTIONS_SOURCES_MAX) {
		(void)fprintf(stderr,
		    "talkpath: more than %d captures at once are not supported; merge files first: "
		    "mergecap -w OUT IN...\n",
		    OPTIONS_SOURCES_MAX);
		return false;
	}
	o->sources[o->source_count++] = (struct option_source){vantage, name, -1};
	return true;
}

/* NAME=FILE: cuts the argument at its first '='. */
static bool vantage_take(struct options *o, char *value)
{
	char *equals = strchr(value, '=');

	if (!equals || equals == value || equals[1] == '\0') {
		return wrong(
		    "--vantage", value, "is not NAME=FILE, for example lan=phone-side.pcap");
	}
	*equals = '\0';
	return source_add(o, value, equals + 1);
}

static bool store_take(struct options *o, const char *url)
{
	if (o->stores_default && !origin[0]) {
		o->stores_default = false;
		o->store_count = 0;
	}
	if (strcmp(url, "none") == 0) {
		o->store_count = 0;
		return true;
	}
	if (o->store_count == OPTIONS_STORES_MAX) {
		(void)fprintf(stderr, "talkpath: --store: at most %d\n", OPTIONS_STORES_MAX);
		return false;
	}
	o->stores[o->store_count++] = url;
	return true;
}

static bool format_take(struct options *o, const char *value)
{
	static const char *const names[] = {
	    [FORMAT_TEXT] = "text",
	    [FORMAT_JSON] = "json",
	    [FORMAT_NDJSON] = "ndjson",
	    [FORMAT_CSV] = "csv",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			o->format = (enum output_format)i;
			return true;
		}
	}
	return wrong("--format", value, "is none of text, json, ndjson, csv");
}

static bool fail_on_take(struct options *o, const char *value)
{
	if (strcmp(value, "warning") == 0) {
		o->fail_on = FAIL_ON_WARNING;
	} else if (strcmp(value, "critical") == 0) {
		o->fail_on = FAIL_ON_CRITICAL;
	} else {
		return wrong("--fail-on", value, "is neither warning nor critical");
	}
	return true;
}

static bool plc_take(struct options *o, const char *value)
{
	if (strcmp(value, "g711") == 0) {
		o->plc = TP_PLC_G711;
	} else if (strcmp(value, "none") == 0) {
		o->plc = TP_PLC_NONE;
	} else {
		return wrong("--plc", value, "is neither g711 nor none");
	}
	return true;
}

/* "50M", "1.5G", "512k": bits a second. False where it is none; *end is behind it. */
static bool rate_take(const char *text, const char **end, uint64_t *bps)
{
	static const char units[] = "kKmMgG";
	static const double factors[] = {1e3, 1e6, 1e9};
	char *behind;
	double value = strtod(text, &behind);
	const char *unit = *behind ? strchr(units, *behind) : NULL;

	if (behind == text || !(value > 0)) {
		return false;
	}
	if (unit) {
		value *= factors[(unit - units) / 2];
		behind++;
	}
	*end = behind;
	*bps = value >= 1 && value < 1e15 ? (uint64_t)value : 0;
	return *bps > 0;
}

static bool uplink_take(struct options *o, const char *value)
{
	const char *at;

	if (!rate_take(value, &at, &o->uplink_down_bps) || *at != '/' ||
	    !rate_take(at + 1, &at, &o->uplink_up_bps) || *at != '\0') {
		return wrong("--uplink", value, "is not DOWN/UP in bits a second, such as 50M/10M");
	}
	return true;
}

struct tp_live options_live(const struct options *o, size_t source)
{
	return (struct tp_live){
	    .source = o->sources[source].name,
	    .filter = o->bpf,
	    .buffer_octets = o->buffer_octets,
	    .mirror_port = o->mirror_port,
	    .known_media = o->known_media,
	    .media_octets = o->media_octets,
	};
}

/* --vantage of `capture` names the source before it, or one given as NAME=pcap:IF. */
static bool live_vantage_take(struct options *o, char *value)
{
	char *equals = strchr(value, '=');

	if (!equals || equals == value) {
		return wrong("--vantage", value, "is not NAME=SOURCE, for example lan=pcap:eth1");
	}
	*equals = '\0';
	return source_add(o, value, equals + 1);
}

static bool duration_take(struct options *o, const char *text)
{
	char *end;

	o->duration_s = strtod(text, &end);
	return (*end == '\0' && o->duration_s > 0) ||
	       wrong("--duration", text, "is no number of seconds above 0");
}

static bool metrics_take(struct options *o, const char *value)
{
	struct metrics_address address;

	o->metrics = value;
	return metrics_address(value, &address) ||
	       wrong("--metrics", value, "is not [HOST:]PORT, such as 9460 or 10.0.0.1:9460");
}

/* "64M", "1G": octets. */
static bool buffer_take(struct options *o, const char *text)
{
	uint64_t octets;

	if (!size_parse(text, &octets) || octets < BUFFER_MIN || octets > BUFFER_MAX) {
		return wrong("--buffer", text, "is no size from 64K to 1G");
	}
	o->buffer_octets = (uint32_t)octets;
	return true;
}

static bool cut_take(struct options *o, const char *text)
{
	long octets;

	if (!number_take("--cut-media", text, 1, CUT_MAX, &octets)) {
		return false;
	}
	o->media_octets = (uint32_t)octets;
	return true;
}

static bool save_limit_take(struct options *o, const char *text)
{
	if (!size_parse(text, &o->save_limit)) {
		return wrong("--save-limit", text, "is no size, such as 500M or 20G");
	}
	return o->save_limit >= TP_SAVE_LIMIT_MIN ||
	       wrong("--save-limit", text, "is too little; 64M is the least");
}

static bool workers_take(struct options *o, const char *text)
{
	long value;

	if (!number_take("--workers", text, 0, TP_WORKERS_MAX, &value)) {
		return false;
	}
	o->workers = (int)value;
	return true;
}

/* How sources are opened. */
static bool opening_option_take(struct options *o, int option, char *value)
{
	switch (option) {
	case OPTION_FILTER_BPF:
		o->bpf = value;
		return true;
	case OPTION_BUFFER:
		return buffer_take(o, value);
	case OPTION_MIRROR_PORT:
		o->mirror_port = true;
		return true;
	case OPTION_KNOWN_MEDIA:
		o->known_media = true;
		return true;
	case OPTION_CUT_MEDIA:
		return cut_take(o, value);
	default:
		return false; /* getopt has said why */
	}
}

/* Those of `capture` alone. */
static bool live_option_take(struct options *o, int option, char *value)
{
	switch (option) {
	case OPTION_SOURCE:
		return source_add(o, NULL, value);
	case OPTION_DURATION:
		return duration_take(o, value);
	case OPTION_STATUS:
		o->status = true;
		return true;
	case OPTION_CONTROL:
		o->control = value;
		return true;
	case OPTION_METRICS:
		return metrics_take(o, value);
	case OPTION_PIN:
		return cores_parse(value, &o->cores);
	case OPTION_USER:
		o->user = value;
		return true;
	case OPTION_LIST:
		o->list = true;
		return true;
	case OPTION_SAVE_BAD:
		o->save_bad = value;
		return true;
	case OPTION_SAVE_LIMIT:
		return save_limit_take(o, value);
	default:
		return opening_option_take(o, option, value);
	}
}

static bool option_take(struct options *o, int option, char *value)
{
	switch (option) {
	case OPTION_FORMAT:
		return format_take(o, value);
	case 'o':
		o->output = value;
		return true;
	case OPTION_VANTAGE:
		return o->live ? live_vantage_take(o, value) : vantage_take(o, value);
	case OPTION_CALL_ID:
		o->call_id = value;
		return true;
	case OPTION_FILTER:
		o->filter = value;
		return true;
	case OPTION_WORKERS:
		return workers_take(o, value);
	case OPTION_STORE:
		return store_take(o, value);
	case OPTION_SITE:
		o->site = value;
		return true;
	case OPTION_PROBE:
		o->probe = value;
		return true;
	case OPTION_NO_PROGRESS:
		o->no_progress = true;
		return true;
	case OPTION_QUIET:
		o->quiet = true;
		return true;
	case OPTION_MAX_CALLS:
		return limit_take("--max-calls", value, &o->max_calls);
	case OPTION_MAX_STREAMS:
		return limit_take("--max-streams", value, &o->max_streams);
	case OPTION_MAX_MEMORY:
		return size_parse(value, &o->max_memory) ||
		       wrong("--max-memory", value, "is no size such as 512M or 2G");
	case OPTION_FAIL_ON:
		return fail_on_take(o, value);
	case OPTION_PLC:
		return plc_take(o, value);
	case OPTION_UPLINK:
		return uplink_take(o, value);
	case OPTION_CONFIG:
		o->config = value;
		return true;
	case OPTION_EXTRACT:
		o->extract = value;
		return true;
	default:
		return live_option_take(o, option, value);
	}
}

/* A file given with --vantage need not be named again; if it is, that is no second one. */
static bool file_add(struct options *o, const char *name)
{
	for (size_t i = 0; i < o->source_count; i++) {
		if (o->sources[i].vantage && strcmp(o->sources[i].name, name) == 0) {
			return true;
		}
	}
	return source_add(o, NULL, name);
}

/*
 * Packets are extracted by reading the captures again, so there must be something to read again;
 * and what is read must not be what is written.
 */
static bool extract_is_possible(const struct options *o)
{
	struct stat target, source;
	bool exists = stat(o->extract, &target) == 0;

	for (size_t i = 0; i < o->source_count; i++) {
		const char *name = o->sources[i].name;
		bool is_stdin = strcmp(name, "-") == 0;
		bool known = !is_stdin && stat(name, &source) == 0;

		if (is_stdin || (known && !S_ISREG(source.st_mode) && !S_ISDIR(source.st_mode))) {
			return wrong("--extract", name,
			    "can be read only once; save the capture to a file first");
		}
		if (known && exists && source.st_dev == target.st_dev &&
		    source.st_ino == target.st_ino) {
			return wrong("--extract", o->extract, "is a capture to be read");
		}
	}
	return true;
}

/* Now that the number of workers is known, too. */
static bool memory_suffices(const struct options *o)
{
	if (o->max_memory && o->max_memory < tp_memory_least(o->workers)) {
		(void)fprintf(stderr, "talkpath: --max-memory: at least %lluM are needed\n",
		    (unsigned long long)(tp_memory_least(o->workers) >> 20) + 1);
		return false;
	}
	return true;
}

/* What was said of live sources goes together, in whatever order it was said. */
static bool live_is_right(const struct options *o)
{
	char reason[TP_REASON_MAX];

	for (size_t i = 0; i < o->source_count; i++) {
		const struct tp_live live = options_live(o, i);

		if (!tp_live_check(&live, reason)) {
			return wrong("--source", live.source, reason);
		}
	}
	return true;
}

/* --- the configuration file --- */

struct option_text {
	struct option_text *next;
	char text[];
};

/* As long as the options; to be cut, as arguments are. */
static char *text_keep(struct options *o, const char *text)
{
	size_t octets = strlen(text) + 1;
	struct option_text *kept = malloc(sizeof(*kept) + octets);

	if (!kept) {
		return NULL;
	}
	memcpy(kept->text, text, octets);
	kept->next = o->texts;
	o->texts = kept;
	return kept->text;
}

void options_free(struct options *o)
{
	while (o->texts) {
		struct option_text *next = o->texts->next;

		free(o->texts);
		o->texts = next;
	}
}

/* Options of a run that lasts, and not of one that asks for something else. */
static const struct option *option_named(const struct options *o, const char *name)
{
	static const int aside[] = {'h', OPTION_CONFIG, OPTION_STATUS, OPTION_LIST};
	const struct option *option = o->live ? capture_options : analyze_options;

	while (option->name && strcmp(option->name, name) != 0) {
		option++;
	}
	for (size_t i = 0; i < sizeof(aside) / sizeof(aside[0]); i++) {
		if (option->val == aside[i]) {
			return NULL;
		}
	}
	return option->name ? option : NULL;
}

static bool configured_take(
    struct options *o, const struct option *option, const char *name, const char *value)
{
	bool yes = strcmp(value, "true") == 0;
	char *kept;

	if (option->has_arg == no_argument) {
		return !yes ? strcmp(value, "false") == 0 ||
				  wrong(name, value, "is neither true nor false")
			    : option_take(o, option->val, NULL);
	}
	kept = text_keep(o, value);
	return kept ? option_take(o, option->val, kept) : wrong(name, value, "is too long");
}

static bool configured(void *context, const char *name, const char *value, const char *place)
{
	struct options *o = context;
	const struct option *option = option_named(o, name);
	bool taken;

	(void)snprintf(origin, sizeof(origin), "%s: ", place);
	taken = option ? configured_take(o, option, name, value)
		       : wrong("option", name, "is none that a file can set; see --help");
	origin[0] = '\0';
	return taken;
}

/* The file that the command line names last, before anything else of it. */
static bool file_take(struct options *o, int argc, char **argv)
{
	const char *path = NULL;
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(
		    argc, argv, "o:h", o->live ? capture_options : analyze_options, NULL)) != -1) {
		path = option == OPTION_CONFIG ? optarg : path;
	}
	opterr = 1;
	optind = 1;
	if (path && !config_options(path, o->live ? "capture" : "analyze", configured, o, stderr)) {
		return false;
	}
	o->sources_default = o->source_count > 0;
	o->stores_default = o->store_count > 0;
	return true;
}

enum options_outcome options_parse(struct options *o, bool live, int argc, char **argv)
{
	int option;

	*o = (struct options){.live = live, .config_fd = -1, .workers = TP_WORKERS_AUTO};
	if (!file_take(o, argc, argv)) {
		return OPTIONS_WRONG;
	}
	while ((option = getopt_long(
		    argc, argv, "o:h", live ? capture_options : analyze_options, NULL)) != -1) {
		if (option == 'h') {
			return OPTIONS_HELP;
		}
		if (!option_take(o, option, optarg)) {
			return OPTIONS_WRONG;
		}
	}
	for (; optind < argc; optind++) {
		if (live) {
			(void)fprintf(stderr,
			    "talkpath: capture takes no file; give --source pcap:INTERFACE\n");
			return OPTIONS_WRONG;
		}
		if (!file_add(o, argv[optind])) {
			return OPTIONS_WRONG;
		}
	}
	if (o->list || o->status) {
		return OPTIONS_OK;
	}
	if (o->source_count == 0) {
		(void)fprintf(stderr, live ? "talkpath: capture needs --source pcap:INTERFACE\n"
					   : "talkpath: analyze needs at least one capture file\n");
		return OPTIONS_WRONG;
	}
	if (live && !live_is_right(o)) {
		return OPTIONS_WRONG;
	}
	if ((o->extract && !extract_is_possible(o)) || !memory_suffices(o)) {
		return OPTIONS_WRONG;
	}
	if (o->save_limit && !o->save_bad) {
		(void)fprintf(
		    stderr, "talkpath: --save-limit says nothing without --save-bad DIR\n");
		return OPTIONS_WRONG;
	}
	return OPTIONS_OK;
}
