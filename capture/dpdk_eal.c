/* SPDX-License-Identifier: Apache-2.0 */
#include "dpdk_eal.h"

#include <fcntl.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COMPLAINT_MAX = 160 };

/* The EAL is one for the process, and so is what it was started with. */
static struct {
	bool running;
	char text[LIVE_TEXT_MAX], words_text[LIVE_TEXT_MAX];
	char *words[EAL_WORDS_MAX + 1];
	int count;
} started;

/* --- its arguments --- */

/* Where the ports begin: behind the word "--"; NULL where there is none. */
static char *ports_part(char *text)
{
	for (char *at = strstr(text, "--"); at; at = strstr(at + 1, "--")) {
		bool begins = at == text || at[-1] == ' ';

		if (begins && (at[2] == ' ' || at[2] == '\0')) {
			*at = '\0';
			return at + 2;
		}
	}
	return NULL;
}

static void blanks_cut(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && text[length - 1] == ' ') {
		text[--length] = '\0';
	}
}

static bool word_add(char *word)
{
	if (started.count == EAL_WORDS_MAX) {
		return false;
	}
	started.words[started.count++] = word;
	return true;
}

/*
 * Beside the user's: nothing for other processes, no files left behind, and only complaints are
 * printed. What keeps memory out of files depends on what it is made of.
 */
static bool words_make(const char *arguments, struct source_error *error)
{
	static char name[] = "talkpath", quiet[] = "--log-level=*:error",
		    alone[] = "--no-telemetry", unshared[] = "--no-shconf",
		    in_memory[] = "--in-memory";
	const char *no_files_with[] = {"--no-huge", "--legacy-mem", "--proc-type", "--huge-unlink"};
	bool room = word_add(name) && word_add(quiet) && word_add(alone);
	bool plain = true;

	(void)snprintf(started.words_text, sizeof(started.words_text), "%s", arguments);
	for (size_t i = 0; i < sizeof(no_files_with) / sizeof(no_files_with[0]); i++) {
		plain &= strstr(arguments, no_files_with[i]) == NULL;
	}
	room = room && word_add(plain ? in_memory : unshared);
	for (char *rest = started.words_text, *word; room && (word = strsep(&rest, " ")) != NULL;) {
		if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
			source_fail(
			    error, "DPDK's arguments are told at doc.dpdk.org, \"EAL parameters\"");
			return false;
		}
		room = *word == '\0' || word_add(word);
	}
	if (!room) {
		source_fail(error, "more than %d arguments for DPDK", EAL_WORDS_MAX);
	}
	return room;
}

/* --- what it prints --- */

struct hush {
	int out, err, said; /* descriptors: the process's own, and of what was said */
};

/* Its usage goes to standard output, where the report belongs: nobody shall see it. */
static void hush_begin(struct hush *hush)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)fflush(stdout);
	(void)fflush(stderr);
	hush->said = memfd_create("dpdk", MFD_CLOEXEC);
	hush->out = dup(STDOUT_FILENO);
	hush->err = dup(STDERR_FILENO);
	(void)dup2(nowhere, STDOUT_FILENO);
	(void)dup2(hush->said, STDERR_FILENO);
	(void)close(nowhere);
}

/* The first complaint is the one that tells most. */
static void hush_end(struct hush *hush, char complaint[COMPLAINT_MAX])
{
	static const char *const prefixes[] = {"EAL: ", "FATAL: ", "talkpath: "};
	char *text = complaint;
	ssize_t length;

	(void)fflush(stdout);
	(void)fflush(stderr);
	(void)dup2(hush->out, STDOUT_FILENO);
	(void)dup2(hush->err, STDERR_FILENO);
	(void)close(hush->out);
	(void)close(hush->err);
	length = pread(hush->said, complaint, COMPLAINT_MAX - 1, 0);
	complaint[length > 0 ? length : 0] = '\0';
	complaint[strcspn(complaint, "\n")] = '\0';
	(void)close(hush->said);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t prefix = strlen(prefixes[i]);

		text += strncmp(text, prefixes[i], prefix) == 0 ? prefix : 0;
	}
	memmove(complaint, text, strlen(text) + 1);
}

static void refuse(const char *complaint, struct source_error *error)
{
	const char *advice = "see doc.dpdk.org, \"EAL parameters\"";

	if (strcasestr(complaint, "hugepage")) {
		advice = "give it huge pages, as root: sysctl vm.nr_hugepages=512; or do without: "
			 "--no-huge -m 512";
	} else if (geteuid() != 0) {
		advice = "DPDK mostly needs root; start talkpath so, it gives privileges up itself";
	}
	source_fail(error, "DPDK did not start: %s; %s",
	    *complaint ? complaint : rte_strerror(rte_errno), advice);
}

/* --- starting --- */

/*
 * It binds the thread that starts it to one core, and threads made by that one inherit this: the
 * workers, the desk, the stores would all be there.
 */
static bool eal_init(
    const char *arguments, char complaint[COMPLAINT_MAX], struct source_error *error)
{
	cpu_set_t cores;
	bool known = sched_getaffinity(0, sizeof(cores), &cores) == 0;
	struct hush hush;
	int taken;

	started.count = 0;
	if (!words_make(arguments, error)) {
		return false;
	}
	hush_begin(&hush);
	taken = rte_eal_init(started.count, started.words);
	hush_end(&hush, complaint);
	if (known) {
		(void)sched_setaffinity(0, sizeof(cores), &cores);
	}
	if (taken < 0) {
		refuse(complaint, error);
		return false;
	}
	(void)snprintf(started.text, sizeof(started.text), "%s", arguments);
	started.running = true;
	return true;
}

/* --- ports --- */

static bool port_find(const char *word, uint16_t *port)
{
	unsigned number = 0;

	if (rte_eth_dev_get_port_by_name(word, port) == 0) {
		return true;
	}
	for (; *word >= '0' && *word <= '9' && number < RTE_MAX_ETHPORTS; word++) {
		number = number * 10 + (unsigned)(*word - '0');
	}
	*port = (uint16_t)number;
	return *word == '\0' && rte_eth_dev_is_valid_port(*port);
}

static unsigned ports_named(
    char *names, uint16_t ports[RTE_MAX_ETHPORTS], struct source_error *error)
{
	unsigned count = 0;

	for (char *word; (word = strsep(&names, " ,")) != NULL;) {
		if (*word == '\0') {
			continue;
		}
		if (count == RTE_MAX_ETHPORTS || !port_find(word, &ports[count])) {
			source_fail(error, "DPDK has no port \"%s\"; it has %u, counted from 0",
			    word, rte_eth_dev_count_avail());
			return 0;
		}
		count++;
	}
	return count;
}

unsigned dpdk_eal_ports(uint16_t ports[RTE_MAX_ETHPORTS])
{
	uint64_t port = rte_eth_find_next_owned_by(0, RTE_ETH_DEV_NO_OWNER);
	unsigned count = 0;

	while (port < RTE_MAX_ETHPORTS) {
		ports[count++] = (uint16_t)port;
		port = rte_eth_find_next_owned_by((uint16_t)(port + 1), RTE_ETH_DEV_NO_OWNER);
	}
	return count;
}

static unsigned ports_all(
    uint16_t ports[RTE_MAX_ETHPORTS], const char *complaint, struct source_error *error)
{
	unsigned count = dpdk_eal_ports(ports);

	if (count == 0) {
		source_fail(error,
		    "DPDK has no port%s%s; bind an adapter to vfio-pci (dpdk-devbind.py), or give "
		    "--vdev",
		    *complaint ? ": " : "", complaint);
	}
	return count;
}

unsigned dpdk_eal_start(
    const char *text, uint16_t ports[RTE_MAX_ETHPORTS], struct source_error *error)
{
	char arguments[LIVE_TEXT_MAX], complaint[COMPLAINT_MAX] = "";
	unsigned count = 0;
	char *names;

	(void)snprintf(arguments, sizeof(arguments), "%s", text);
	names = ports_part(arguments);
	blanks_cut(arguments);
	if (!started.running) {
		if (!eal_init(arguments, complaint, error)) {
			return 0;
		}
	} else if (*arguments && strcmp(arguments, started.text) != 0) {
		source_fail(error,
		    "DPDK starts once: give all its arguments to the first dpdk: source, "
		    "and \"dpdk:-- PORT\" to the others");
		return 0;
	}
	*error = (struct source_error){0};
	count = names ? ports_named(names, ports, error) : 0;
	return count == 0 && !error->reason[0] ? ports_all(ports, complaint, error) : count;
}
