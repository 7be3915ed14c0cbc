/* SPDX-License-Identifier: Apache-2.0 */
#include "json_put.h"

#include <stdlib.h>
#include <time.h>

#include "utf8_sequence.h"

/* --- the buffer --- */

bool json_new(struct json *json)
{
	char *buffer = malloc(JSON_BUFFER_MIN);

	*json = (struct json){
	    .begin = buffer, .at = buffer, .end = buffer ? buffer + JSON_BUFFER_MIN : NULL};
	return buffer != NULL;
}

char *json_take(struct json *json)
{
	if (json->failed) {
		free(json->begin);
		return NULL;
	}
	json->at -= json->at > json->begin && json->at[-1] == ',';
	*json->at = '\0';
	return json->begin;
}

void json_to_file(struct json *json, FILE *file, char *buffer, size_t octets)
{
	*json = (struct json){.file = file};
	json->begin = json->at = buffer;
	json->end = buffer + octets;
}

void json_flush(struct json *json)
{
	(void)fwrite(json->begin, 1, (size_t)(json->at - json->begin), json->file);
	json->at = json->begin;
}

static void grow(struct json *json)
{
	size_t used = (size_t)(json->at - json->begin);
	size_t room = 2 * (size_t)(json->end - json->begin);
	char *buffer = realloc(json->begin, room);

	if (buffer) {
		json->begin = buffer;
		json->at = buffer + used;
		json->end = buffer + room;
	} else {
		json->failed = true;
		json->at = json->begin + 1;
	}
}

void json_make_room(struct json *json)
{
	char last = json->at[-1];

	if (!json->file) {
		grow(json);
		return;
	}
	/* The last octet stays: it may be a comma that a bracket overwrites. */
	json->at--;
	json_flush(json);
	*json->at++ = last;
}

/* --- values --- */

static char *put_two(char *at, char first, char second)
{
	at[0] = first;
	at[1] = second;
	return at + 2;
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

static char *put_pair(char *at, unsigned number)
{
	memcpy(at, pairs + 2 * (size_t)number, 2);
	return at + 2;
}

/* Six digits, leading noughts too. */
static char *put_six(char *at, unsigned number)
{
	at = put_pair(at, number / 10000);
	at = put_pair(at, number / 100 % 100);
	return put_pair(at, number % 100);
}

static char *put_number(char *at, uint64_t number)
{
	char digits[20], *first = digits + sizeof(digits);
	size_t length;

	while (number >= 100) {
		first -= 2;
		(void)put_pair(first, (unsigned)(number % 100));
		number /= 100;
	}
	if (number >= 10) {
		at = put_pair(at, (unsigned)number);
	} else {
		*at++ = (char)('0' + number);
	}
	length = (size_t)(digits + sizeof(digits) - first);
	for (size_t i = 0; i < length; i += 2) {
		memcpy(at + i, first + i, 2);
	}
	return at + length;
}

void json_value_integer(struct json *json, int64_t integer)
{
	char *at = json_room(json);

	if (integer >= 0 && integer < 10) { /* most are */
		at[0] = (char)('0' + integer);
		at[1] = ',';
		json->at = at + 2;
		return;
	}
	if (integer < 0) {
		*at++ = '-';
	}
	at = put_number(at, integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer);
	*at = ',';
	json->at = at + 1;
}

/* The greatest and the least of what twelve digits show without an exponent, in millionths. */
static const uint64_t plain_least = 100;
static const double plain_most = 999999999999;

/* As "%.12g" writes it, but always as a real number: with a point, or an exponent without noughts.
 */
static char *put_formatted(char *at, double value)
{
	char *end = at + snprintf(at, JSON_PIECE_MAX / 2, "%.12g", value);
	char *exponent = memchr(at, 'e', (size_t)(end - at)), *noughts;

	if (!exponent) {
		if (!memchr(at, '.', (size_t)(end - at))) {
			end = put_two(end, '.', '0');
		}
		return end;
	}
	exponent += exponent[1] == '-' ? 2 : 1;
	for (noughts = exponent; *noughts == '+' || *noughts == '0'; noughts++) {}
	memmove(exponent, noughts, (size_t)(end - noughts));
	return end - (noughts - exponent);
}

/* Millionths as a whole number, without the noughts at its end. */
static char *put_plain(char *at, uint64_t millionths)
{
	unsigned fraction = (unsigned)(millionths % 1000000);

	at = put_number(at, millionths / 1000000);
	*at++ = '.';
	if (fraction % 1000 == 0) { /* mostly few decimals, or none */
		fraction /= 1000;
		*at++ = (char)('0' + fraction / 100);
		at = put_pair(at, fraction % 100);
	} else {
		at = put_six(at, fraction);
	}
	while (at[-1] == '0' && at[-2] != '.') {
		at--;
	}
	return at;
}

void json_value_real(struct json *json, double value)
{
	double scaled = fabs(value) * 1e6;
	char *at = json_room(json);

	if (scaled <= 0 && !signbit(value)) {
		json_raw(json, "0.0,");
		return;
	}
	if (scaled <= plain_most) {
		uint64_t millionths = (uint64_t)scaled;

		/* As round() does: the difference is exact. */
		millionths += scaled - (double)millionths >= 0.5;
		if (millionths >= plain_least || (millionths == 0 && !signbit(value))) {
			if (signbit(value)) {
				*at++ = '-';
			}
			at = put_plain(at, millionths);
			*at = ',';
			json->at = at + 1;
			return;
		}
	}
	at = put_formatted(at, round(value * 1e6) / 1e6);
	*at = ',';
	json->at = at + 1;
}

/* --- times --- */

static const int64_t second_ns = 1000000000;

static char *put_time(char *at, int64_t time_ns)
{
	time_t seconds = time_ns / second_ns;
	int rest = (int)(time_ns - seconds * second_ns);
	unsigned nanoseconds, year;
	struct tm date = {0};

	if (rest < 0) { /* rounding down, without leaving the range */
		rest += (int)second_ns;
		seconds--;
	}
	nanoseconds = (unsigned)rest;
	(void)gmtime_r(&seconds, &date); /* of 64 bits of nanoseconds each has a date */
	year = (unsigned)date.tm_year + 1900;
	at = put_pair(put_pair(at, year / 100), year % 100);
	*at++ = '-';
	at = put_pair(at, (unsigned)date.tm_mon + 1);
	*at++ = '-';
	at = put_pair(at, (unsigned)date.tm_mday);
	*at++ = 'T';
	at = put_pair(at, (unsigned)date.tm_hour);
	*at++ = ':';
	at = put_pair(at, (unsigned)date.tm_min);
	*at++ = ':';
	at = put_pair(at, (unsigned)date.tm_sec);
	*at++ = '.';
	*at++ = (char)('0' + nanoseconds / 100000000);
	at = put_pair(at, nanoseconds / 1000000 % 100);
	at = put_six(at, nanoseconds % 1000000);
	*at++ = 'Z';
	return at;
}

const char *json_time_text(int64_t time_ns, char out[JSON_TIME_MAX])
{
	*(time_ns != TP_NO_TIME ? put_time(out, time_ns) : out) = '\0';
	return out;
}

void json_value_time(struct json *json, int64_t time_ns)
{
	char *at = json_room(json);

	*at++ = '"';
	json->at = put_two(put_time(at, time_ns), '"', ',');
}

/* --- text --- */

/*
 * Copies octets that mean themselves: ASCII, and none that is to be escaped. False where there is
 * another. Eight octets at a time: what borrows from its top bit was below the least printable
 * one, or equal to the one that it was compared with.
 */
static bool copy_plain(char *out, struct text t)
{
	const uint64_t ones = 0x0101010101010101U, tops = ones << 7;
	const uint64_t blanks = ones * ' ', quotes = ones * '"', backslashes = ones * '\\';
	uint64_t found = 0, eight;
	size_t i = 0;

	for (; t.length - i >= 8; i += 8) {
		memcpy(&eight, t.at + i, 8);
		memcpy(out + i, &eight, 8);
		found |= eight | (eight - blanks) | ((eight ^ quotes) - ones) |
			 ((eight ^ backslashes) - ones);
	}
	for (; i < t.length; i++) {
		char c = t.at[i];

		out[i] = c;
		found |= (signed char)c < ' ' || c == '"' || c == '\\' ? tops : 0;
	}
	return (found & tops) == 0;
}

static char *put_escaped(char *at, char c)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char letters[32] = {
	    ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	unsigned char octet = (unsigned char)c;

	if (octet >= 0x20 && c != '"' && c != '\\') {
		*at++ = c;
		return at;
	}
	*at++ = '\\';
	if (octet >= 0x20) {
		*at++ = c;
	} else if (letters[octet]) {
		*at++ = letters[octet];
	} else {
		*at++ = 'u';
		at = put_two(at, '0', '0');
		at = put_two(at, hex[octet >> 4], hex[octet & 15]);
	}
	return at;
}

enum {
	ESCAPED_MAX = 6,
	STRETCH = JSON_PIECE_MAX / ESCAPED_MAX - 1,
	BRIEF_MAX = JSON_PIECE_MAX - JSON_KEY_MAX - 8 /* a text that has room beside its key */
};

static char *put_key(char *at, struct text key)
{
	*at++ = '"';
	memcpy(at, key.at, key.length);
	return put_two(at + key.length, '"', ':');
}

/* Of any length, with whatever characters. */
static void put_long(struct json *json, struct text t)
{
	*json_room(json) = '"';
	json->at++;
	while (t.length > 0) {
		size_t n = t.length < STRETCH ? t.length : STRETCH;
		char *at = json_room(json);

		for (size_t i = 0; i < n; i++) {
			at = put_escaped(at, t.at[i]);
		}
		json->at = at;
		t = text_from(t, n);
	}
	json->at = put_two(json_room(json), '"', ',');
}

/* key: with an element of an array it is empty. */
static void put_text(struct json *json, struct text key, struct text text)
{
	char *at = json_room(json);

	if (key.length > 0) {
		at = put_key(at, key);
	}
	if (text.length <= BRIEF_MAX && copy_plain(at + 1, text)) {
		*at = '"';
		json->at = put_two(at + 1 + text.length, '"', ',');
	} else if (utf8_is_valid(text)) {
		json->at = at;
		put_long(json, text);
	}
}

void json_value_text(struct json *json, struct text text)
{
	put_text(json, TEXT_NONE, text);
}

/* --- members --- */

void json_put_text_named(struct json *json, struct text key, struct text text)
{
	put_text(json, key, text);
}

void json_put_texts(struct json *json, const char *key, const char *const *texts, size_t count)
{
	json_key(json, key);
	json_open(json, '[');
	for (size_t i = 0; i < count; i++) {
		json_value_text(json, text_of(texts[i]));
	}
	json_close(json, ']');
}

void json_put_counts(
    struct json *json, const char *key, const struct tp_count *counts, size_t count)
{
	json_key(json, key);
	json_open(json, '{');
	for (size_t i = 0; i < count; i++) {
		json_key(json, counts[i].name);
		json_value_count(json, counts[i].count);
	}
	json_close(json, '}');
}

void json_put_figures(struct json *json, const struct tp_figure *figures, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct tp_figure *f = &figures[i];

		if (json_real_is_finite(f->value)) {
			json_key(json, f->name);
			json_value_real(json, f->value);
		}
		if (f->text) {
			json_put_text_named(json, text_of(f->name), text_of(f->text));
		}
	}
}
