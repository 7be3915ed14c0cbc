/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "session.h"
#include "status.h"
#include "status_socket.h"

/* A second signal that comes sooner is the first one, which reached us by another way, too. */
static const double impatience_s = 0.5;

struct opener {
	const struct options *options;
	int channels[OPTIONS_SOURCES_MAX]; /* -1: nobody is at the other end */
	int config_fd;                     /* memory that both processes see; -1: none */
	int signals;
	pid_t child;
	double ending_s; /* when it was told to end; 0: it was not */
	bool ended;
	enum exit_code code;
};

static void complain(const char *what)
{
	(void)fprintf(stderr, "talkpath: %s: %s\n", what, strerror(errno));
}

static double clock_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- signals --- */

static sigset_t signals_of_interest(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	return set;
}

/* Whoever says it twice does not want to wait for a report. */
static void end_ask(struct opener *opener, int number)
{
	double now_s = clock_s();

	if (opener->ending_s == 0) {
		opener->ending_s = now_s;
		(void)kill(opener->child, number);
	} else if (now_s - opener->ending_s > impatience_s) {
		(void)kill(opener->child, SIGKILL);
	}
}

static void child_reap(struct opener *opener)
{
	int status;

	if (waitpid(opener->child, &status, WNOHANG) != opener->child) {
		return;
	}
	opener->ended = true;
	if (WIFEXITED(status)) {
		opener->code = (enum exit_code)WEXITSTATUS(status);
		return;
	}
	(void)fprintf(stderr,
	    "talkpath: capture: the process that analyses was ended by signal %d (%s)\n",
	    WTERMSIG(status), strsignal(WTERMSIG(status)));
	opener->code = EXIT_NO_CAPTURE;
}

/* The child cannot read the file any more, so it is given what is in it. */
static bool configuration_copy(const char *path, int to)
{
	char octets[4096];
	FILE *from = fopen(path, "rb");
	off_t at = 0;
	size_t got;

	if (!from || ftruncate(to, 0) != 0) {
		complain(path);
		return false;
	}
	/* What is longer than any configuration is told by the child. */
	while (at <= CONFIG_OCTETS_MAX && (got = fread(octets, 1, sizeof(octets), from)) > 0 &&
	       pwrite(to, octets, got, at) == (ssize_t)got) {
		at += (off_t)got;
	}
	(void)fclose(from);
	return true;
}

static void configuration_renew(const struct opener *opener)
{
	if (opener->config_fd >= 0 &&
	    configuration_copy(opener->options->config, opener->config_fd)) {
		(void)kill(opener->child, SIGHUP);
	}
}

static void reopen(const struct opener *opener)
{
	for (size_t i = 0; i < opener->options->source_count; i++) {
		if (opener->channels[i] >= 0) {
			const struct tp_live live = options_live(opener->options, i);

			tp_live_offer(&live, opener->channels[i]);
		}
	}
}

static void signals_take(struct opener *opener)
{
	struct signalfd_siginfo info;

	while (read(opener->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			child_reap(opener);
			break;
		case SIGHUP:
			/* Of the kernel: there is no terminal any more. */
			if (info.ssi_code == SI_KERNEL) {
				end_ask(opener, SIGTERM);
			} else {
				reopen(opener);
				configuration_renew(opener);
			}
			break;
		default:
			end_ask(opener, (int)info.ssi_signo);
		}
	}
}

/* --- the parent --- */

static void question_take(struct opener *opener, size_t i)
{
	const struct tp_live live = options_live(opener->options, i);

	if (!tp_live_answer(&live, opener->channels[i])) {
		(void)close(opener->channels[i]);
		opener->channels[i] = -1;
	}
}

static enum exit_code opener_run(struct opener *opener)
{
	struct pollfd ready[OPTIONS_SOURCES_MAX + 1];
	size_t count = opener->options->source_count;

	while (!opener->ended) {
		ready[0] = (struct pollfd){.fd = opener->signals, .events = POLLIN};
		for (size_t i = 0; i < count; i++) {
			/* poll() passes over those that are negative. */
			ready[i + 1] = (struct pollfd){.fd = opener->channels[i], .events = POLLIN};
		}
		(void)poll(ready, count + 1, -1);
		for (size_t i = 0; i < count; i++) {
			if (ready[i + 1].revents) {
				question_take(opener, i);
			}
		}
		signals_take(opener);
	}
	return opener->code;
}

/* The child may not remove what it made with privileges. */
static void leftovers_sweep(const struct options *options)
{
	char usual[STATUS_PATH_MAX];
	const char *path = status_path(options, usual);

	if (path) {
		status_socket_sweep(path);
	}
}

/* --- both --- */

static bool channels_make(struct opener *opener, struct options *child)
{
	for (size_t i = 0; i < child->source_count; i++) {
		int ends[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
			return false;
		}
		opener->channels[i] = ends[0];
		child->sources[i].channel = ends[1];
	}
	return true;
}

static bool configuration_share(struct opener *opener, struct options *child)
{
	if (child->config) {
		opener->config_fd = child->config_fd = memfd_create("configuration", MFD_CLOEXEC);
	}
	return !child->config || child->config_fd >= 0;
}

static void ends_close(const struct opener *opener, const struct options *child, bool parent)
{
	for (size_t i = 0; i < child->source_count; i++) {
		(void)close(parent ? child->sources[i].channel : opener->channels[i]);
	}
}

enum exit_code live_run(const struct options *options)
{
	struct opener opener = {.options = options, .config_fd = -1};
	struct options child = *options;
	sigset_t set = signals_of_interest(), before;

	if (!channels_make(&opener, &child) || !configuration_share(&opener, &child)) {
		complain("a channel between processes");
		return EXIT_NO_CAPTURE;
	}
	/* Blocked before the child is there: none of its signals is missed. */
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	opener.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	opener.child = opener.signals < 0 ? -1 : fork();
	if (opener.child < 0) {
		complain("a second process");
		return EXIT_NO_CAPTURE;
	}
	ends_close(&opener, &child, opener.child > 0);
	if (opener.child > 0) {
		enum exit_code code = opener_run(&opener);

		leftovers_sweep(options);
		return code;
	}
	(void)close(opener.signals);
	(void)signal(SIGHUP, SIG_IGN);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return session_run(&child);
}
