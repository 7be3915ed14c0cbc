/* SPDX-License-Identifier: Apache-2.0 */
#include "merge.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* Packets read ahead, copied: their source has been read on since. */
struct merge_ahead {
	unsigned next, count;
	size_t used;
	struct packet packets[MERGE_AHEAD_PACKETS];
	uint8_t octets[MERGE_AHEAD_OCTETS];
};

/* Where the last packets begin at the earliest, before the end of a file. */
static const uint64_t tail_from_octets = (uint64_t)(MERGE_TAIL_PACKETS + 1) * (PACKET_MAX + 4096);

/* The last packets, as a ring. */
struct merge_tail {
	unsigned next, count;
	struct packet packets[MERGE_TAIL_PACKETS];
	uint8_t octets[MERGE_TAIL_PACKETS][MERGE_TAIL_OCTETS];
};

void merge_init(struct merge *merge)
{
	*merge = (struct merge){.until_ns = INT64_MAX};
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

/* --- one source --- */

/* What comes next, or NULL: nothing that was read. */
static const struct packet *head_of(const struct merge_input *input)
{
	const struct merge_ahead *ahead = input->ahead;

	if (ahead && ahead->next < ahead->count) {
		return &ahead->packets[ahead->next];
	}
	return input->next < input->count ? &input->burst[input->next] : NULL;
}

static void head_take(struct merge_input *input)
{
	struct merge_ahead *ahead = input->ahead;

	if (ahead && ahead->next < ahead->count) {
		ahead->next++;
	} else {
		input->next++;
	}
}

static void tail_add(struct merge_tail *tail, const struct packet *packet)
{
	struct packet *copy = &tail->packets[tail->next];

	*copy = *packet;
	copy->data = tail->octets[tail->next];
	if (copy->captured > MERGE_TAIL_OCTETS) {
		copy->captured = MERGE_TAIL_OCTETS;
	}
	memcpy(tail->octets[tail->next], packet->data, copy->captured);
	tail->next = (tail->next + 1) % MERGE_TAIL_PACKETS;
	tail->count += tail->count < MERGE_TAIL_PACKETS;
}

/* The last packets may be among those at hand: to copy all on the way would cost much more. */
static bool tail_is_due(const struct merge_input *input)
{
	const struct source *source = input->source;

	return input->tail &&
	       (source->size == 0 || source->position + tail_from_octets >= source->size);
}

/* The burst's packets are handed on, or copied: read the next ones. */
static bool burst_read(struct merge_input *input)
{
	if (input->status < 0) {
		return false;
	}
	if (tail_is_due(input)) {
		for (int i = 0; i < input->count; i++) {
			tail_add(input->tail, &input->burst[i]);
		}
	}
	input->status = source_read(input->source, input->burst);
	input->next = 0;
	input->count = input->status > 0 ? input->status : 0;
	return input->count > 0;
}

/* Takes back what was handed on. */
static bool input_refill(struct merge_input *input)
{
	if (head_of(input)) {
		return true;
	}
	free(input->ahead);
	input->ahead = NULL;
	return burst_read(input);
}

/* --- looking ahead and back --- */

static bool ahead_add(struct merge_ahead *ahead, const struct packet *packet)
{
	uint8_t *octets = ahead->octets + ahead->used;

	if (ahead->count == MERGE_AHEAD_PACKETS ||
	    packet->captured > MERGE_AHEAD_OCTETS - ahead->used) {
		return false;
	}
	memcpy(octets, packet->data, packet->captured);
	ahead->packets[ahead->count] = *packet;
	ahead->packets[ahead->count++].data = octets;
	ahead->used += packet->captured;
	return true;
}

/* From now on all that is to come stands in it, as far as there is room. */
static bool ahead_make(struct merge_input *input)
{
	struct merge_ahead *ahead = malloc(sizeof(*ahead)), *before = input->ahead;

	if (!ahead) {
		return false;
	}
	ahead->next = ahead->count = 0;
	ahead->used = 0;
	for (unsigned i = before ? before->next : 0; before && i < before->count; i++) {
		(void)ahead_add(ahead, &before->packets[i]);
	}
	free(before);
	input->ahead = ahead;
	return true;
}

const struct packet *merge_look_ahead(struct merge *merge, unsigned number, unsigned *count)
{
	struct merge_input *input = merge->inputs[number];
	struct merge_ahead *ahead;

	*count = 0;
	if (!ahead_make(input)) {
		return NULL;
	}
	ahead = input->ahead;
	do {
		while (input->next < input->count && ahead_add(ahead, &input->burst[input->next])) {
			input->next++;
		}
	} while (input->next == input->count && burst_read(input));
	*count = ahead->count;
	return ahead->count > 0 ? ahead->packets : NULL;
}

const struct packet *merge_look_back(const struct merge *merge, unsigned number, unsigned *count)
{
	const struct merge_tail *tail = merge->inputs[number]->tail;

	*count = tail ? tail->count : 0;
	return *count > 0 ? tail->packets : NULL;
}

bool merge_goes_on(const struct merge *merge, unsigned number)
{
	return head_of(merge->inputs[number]) || merge->inputs[number]->status >= 0;
}

bool merge_is_read(const struct merge *merge, unsigned number)
{
	return merge->inputs[number]->status < 0;
}

void merge_watch(struct merge *merge, merge_begins *begins, void *context)
{
	merge->begins = begins;
	merge->begins_context = context;
	for (unsigned i = 0; i < merge->count; i++) {
		merge->inputs[i]->tail = calloc(1, sizeof(*merge->inputs[i]->tail));
	}
}

/* --- all of them --- */

/* Whose packets are next, and up to when: then those of another one are. */
struct turn {
	struct merge_input *input; /* NULL: nothing was read of any */
	int64_t until_ns;          /* greatest time that is still its turn */
};

static struct turn turn_find(const struct merge *merge)
{
	struct turn turn = {NULL, INT64_MAX};
	int64_t first_ns = 0;

	for (unsigned i = 0; i < merge->count; i++) {
		const struct packet *head = head_of(merge->inputs[i]);

		if (!head) {
			continue;
		}
		if (!turn.input) {
			turn.input = merge->inputs[i];
			first_ns = head->time_ns;
		} else if (head->time_ns < first_ns) {
			/* With equal times the former one, opened earlier, goes first. */
			turn = (struct turn){merge->inputs[i], first_ns - 1};
			first_ns = head->time_ns;
		} else if (head->time_ns < turn.until_ns) {
			turn.until_ns = head->time_ns;
		}
	}
	return turn;
}

/* The next source to begin, or `count`. */
static unsigned beginner(const struct merge *merge)
{
	unsigned found = merge->count;
	int64_t found_ns = 0;

	for (unsigned i = 0; i < merge->count; i++) {
		const struct packet *head = head_of(merge->inputs[i]);

		if (head && !merge->inputs[i]->begun &&
		    (found == merge->count || head->time_ns < found_ns)) {
			found = i;
			found_ns = head->time_ns;
		}
	}
	return found;
}

bool merge_first_ns(const struct merge *merge, int64_t *time_ns)
{
	const struct merge_input *first = turn_find(merge).input;

	*time_ns = first ? head_of(first)->time_ns : 0;
	return first != NULL;
}

void merge_lend(const struct merge *merge, unsigned number, struct merge *borrower)
{
	struct merge_input *input = merge->inputs[number];
	unsigned at = borrower->count++;

	/* What was opened first stays first. */
	for (; at > 0 && borrower->inputs[at - 1]->source->capture > input->source->capture; at--) {
		borrower->inputs[at] = borrower->inputs[at - 1];
	}
	borrower->inputs[at] = input;
}

/* Tells of those that are due. When the next one is. */
static int64_t beginners_tell(struct merge *merge)
{
	int64_t now_ns, due_ns;
	unsigned number;

	(void)merge_first_ns(merge, &now_ns);

	while (merge->begins && (number = beginner(merge)) < merge->count) {
		due_ns = head_of(merge->inputs[number])->time_ns - MERGE_BEGIN_NS;
		if (due_ns > now_ns) {
			return due_ns;
		}
		merge->inputs[number]->begun = true;
		merge->begins(merge->begins_context, merge, number);
	}
	return INT64_MAX;
}

static void inputs_refill(struct merge *merge)
{
	for (unsigned i = 0; i < merge->count; i++) {
		(void)input_refill(merge->inputs[i]);
	}
}

int64_t merge_begin(struct merge *merge)
{
	inputs_refill(merge);
	return beginners_tell(merge);
}

/* SOURCE_IDLE while any source may still give packets; held: there are some. */
static int status_of(const struct merge *merge, bool held)
{
	if (held) {
		return MERGE_HELD;
	}
	for (unsigned i = 0; i < merge->count; i++) {
		if (merge->inputs[i]->status >= 0) {
			return SOURCE_IDLE;
		}
	}
	return SOURCE_END;
}

static bool is_single(const struct merge *merge)
{
	return merge->count == 1 && merge->until_ns == INT64_MAX && !head_of(merge->inputs[0]);
}

struct source *merge_sole(const struct merge *merge)
{
	return is_single(merge) && merge->inputs[0]->status >= 0 ? merge->inputs[0]->source : NULL;
}

static int single_read(struct merge_input *input, struct packet out[PACKET_BURST])
{
	if (input->status < 0) {
		return SOURCE_END;
	}
	free(input->ahead);
	input->ahead = NULL;
	input->status = source_read(input->source, out);
	return input->status >= 0 ? input->status : SOURCE_END;
}

/* As many as it is its turn for. How many packets are in `out` then. */
static int turn_take(const struct turn *turn, struct packet out[PACKET_BURST], int count)
{
	const struct packet *head = head_of(turn->input);

	do {
		out[count++] = *head;
		head_take(turn->input);
		head = head_of(turn->input);
	} while (count < PACKET_BURST && head && head->time_ns <= turn->until_ns);
	return count;
}

int merge_read(struct merge *merge, struct packet out[PACKET_BURST])
{
	int64_t due_ns;
	int count = 0;
	bool held = false;

	if (is_single(merge)) {
		return single_read(merge->inputs[0], out);
	}
	inputs_refill(merge);
	due_ns = merge->begins ? beginners_tell(merge) : merge->until_ns;
	while (count < PACKET_BURST) {
		struct turn turn = turn_find(merge);

		/* Looking ahead takes back the packets just handed on: that is the next read's. */
		held = turn.input && head_of(turn.input)->time_ns >= due_ns;
		if (!turn.input || held) {
			break;
		}
		turn.until_ns = turn.until_ns < due_ns ? turn.until_ns : due_ns - 1;
		count = turn_take(&turn, out, count);
		/* And so does a refill. */
		if (!head_of(turn.input)) {
			break;
		}
	}
	return count > 0 ? count : status_of(merge, held);
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
		free(merge->inputs[i]->ahead);
		free(merge->inputs[i]->tail);
		free(merge->inputs[i]);
	}
	merge->count = 0;
}
