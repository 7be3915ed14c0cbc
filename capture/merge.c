/* SPDX-License-Identifier: Apache-2.0 */
#include "merge.h"

#include <poll.h>
#include <stdlib.h>

void merge_init(struct merge *merge)
{
	*merge = (struct merge){0};
}

bool merge_add(struct merge *merge, struct source *source)
{
	struct merge_input *input;

	if (merge->count == MERGE_SOURCES_MAX) {
		return false;
	}
	input = calloc(1, sizeof(*input));
	if (!input) {
		return false;
	}
	input->source = source;
	merge->inputs[merge->count++] = input;
	return true;
}

static bool input_refill(struct merge_input *input)
{
	if (input->next < input->count) {
		return true;
	}
	if (input->status < 0) {
		return false;
	}
	input->status = source_read(input->source, input->burst);
	input->next = 0;
	input->count = input->status > 0 ? input->status : 0;
	return input->count > 0;
}

static struct merge_input *earliest(const struct merge *merge)
{
	struct merge_input *best = NULL;

	for (unsigned i = 0; i < merge->count; i++) {
		struct merge_input *input = merge->inputs[i];

		if (input->next < input->count && (!best || input->burst[input->next].time_ns <
								best->burst[best->next].time_ns)) {
			best = input;
		}
	}
	return best;
}

/* SOURCE_IDLE while any source may still give packets. */
static int status_of(const struct merge *merge)
{
	for (unsigned i = 0; i < merge->count; i++) {
		if (merge->inputs[i]->status >= 0) {
			return SOURCE_IDLE;
		}
	}
	return SOURCE_END;
}

static int single_read(struct merge_input *input, struct packet out[PACKET_BURST])
{
	if (input->status < 0) {
		return SOURCE_END;
	}
	input->status = source_read(input->source, out);
	return input->status >= 0 ? input->status : SOURCE_END;
}

int merge_read(struct merge *merge, struct packet out[PACKET_BURST])
{
	int count = 0;

	if (merge->count == 1) {
		return single_read(merge->inputs[0], out);
	}
	for (unsigned i = 0; i < merge->count; i++) {
		(void)input_refill(merge->inputs[i]);
	}
	while (count < PACKET_BURST) {
		struct merge_input *input = earliest(merge);

		if (!input) {
			break;
		}
		out[count++] = input->burst[input->next++];
		/* A refill would take back the packets just handed on: that is the next read's. */
		if (input->next == input->count) {
			break;
		}
	}
	return count > 0 ? count : status_of(merge);
}

void merge_wait(const struct merge *merge, int timeout_ms)
{
	struct pollfd fds[MERGE_SOURCES_MAX];
	nfds_t count = 0;

	for (unsigned i = 0; i < merge->count; i++) {
		const struct merge_input *input = merge->inputs[i];

		if (input->status >= 0 && input->source->wait_fd >= 0) {
			fds[count++] =
			    (struct pollfd){.fd = input->source->wait_fd, .events = POLLIN};
		}
	}
	(void)poll(fds, count, timeout_ms);
}

void merge_fini(struct merge *merge)
{
	for (unsigned i = 0; i < merge->count; i++) {
		source_close(merge->inputs[i]->source);
		free(merge->inputs[i]);
	}
	merge->count = 0;
}
