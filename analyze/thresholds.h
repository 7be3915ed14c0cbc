/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From when on something counts as wrong. Every number that a detector holds a measurement
 * against is here, with its unit in its name, its default, its bounds and its source, so that it
 * can be configured and is documented in one place (docs/detection.md).
 *
 * Numbers that define what is being looked at (three captures of one packet, the length of a
 * jitter buffer) are no thresholds and stay where they are used.
 */
#ifndef TALKPATH_THRESHOLDS_H
#define TALKPATH_THRESHOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, default, least, most, what it means) */
#define THRESHOLDS(X)                                                                           \
	X(one_way_s, 3, 1, 3600, "time without media of one direction, for one-way-audio")      \
	X(one_way_stopped_s, 10, 3, 3600,                                                       \
	    "the same for a direction that stops and does not come back: below it a hint")      \
	X(symmetric_media_s, 3, 1, 3600,                                                        \
	    "time for which media goes elsewhere than where the other side's comes from")       \
	X(late_media_s, 3, 0.5, 60,                                                             \
	    "silence after the answer before media begins, for late-media")                     \
	X(no_media_s, 5, 1, 3600, "length of an answered call without any media, for no-media") \
	X(silent_audio_s, 20, 10, 3600,                                                         \
	    "length of audio that is nothing but silence, for silent-audio")                    \
	X(nat_silence_s, 1, 0.1, 60, "silence from which on a mapping's life is measured")      \
	X(nat_restart_s, 600, 10, 86400,                                                        \
	    "silence after which one change of a mapping may as well be a restarted router")    \
	X(nat_together_s, 10, 1, 600,                                                           \
	    "answers of two servers about one mapping belong together within this time")        \
	X(inbound_unanswered, 3, 2, 11, "times a request was sent without an answer")           \
	X(scan_targets, 10, 3, 1000,                                                            \
	    "different extensions, numbers or hosts that a stranger asks for, for sip-scan")    \
	X(codec_packets, 50, 10, 100000,                                                        \
	    "packets of a payload type that was not agreed, for codec-mismatch")                \
	X(capture_loss_packets, 10, 3, 100000,                                                  \
	    "packets that a receiver had and the capture has not, for capture-loss")            \
	X(link_full_pct, 90, 50, 100, "of the rate of --uplink, for link-saturated")            \
	X(link_full_s, 3, 1, 3600, "seconds with a full link, for link-saturated")              \
	X(dscp_share_pct, 90, 51, 100,                                                          \
	    "share of a stream's packets that makes it a marked or an unmarked one")            \
	X(dscp_packets, 50, 1, 1000000, "of each direction, for dscp-unmarked")                 \
	X(dscp_unmarked_loss_pct, 1, 0, 100,                                                    \
	    "loss of an unmarked direction from which dscp-unmarked is a warning")              \
	X(quality_packets, 250, 50, 1000000,                                                    \
	    "packets of one direction below which its quality is not judged")                   \
	X(loss_packets, 10, 1, 1000000, "packets lost below which nothing is said of loss")     \
	X(loss_warning_pct, 1, 0.01, 100,                                                       \
	    "loss of a direction, for high-loss; also by how much more the far end reports")    \
	X(loss_critical_pct, 3, 0.01, 100,                                                      \
	    "the same, as critical (Cisco phones: concealed seconds good below 3 %)")           \
	X(loss_stretch_pct, 5, 0.1, 100,                                                        \
	    "loss within five seconds of an otherwise good call (Cisco: severely concealed)")   \
	X(jitter_warning_ms, 30, 1, 10000,                                                      \
	    "mean jitter (RFC 3550) of a direction, for high-jitter (Microsoft CQD, Twilio)")   \
	X(jitter_critical_ms, 60, 1, 10000,                                                     \
	    "the same, as critical, and within five seconds: a jitter buffer of 60 ms fails")   \
	X(late_warning_pct, 3, 0.1, 100,                                                        \
	    "packets too late for a buffer of 60 ms, for high-jitter")                          \
	X(late_critical_pct, 10, 0.1, 100, "the same, as critical")                             \
	X(latency_warning_ms, 150, 10, 10000,                                                   \
	    "half of the round trip, for high-latency (G.114: good below 150 ms one way)")      \
	X(latency_critical_ms, 400, 10, 10000,                                                  \
	    "the same, as critical (G.114: not acceptable above 400 ms one way)")               \
	X(mos_warning, 3.6, 1, 5, "MOS, for low-mos (G.107 Annex B: many users dissatisfied)")  \
	X(mos_critical, 3.1, 1, 5,                                                              \
	    "the same, as critical (G.107 Annex B: nearly all users dissatisfied)")

struct thresholds {
#define THRESHOLD_FIELD(name, value, least, most, about) double name;
	THRESHOLDS(THRESHOLD_FIELD)
#undef THRESHOLD_FIELD
};

#define THRESHOLD_DEFAULT(name, value, least, most, about) .name = (value),
static const struct thresholds thresholds_default = {THRESHOLDS(THRESHOLD_DEFAULT)};
#undef THRESHOLD_DEFAULT

/* One of them, for those who do not know its name beforehand. */
struct threshold {
	const char *name, *about;
	double usual, least, most;
	size_t offset; /* in struct thresholds */
};

extern const struct threshold threshold_list[];
extern const size_t threshold_count;

/* False where there is none of that name, or the value is out of its bounds. */
bool threshold_set(struct thresholds *thresholds, const char *name, double value);

/* Not a number where there is none of that name. */
double threshold_get(const struct thresholds *thresholds, const char *name);

static inline int64_t threshold_ns(double seconds)
{
	return (int64_t)(seconds * 1e9);
}

#endif
