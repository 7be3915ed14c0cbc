/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talkpath-measure: commands over one capture, in turn, by the processor time they took.
 *
 * The file is locked in memory first, or the first run would measure the disk. One round of
 * each command is a warm-up and not counted. Of a machine that others use too only ratios
 * within one run are worth quoting, so every command is compared with the first, round by
 * round.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COMMANDS_MAX = 8, ROUNDS_MAX = 64 };

struct command {
	const char *name;
	const char *line;
	double cpu_s[ROUNDS_MAX];
	double ratio[ROUNDS_MAX]; /* of the first command's time to this one's */
	long peak_kib;
};

static bool pin(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *memory;

	if (fd < 0 || fstat(fd, &status) != 0) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (memory == MAP_FAILED || mlock(memory, (size_t)status.st_size) != 0) {
		(void)fprintf(stderr,
		    "note: %s is not locked in memory (%s); the disk may be measured\n", path,
		    strerror(errno));
	}
	return true;
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* Processor seconds of one run, or a negative number where it failed. */
static double run(struct command *command)
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", command->line, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
		(void)fprintf(stderr, "%s failed: %s\n", command->name, command->line);
		return -1;
	}
	if (usage.ru_maxrss > command->peak_kib) {
		command->peak_kib = usage.ru_maxrss;
	}
	return seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const double *values, int count)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, values, sizeof(*values) * (size_t)count);
	qsort(sorted, (size_t)count, sizeof(*sorted), compare);
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static void print(const struct command *commands, int count, int rounds, double packets)
{
	(void)printf("%-34s %10s %10s %8s %10s %9s\n", "", "CPU s", "M packets", "ns per",
	    "ratio to", "peak");
	(void)printf("%-34s %10s %10s %8s %10s %9s\n", "", "(median)", "per CPU s", "packet",
	    "the first", "MiB");
	for (int i = 0; i < count; i++) {
		double cpu = median(commands[i].cpu_s, rounds);

		(void)printf("%-34s %10.3f %10.1f %8.1f %10.2f %9.1f\n", commands[i].name, cpu,
		    packets / cpu / 1e6, cpu * 1e9 / packets, median(commands[i].ratio, rounds),
		    (double)commands[i].peak_kib / 1024);
	}
}

static int usage(void)
{
	(void)fputs(
	    "Usage: talkpath-measure FILE PACKETS ROUNDS NAME COMMAND [NAME COMMAND]...\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	int count = (argc - 4) / 2, rounds;
	double packets;

	if (argc < 6 || argc % 2 != 0 || count > COMMANDS_MAX) {
		return usage();
	}
	packets = strtod(argv[2], NULL);
	rounds = (int)strtol(argv[3], NULL, 10);
	if (rounds < 1 || rounds > ROUNDS_MAX || packets <= 0 || !pin(argv[1])) {
		return usage();
	}
	for (int i = 0; i < count; i++) {
		commands[i] = (struct command){.name = argv[4 + 2 * i], .line = argv[5 + 2 * i]};
	}
	for (int round = -1; round < rounds; round++) {
		for (int i = 0; i < count; i++) {
			double cpu = run(&commands[i]);

			if (cpu < 0) {
				return EXIT_FAILURE;
			}
			if (round >= 0) {
				commands[i].cpu_s[round] = cpu;
				commands[i].ratio[round] = commands[0].cpu_s[round] / cpu;
			}
		}
	}
	print(commands, count, rounds, packets);
	return EXIT_SUCCESS;
}
