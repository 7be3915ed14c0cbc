/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "explain.h"
#include "help.h"
#include "interfaces.h"
#include "live.h"
#include "options.h"
#include "session.h"
#include "status.h"
#include "talkpath.h"

static int run_with(const struct options *options)
{
	if (options->list) {
		return (int)interfaces_list(options);
	}
	if (options->status) {
		return (int)status_show(options);
	}
	return (int)(options->live ? live_run(options) : session_run(options));
}

static void help_capture_print(void)
{
	for (const char *const *piece = help_capture; *piece; piece++) {
		(void)fputs(*piece, stdout);
	}
}

static int run(bool live, int argc, char **argv)
{
	struct options options;
	int code = EXIT_USAGE;

	switch (options_parse(&options, live, argc, argv)) {
	case OPTIONS_HELP:
		if (live) {
			help_capture_print();
		} else {
			(void)fputs(help_analyze, stdout);
		}
		code = EXIT_ANALYSED;
		break;
	case OPTIONS_WRONG:
		(void)fprintf(stderr, "talkpath: see talkpath %s --help\n", argv[0]);
		break;
	case OPTIONS_OK:
		code = run_with(&options);
		break;
	}
	options_free(&options);
	return code;
}

static int command_analyze(int argc, char **argv)
{
	return run(false, argc, argv);
}

static int command_capture(int argc, char **argv)
{
	return run(true, argc, argv);
}

static int command_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)printf("talkpath %s\n", tp_version());
	return EXIT_ANALYSED;
}

static int command_explain(int argc, char **argv)
{
	if (argc > 2) {
		(void)fputs("talkpath: explain takes one code, or none to list them\n", stderr);
		return EXIT_USAGE;
	}
	if (argc < 2) {
		explain_list(stdout);
		return EXIT_ANALYSED;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		(void)fputs(help_explain, stdout);
		return EXIT_ANALYSED;
	}
	if (!explain(argv[1], stdout)) {
		(void)fprintf(
		    stderr, "talkpath: \"%s\" is no code of a finding; there are:\n\n", argv[1]);
		explain_list(stderr);
		return EXIT_USAGE;
	}
	return EXIT_ANALYSED;
}

static int command_help(int argc, char **argv)
{
	const char *topic = argc > 1 ? argv[1] : "";

	if (strcmp(topic, "analyze") == 0) {
		(void)fputs(help_analyze, stdout);
	} else if (strcmp(topic, "capture") == 0) {
		help_capture_print();
	} else if (strcmp(topic, "filter") == 0) {
		(void)fputs(help_filter, stdout);
	} else if (strcmp(topic, "thresholds") == 0) {
		config_help_thresholds(stdout);
	} else if (argc < 2) {
		(void)fputs(help_general, stdout);
	} else {
		(void)fprintf(stderr,
		    "talkpath: \"%s\" is no topic of help; there are: analyze, capture, filter, "
		    "thresholds\n",
		    topic);
		return EXIT_USAGE;
	}
	return EXIT_ANALYSED;
}

static const struct {
	const char *name;
	int (*command)(int argc, char **argv);
} commands[] = {
    {"analyze", command_analyze},
    {"capture", command_capture},
    {"explain", command_explain},
    {"version", command_version},
    {"--version", command_version},
    {"help", command_help},
    {"--help", command_help},
    {"-h", command_help},
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		(void)fputs(help_general, stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			return commands[i].command(argc - 1, argv + 1);
		}
	}
	(void)fprintf(stderr, "talkpath: \"%s\" is no command; see talkpath help\n", argv[1]);
	return EXIT_USAGE;
}
