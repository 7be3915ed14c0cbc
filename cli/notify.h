/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What systemd wants to hear of a service: sd_notify(3), in the few lines that it takes.
 *
 * Threading: one thread. Without systemd nothing happens.
 */
#ifndef TALKPATH_NOTIFY_H
#define TALKPATH_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;               /* -1: nobody wants to hear */
	uint64_t watchdog_us; /* a sign of life is due within; 0: not */
};

/* By the environment that systemd gives, of the process that it started or of one of its children.
 */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/* Lines as of sd_notify(3): "READY=1\nSTATUS=..." */
void notify_send(const struct notify *notify, const char *lines);

#endif
