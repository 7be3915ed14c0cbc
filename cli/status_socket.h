/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status socket: whoever connects to it and says what it wants is told how the capture goes.
 *
 * A request is one line, "json" or "text COLUMNS [colour]"; the answer is a JSON object, or the
 * table that `talkpath capture --status` shows, and then the end of the connection. It may be
 * asked by hand: echo json | socat - UNIX:/run/talkpath.sock
 *
 * Ownership: descriptors are the caller's. Threading: any; the answering side is one thread's.
 * Limits:    one request at a time, and STATUS_PATIENCE_MS for it to come; an answer that the
 *            socket has no room for is cut. Only the capture's user may connect.
 */
#ifndef TALKPATH_STATUS_SOCKET_H
#define TALKPATH_STATUS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "service.h"

enum { STATUS_PATIENCE_MS = 100, STATUS_ERROR_MAX = 256 };

/* A descriptor that listens; -1 with *error. What a capture that is gone left there is removed. */
int status_socket_open(const char *path, char error[STATUS_ERROR_MAX]);

/* Where nobody answers any more, it is removed: by who is left, when a capture has ended. */
void status_socket_sweep(const char *path);

/* Somebody has connected: take the request and answer it. */
void status_socket_answer(int listener, const struct service_figures *figures);

/* The answer, for free(), its length in *length; NULL with *error. */
char *status_socket_ask(
    const char *path, const char *request, size_t *length, char error[STATUS_ERROR_MAX]);

#endif
