/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a compressed input decodes to, as a feed: .gz .bz2 .xz .zst .lz4.
 *
 * Compressed streams one behind the other (as parallel compressors and `cat` write them) are
 * one; anything else behind the first is left out, as the decompressors' own programs do.
 * Nothing is held but a window over the input and the decoder, however much comes out.
 *
 * The end: `cut` where the input ended early; an error where it is damaged. What was decoded
 * before that is given out first.
 */
#ifndef TALKPATH_DECODE_H
#define TALKPATH_DECODE_H

#include "codec.h"
#include "window.h"

/* Takes over the window, and closes it where that fails: NULL with *error. */
struct feed *decode_new(
    const struct window *input, const struct codec *codec, struct source_error *error);

#endif
