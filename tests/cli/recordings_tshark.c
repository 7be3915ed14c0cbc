/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of recorded streams against those of TShark, which were written down once: see the
 * heads of recordings_tshark_streams.tsv and recordings_tshark_sip.tsv. TShark is a second
 * opinion and not the truth. Where the two differ the table says what is expected here, and a
 * reason; these are the reasons, and what decides:
 *
 * copies         TShark subtracts copies from losses, below 0 even. RFC 3550 A.3 does so for
 *                reports between peers; here `lost` are the numbers that never came.
 * events         Telephone events are left out of jitter: their timestamp is the beginning of
 *                the key press and stands still (RFC 4733 2.5.1.2). TShark takes them in.
 * comfort-noise  Comfort noise is left out of jitter: it is sent when the noise changes and not
 *                at a steady pace (RFC 3389 section 4). TShark leaves it out of the time of the
 *                last packet as well, so that what follows seems seconds late.
 * frames         Every packet counts for jitter (RFC 3550 6.4.1), also one with the timestamp of
 *                the packet before, of the same picture. TShark passes those over.
 * talkspurt      delta_max_ms is the longest time between two packets. TShark leaves out the
 *                first of a talkspurt (marker, RFC 3551 4.1) and what follows comfort noise.
 * leap           The sender's timestamps leap by half their range within the stream (RFC 3550 5.1
 *                lets a source change them so); that is no jitter. TShark measures up to there.
 * no-clock       A dynamic payload type that no description explains: TShark has no clock and
 *                prints 0; here the packets tell the clock, or there is no figure.
 * few            A description that TShark goes by was given for another flow, or the packets are
 *                too few to confirm its clock: no figure.
 * clock          The packets show another clock than the description: RFC 3550 5.1 wants the
 *                timestamps to follow it, and these fall behind by a third. No figure.
 * payload-95     RFC 5761 section 4 keeps payload types 64 to 95 from RTP: a single octet sent to
 *                open the path is no packet of the stream.
 * t38            A re-INVITE to T.38 was refused with 488, so the media stay as they were
 *                (RFC 3261 14.1). TShark takes half of the packets for T.38.
 * lone           A single packet is no source yet (RFC 3550 A.1, MIN_SEQUENTIAL); it is counted
 *                as rtp_unconfirmed.
 * look-alike     ONC RPC, whose transaction number has the bits of RTP. TShark's heuristic.
 * link-type      A link layer that is not decoded here (ERF), and said to be so.
 * other-decoder  TShark takes the packets for another protocol by their ports (DIS, LLC).
 *
 * And of SIP:
 *
 * no-call-id     A start line and hardly more. Call-ID is mandatory in requests and responses
 *                (RFC 3261 8.1.1, 8.2.6.2): counted as malformed, as sip_no_call_id.
 * websocket      SIP in WebSocket frames (RFC 7118), masked; not decoded, counted as tcp.
 * pppoe          PPPoE (RFC 2516) is not decoded; counted as ethertype.
 */
#include <math.h>

#include "data.h"
#include "program.h"

TestSuite(recordings_tshark, .fini = scratch_remove, .timeout = 300);

enum column {
	FILE_NAME,
	SRC,
	DST,
	SSRC,
	PACKETS,
	LOST,
	JITTER_MEAN,
	JITTER_MAX,
	DELTA_MAX,
	DIFFERS,
	REASON,
	COLUMNS
};

static const char *const figures[] = {[PACKETS] = "packets",
    [LOST] = "lost",
    [JITTER_MEAN] = "jitter_mean_ms",
    [JITTER_MAX] = "jitter_max_ms",
    [DELTA_MAX] = "delta_max_ms"};

/* A table beside this file: its lines without comments, one after another by strsep(). */
static char *table(const char *name)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/tests/cli/%s", getenv("TALKPATH_SOURCE"), name);
	return slurp(path);
}

static unsigned split(char *line, char *cells[], unsigned room)
{
	unsigned count = 0;
	char *cell;

	while (count < room && (cell = strsep(&line, "\t")) != NULL) {
		cells[count++] = cell;
	}
	return count;
}

/* The report on one of the recordings; that before, where it is of the same. */
static json_t *report_on(const char *file)
{
	static char last[512];
	static json_t *report;
	char name[512];

	if (report && strcmp(last, file) == 0) {
		return report;
	}
	json_decref(report);
	(void)snprintf(last, sizeof(last), "%s", file);
	(void)snprintf(name, sizeof(name), "captures/%s", file);
	report = report_of("%s", data_path(name));
	return report;
}

static json_t *stream_of(const json_t *report, char *const cells[])
{
	json_t *stream, *found = NULL;
	size_t i;

	json_array_foreach(at(report, "streams"), i, stream)
	{
		if (strcmp(text_at(stream, "src"), cells[SRC]) == 0 &&
		    strcmp(text_at(stream, "dst"), cells[DST]) == 0 &&
		    strcmp(text_at(stream, "ssrc"), cells[SSRC]) == 0) {
			cr_expect_null(found, "%s has %s twice", cells[FILE_NAME], cells[SSRC]);
			found = stream;
		}
	}
	return found;
}

/* What the table expects in place of TShark's figure: "name=value,..."; NULL: nothing else. */
static const char *instead(const char *differs, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = differs; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, length) == 0 && at[length] == '=') {
			return at + length + 1;
		}
	}
	return NULL;
}

static bool is_none(const char *cell)
{
	return strcmp(cell, "-") == 0;
}

static bool agrees(enum column column, double ours, double theirs)
{
	double tolerance = column <= LOST ? 0 : fmax(fabs(theirs) / 100, 0.05);

	return fabs(ours - theirs) <= tolerance + 1e-9;
}

static void expect_figure(const json_t *stream, char *const cells[], enum column column)
{
	const char *name = figures[column], *other = instead(cells[DIFFERS], name);
	const char *wanted = other ? other : cells[column];
	json_t *figure = at(stream, name);

	if (strncmp(wanted, "null", 4) == 0) {
		cr_expect_null(figure, "%s %s: %s", cells[FILE_NAME], cells[SSRC], name);
		return;
	}
	cr_assert(json_is_number(figure), "%s %s: no %s", cells[FILE_NAME], cells[SSRC], name);
	cr_expect(agrees(column, json_number_value(figure), strtod(wanted, NULL)),
	    "%s %s: %s is %g, not %s", cells[FILE_NAME], cells[SSRC], name,
	    json_number_value(figure), wanted);
	/* The table claims no difference where there is none. */
	cr_expect(!other || is_none(cells[column]) ||
		      !agrees(column, strtod(wanted, NULL), strtod(cells[column], NULL)),
	    "%s %s: %s does not differ", cells[FILE_NAME], cells[SSRC], name);
}

/* True where a stream was looked at. */
static bool expect_row(char *const cells[])
{
	json_t *stream = stream_of(report_on(cells[FILE_NAME]), cells);

	cr_expect_eq(is_none(cells[DIFFERS]), is_none(cells[REASON]),
	    "%s %s: a difference and its reason go together", cells[FILE_NAME], cells[SSRC]);
	if (strcmp(cells[DIFFERS], "absent") == 0) {
		cr_expect_null(stream, "%s %s", cells[FILE_NAME], cells[SSRC]);
		return false;
	}
	cr_assert_not_null(stream, "%s %s is missing", cells[FILE_NAME], cells[SSRC]);
	for (enum column c = PACKETS; c <= DELTA_MAX; c++) {
		if (!is_none(cells[c]) || instead(cells[DIFFERS], figures[c])) {
			expect_figure(stream, cells, c);
		}
	}
	return true;
}

/* Every stream that either of the two sees has its row. */
Test(recordings_tshark, streams)
{
	char *text = table("recordings_tshark_streams.tsv"), *rest = text, *line;
	char *cells[COLUMNS], before[512] = "";
	size_t streams = 0, looked_at = 0, same = 0;

	(void)data_path("captures/MANIFEST.tsv");
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == '#' || line[0] == '\0') {
			continue;
		}
		cr_assert_eq(split(line, cells, COLUMNS), COLUMNS, "%s", line);
		if (strcmp(before, cells[FILE_NAME]) != 0) {
			(void)snprintf(before, sizeof(before), "%s", cells[FILE_NAME]);
			streams += length_at(report_on(before), "streams");
		}
		looked_at += expect_row(cells);
		same += is_none(cells[DIFFERS]);
	}
	cr_expect_eq(looked_at, streams, "%zu streams have no row", streams - looked_at);
	cr_expect_geq(same, 40, "the two agree on %zu streams", same);
	json_decref(report_on(before));
	free(text);
}

/* --- SIP --- */

enum sip_column {
	SIP_FILE,
	SIP_REQUESTS,
	SIP_INVITES,
	SIP_RESPONSES,
	SIP_DIFFERS,
	SIP_REASON,
	SIP_COLUMNS
};

static const char *const kinds[] = {[SIP_REQUESTS] = "sip_requests",
    [SIP_INVITES] = "sip_invites",
    [SIP_RESPONSES] = "sip_responses"};

static void expect_messages(char *const cells[])
{
	const json_t *decoded = at(report_on(cells[SIP_FILE]), "captures.0.decoded");

	cr_expect_eq(
	    is_none(cells[SIP_DIFFERS]), is_none(cells[SIP_REASON]), "%s", cells[SIP_FILE]);
	for (enum sip_column c = SIP_REQUESTS; c <= SIP_RESPONSES; c++) {
		const char *other = instead(cells[SIP_DIFFERS], kinds[c]);
		long long wanted = strtoll(other ? other : cells[c], NULL, 10);
		long long count = json_integer_value(json_object_get(decoded, kinds[c]));

		cr_expect_eq(count, wanted, "%s: %lld %s, not %lld", cells[SIP_FILE], count,
		    kinds[c], wanted);
		cr_expect(!other || strtoll(cells[c], NULL, 10) != wanted, "%s: %s does not differ",
		    cells[SIP_FILE], kinds[c]);
	}
}

/* The next capture of the manifest, which is taken apart; NULL behind the last. */
static const char *next_capture(char **manifest)
{
	static const char folder[] = "captures/";
	char *line;

	while ((line = strsep(manifest, "\n")) != NULL) {
		if (strncmp(line, folder, strlen(folder)) == 0) {
			return strsep(&line, "\t") + strlen(folder);
		}
	}
	return NULL;
}

/* The first line about a capture; NULL where the table has none. */
static const char *line_of(const char *text, const char *file)
{
	char key[600];
	const char *found;

	(void)snprintf(key, sizeof(key), "\n%s\t", file);
	found = strstr(text, key);
	return found ? found + 1 : NULL;
}

/* Requests, INVITEs and responses of every capture: UDP, TCP, and in fragments. */
Test(recordings_tshark, sip)
{
	char *manifest = slurp(data_path("captures/MANIFEST.tsv")), *rest = manifest;
	char *text = table("recordings_tshark_sip.tsv");
	const char *file;
	size_t agree = 0;

	while ((file = next_capture(&rest)) != NULL) {
		const char *line = line_of(text, file);
		char copy[1024], *cells[SIP_COLUMNS];

		if (!line) {
			const json_t *decoded = at(report_on(file), "captures.0.decoded");

			cr_expect_eq(json_object_size(decoded), 0, "%s has SIP", file);
			continue;
		}
		(void)snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\n"), line);
		cr_assert_eq(split(copy, cells, SIP_COLUMNS), SIP_COLUMNS, "%s", copy);
		expect_messages(cells);
		agree += is_none(cells[SIP_DIFFERS]);
	}
	cr_expect_geq(agree, 100, "the two agree on %zu captures", agree);
	free(text);
	free(manifest);
}

Test(recordings_tshark, no_streams_elsewhere)
{
	char *manifest = slurp(data_path("captures/MANIFEST.tsv")), *rest = manifest;
	char *text = table("recordings_tshark_streams.tsv");
	const char *file;

	while ((file = next_capture(&rest)) != NULL) {
		if (!line_of(text, file)) {
			cr_expect_eq(length_at(report_on(file), "streams"), 0, "%s", file);
		}
	}
	free(text);
	free(manifest);
}
