/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talkpath-measure: commands over one capture, in turn, by the processor time they took.
 *
 * The file is locked in memory first (pin.h), or the first run would measure the disk. One round of
 * each command is a warm-up in which its memory is watched, and no times are taken. Of a machine
 * that others use too only ratios within one run are worth quoting, so every command is compared
 * with the first, round by round.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "child.h"
#include "median.h"
#include "pin.h"

enum { COMMANDS_MAX = 8 };

struct command {
	const char *name;
	const char *line;
	double cpu_s[ROUNDS_MAX], wall_s[ROUNDS_MAX];
	double ratio[ROUNDS_MAX]; /* of the first command's processor time to this one's */
	double anonymous_mib;
};

struct measurement {
	const char *title;
	const char *with; /* a second file; NULL: none */
	bool markdown;
	double packets;
	int rounds, count;
	struct command commands[COMMANDS_MAX];
};

static void print_head(const struct measurement *m)
{
	if (m->markdown) {
		(void)printf(
		    "\n**%s**\n\n| | CPU s | wall s | M packets per CPU s | M packets per s | "
		    "ns per packet | against libpcap | anonymous MiB |\n"
		    "|---|---|---|---|---|---|---|---|\n",
		    m->title);
		return;
	}
	(void)printf("\n%s\n%-26s %8s %8s %10s %10s %8s %9s %10s\n", m->title, "", "CPU s",
	    "wall s", "M packets", "M packets", "ns per", "against", "anonymous");
	(void)printf("%-26s %8s %8s %10s %10s %8s %9s %10s\n", "", "", "", "per CPU s", "per s",
	    "packet", "libpcap", "MiB");
}

static void print(const struct measurement *m)
{
	const char *format = m->markdown
				 ? "| %s | %.3f | %.3f | %.2f | %.2f | %.1f | %.2f | %.1f |\n"
				 : "%-26s %8.3f %8.3f %10.2f %10.2f %8.1f %9.2f %10.1f\n";

	print_head(m);
	for (int i = 0; i < m->count; i++) {
		const struct command *c = &m->commands[i];
		double cpu = median_of(c->cpu_s, m->rounds), wall = median_of(c->wall_s, m->rounds);

		(void)printf(format, c->name, cpu, wall, m->packets / cpu / 1e6,
		    m->packets / wall / 1e6, cpu * 1e9 / m->packets, median_of(c->ratio, m->rounds),
		    c->anonymous_mib);
	}
}

/* Round -1 is the warm-up. */
static bool measure(struct measurement *m, int round, int number)
{
	struct command *c = &m->commands[number];
	struct child_cost cost;

	if (!child_run(c->line, round < 0, &cost)) {
		return false;
	}
	if (round < 0) {
		c->anonymous_mib = cost.anonymous_mib;
		return true;
	}
	c->cpu_s[round] = cost.cpu_s;
	c->wall_s[round] = cost.wall_s;
	c->ratio[round] = m->commands[0].cpu_s[round] / cost.cpu_s;
	return true;
}

static int usage(void)
{
	(void)fputs("Usage: talkpath-measure [--markdown] [--with FILE] TITLE FILE PACKETS ROUNDS "
		    "NAME COMMAND [NAME COMMAND]...\n",
	    stderr);
	return 2;
}

/* Where the arguments make no sense: false. */
static bool take(struct measurement *m, int argc, char **argv)
{
	static const struct option options[] = {
	    {"markdown", no_argument, NULL, 'm'}, {"with", required_argument, NULL, 'w'}, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'm') {
			m->markdown = true;
		} else if (option == 'w') {
			m->with = optarg;
		} else {
			return false;
		}
	}
	argv += optind;
	argc -= optind;
	m->count = (argc - 4) / 2;
	if (argc < 6 || argc % 2 != 0 || m->count > COMMANDS_MAX) {
		return false;
	}
	m->title = argv[0];
	m->packets = strtod(argv[2], NULL);
	m->rounds = (int)strtol(argv[3], NULL, 10);
	for (int i = 0; i < m->count; i++) {
		m->commands[i].name = argv[4 + 2 * i];
		m->commands[i].line = argv[5 + 2 * i];
	}
	return m->rounds >= 1 && m->rounds <= ROUNDS_MAX && m->packets > 0;
}

int main(int argc, char **argv)
{
	static struct measurement m;

	if (!take(&m, argc, argv)) {
		return usage();
	}
	if (!pin(argv[optind + 1]) || (m.with && !pin(m.with))) {
		return EXIT_FAILURE;
	}
	for (int round = -1; round < m.rounds; round++) {
		for (int i = 0; i < m.count; i++) {
			if (!measure(&m, round, i)) {
				return EXIT_FAILURE;
			}
		}
	}
	print(&m);
	return EXIT_SUCCESS;
}
