/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include <bzlib.h>
#include <limits.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

static size_t room_left(const struct room *out)
{
	return (size_t)(out->end - out->at);
}

/* Several of the libraries count in unsigned int. */
static unsigned at_most(size_t n)
{
	return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

/* --- gzip --- */

static void *gzip_begin(void)
{
	enum { GZIP_ONLY = 16 };
	z_stream *stream = calloc(1, sizeof(*stream));

	if (stream && inflateInit2(stream, MAX_WBITS + GZIP_ONLY) != Z_OK) {
		free(stream);
		stream = NULL;
	}
	return stream;
}

static enum codec_status gzip_step(
    void *decoder, struct bytes *in, struct room *out, const char **why)
{
	z_stream *stream = decoder;
	int result;

	stream->next_in =
	    (uint8_t *)(uintptr_t)in->at; /* not const in its header, but left alone */
	stream->avail_in = at_most(bytes_left(in));
	stream->next_out = out->at;
	stream->avail_out = at_most(room_left(out));
	result = inflate(stream, Z_NO_FLUSH);
	in->at = stream->next_in;
	out->at = stream->next_out;
	if (result == Z_STREAM_END) {
		return CODEC_DONE;
	}
	if (result == Z_OK || result == Z_BUF_ERROR) {
		return CODEC_MORE;
	}
	*why = stream->msg ? stream->msg : "no valid data";
	return CODEC_BAD;
}

static void gzip_end(void *decoder)
{
	(void)inflateEnd(decoder);
	free(decoder);
}

/* --- bzip2 --- */

static void *bzip2_begin(void)
{
	bz_stream *stream = calloc(1, sizeof(*stream));

	if (stream && BZ2_bzDecompressInit(stream, 0, 0) != BZ_OK) {
		free(stream);
		stream = NULL;
	}
	return stream;
}

static enum codec_status bzip2_step(
    void *decoder, struct bytes *in, struct room *out, const char **why)
{
	bz_stream *stream = decoder;
	int result;

	stream->next_in = (char *)(uintptr_t)in->at;
	stream->avail_in = at_most(bytes_left(in));
	stream->next_out = (char *)out->at;
	stream->avail_out = at_most(room_left(out));
	result = BZ2_bzDecompress(stream);
	in->at = (const uint8_t *)stream->next_in;
	out->at = (uint8_t *)stream->next_out;
	if (result == BZ_STREAM_END) {
		return CODEC_DONE;
	}
	*why = result == BZ_MEM_ERROR ? "out of memory" : "incorrect data check";
	return result == BZ_OK ? CODEC_MORE : CODEC_BAD;
}

static void bzip2_end(void *decoder)
{
	(void)BZ2_bzDecompressEnd(decoder);
	free(decoder);
}

/* --- xz --- */

static void *xz_begin(void)
{
	lzma_stream *stream = calloc(1, sizeof(*stream));

	if (stream && lzma_stream_decoder(stream, CODEC_MEMORY_MAX, 0) != LZMA_OK) {
		free(stream);
		stream = NULL;
	}
	return stream;
}

static enum codec_status xz_step(
    void *decoder, struct bytes *in, struct room *out, const char **why)
{
	lzma_stream *stream = decoder;
	lzma_ret result;

	stream->next_in = in->at;
	stream->avail_in = bytes_left(in);
	stream->next_out = out->at;
	stream->avail_out = room_left(out);
	result = lzma_code(stream, LZMA_RUN);
	in->at = stream->next_in;
	out->at = stream->next_out;
	switch (result) {
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return CODEC_MORE;
	case LZMA_STREAM_END:
		return CODEC_DONE;
	case LZMA_MEMLIMIT_ERROR:
		*why = "needs more than 256 MiB of memory; decompress it first";
		return CODEC_BAD;
	case LZMA_OPTIONS_ERROR:
		*why = "uses options that are not known; decompress it first";
		return CODEC_BAD;
	default:
		*why = "incorrect data check";
		return CODEC_BAD;
	}
}

static void xz_end(void *decoder)
{
	lzma_end(decoder);
	free(decoder);
}

/* --- zstd --- */

static void *zstd_begin(void)
{
	ZSTD_DStream *stream = ZSTD_createDStream();

	/* Its window is the memory it takes: 2^27 is also what the zstd command allows. */
	if (stream && ZSTD_isError(ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27))) {
		(void)ZSTD_freeDStream(stream);
		stream = NULL;
	}
	return stream;
}

static enum codec_status zstd_step(
    void *decoder, struct bytes *in, struct room *out, const char **why)
{
	ZSTD_inBuffer input = {in->at, bytes_left(in), 0};
	ZSTD_outBuffer output = {out->at, room_left(out), 0};
	size_t result = ZSTD_decompressStream(decoder, &output, &input);

	if (ZSTD_isError(result)) {
		*why = ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge
			   ? "needs more than 128 MiB of memory; decompress it first: zstd -d "
			     "--long=31"
			   : ZSTD_getErrorName(result);
		return CODEC_BAD;
	}
	in->at += input.pos;
	out->at += output.pos;
	return result == 0 ? CODEC_DONE : CODEC_MORE;
}

static void zstd_end(void *decoder)
{
	(void)ZSTD_freeDStream(decoder);
}

/* --- lz4 --- */

static void *lz4_begin(void)
{
	LZ4F_dctx *context = NULL;

	return LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) ? NULL
										     : context;
}

static enum codec_status lz4_step(
    void *decoder, struct bytes *in, struct room *out, const char **why)
{
	size_t taken = bytes_left(in), given = room_left(out);
	size_t result = LZ4F_decompress(decoder, out->at, &given, in->at, &taken, NULL);

	if (LZ4F_isError(result)) {
		*why = LZ4F_getErrorName(result);
		return CODEC_BAD;
	}
	in->at += taken;
	out->at += given;
	return result == 0 ? CODEC_DONE : CODEC_MORE;
}

static void lz4_end(void *decoder)
{
	(void)LZ4F_freeDecompressionContext(decoder);
}

/* --- all of them --- */

static const struct codec codecs[] = {
    {"gzip", 3, {0x1f, 0x8b, 0x08}, gzip_begin, gzip_step, gzip_end},
    {"bzip2", 3, {0x42, 0x5a, 0x68}, bzip2_begin, bzip2_step, bzip2_end},
    {"xz", 4, {0xfd, 0x37, 0x7a, 0x58}, xz_begin, xz_step, xz_end},
    {"zstd", 4, {0x28, 0xb5, 0x2f, 0xfd}, zstd_begin, zstd_step, zstd_end},
    /* a skippable frame, which pzstd begins with */
    {"zstd", 4, {0x50, 0x2a, 0x4d, 0x18}, zstd_begin, zstd_step, zstd_end},
    {"lz4", 4, {0x04, 0x22, 0x4d, 0x18}, lz4_begin, lz4_step, lz4_end},
};

const struct codec *codec_recognise(const struct bytes *head)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		if (bytes_left(head) >= codecs[i].magic_length &&
		    memcmp(head->at, codecs[i].magic, codecs[i].magic_length) == 0) {
			return &codecs[i];
		}
	}
	return NULL;
}
