/* SPDX-License-Identifier: Apache-2.0 */
#include "decode.h"

#include <stdlib.h>

struct decode {
	struct feed feed;
	struct window input;
	const struct codec *codec;
	void *decoder; /* NULL behind the last stream */
};

static void decoder_end(struct decode *decode)
{
	if (decode->decoder) {
		decode->codec->end(decode->decoder);
		decode->decoder = NULL;
	}
}

/* False where the input has nothing more, or no more memory is to be had. */
static bool input_ready(struct decode *decode, struct source_error *error)
{
	struct window *input = &decode->input;

	if (bytes_left(&input->view) == 0 && !window_is_last(input)) {
		return window_move(input, error) && bytes_left(&input->view) > 0;
	}
	return bytes_left(&input->view) > 0;
}

/* What follows a stream into view, enough to recognise it; zeros between streams are padding. */
static bool head_ready(struct decode *decode, struct source_error *error)
{
	struct window *input = &decode->input;

	do {
		while (bytes_left(&input->view) > 0 && *input->view.at == 0) {
			input->view.at++;
		}
		if (bytes_left(&input->view) >= 4 || window_is_last(input)) {
			return true;
		}
	} while (window_move(input, error));
	return false;
}

/* Behind the end of a stream: begin the next, where there is one. */
static int stream_next(struct decode *decode, struct source_error *error)
{
	const struct codec *codec;

	decoder_end(decode);
	if (!head_ready(decode, error)) {
		return -1;
	}
	codec = codec_recognise(&decode->input.view);
	if (!codec || codec->step != decode->codec->step) {
		return 0;
	}
	decode->decoder = codec->begin();
	return decode->decoder ? 0 : source_fail(error, "out of memory");
}

/* The decoder wants more, and there is none: why. */
static int input_over(struct decode *decode, struct source_error *error)
{
	const struct window *input = &decode->input;

	decoder_end(decode);
	if (error->reason[0]) {
		return -1;
	}
	if (input->fault.reason[0]) {
		*error = input->fault;
		return -1;
	}
	decode->feed.cut = true;
	return 0;
}

/* One step; 0 to go on, -1 with *error. */
static int decode_step(struct decode *decode, struct room *out, struct source_error *error)
{
	struct window *input = &decode->input;
	bool ready = input_ready(decode, error);
	const uint8_t *in_before = input->view.at, *out_before = out->at;
	uint64_t position = window_position(input);
	const char *why = "no valid data";

	switch (decode->codec->step(decode->decoder, &input->view, out, &why)) {
	case CODEC_DONE:
		return stream_next(decode, error);
	case CODEC_MORE:
		if (input->view.at != in_before || out->at != out_before) {
			return 0;
		}
		if (!ready) {
			return input_over(decode, error);
		}
		break; /* takes nothing, gives nothing: it would do so for ever */
	case CODEC_BAD:
		break;
	}
	decoder_end(decode);
	source_fail_at(
	    error, position, "is damaged: %s: %s; what follows is lost", decode->codec->name, why);
	return -1;
}

static ssize_t decode_pull(
    struct feed *feed, uint8_t *into, size_t room, struct source_error *error)
{
	struct decode *decode = (struct decode *)feed;
	struct room out = {into, into + room};

	if (decode->decoder == NULL && error->reason[0]) {
		return -1;
	}
	while (decode->decoder && out.at < out.end) {
		if (decode_step(decode, &out, error) != 0) {
			break;
		}
	}
	feed->position = window_progress(&decode->input);
	if (out.at == into && error->reason[0]) {
		return -1;
	}
	return out.at - into;
}

static struct feed *decode_again(const struct feed *feed, struct source_error *error)
{
	const struct decode *decode = (const struct decode *)feed;
	struct window input;

	return window_again(&decode->input, &input, error)
		   ? decode_new(&input, decode->codec, error)
		   : NULL;
}

static void decode_close(struct feed *feed)
{
	struct decode *decode = (struct decode *)feed;

	decoder_end(decode);
	window_close(&decode->input);
	free(decode);
}

struct feed *decode_new(
    const struct window *input, const struct codec *codec, struct source_error *error)
{
	static const struct feed_ops ops = {decode_pull, decode_again, decode_close};
	struct decode *decode = calloc(1, sizeof(*decode));

	if (!decode || !(decode->decoder = codec->begin())) {
		struct window unused = *input;

		source_fail(error, "out of memory");
		window_close(&unused);
		free(decode);
		return NULL;
	}
	decode->feed.ops = &ops;
	decode->feed.size = input->feed ? input->feed->size : input->size;
	decode->input = *input;
	decode->codec = codec;
	return &decode->feed;
}
