/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libtalkpath: passive analysis of voice over IP, as a library.
 *
 * Open sources, run, and take calls, streams and findings as they are known:
 *
 *     struct tp_analysis *analysis = tp_new(&options, &handlers);
 *     tp_open_file(analysis, "ticket.pcap", NULL);
 *     tp_run(analysis);
 *     tp_each_call(analysis, print_call, NULL);
 *     tp_free(analysis);
 *
 * Ownership: every record and string handed to a callback is borrowed and valid during the
 * callback alone. Strings are NUL-terminated UTF-8; what came from the wire can hold any
 * character, control characters too: escape it before it meets a terminal or a page.
 *
 * Threading: tp_run() runs in the calling thread and starts what threads it needs; `progress`
 * and `problem` are called in the calling thread, `call` in any thread of the analysis, but never
 * in two at once; all before tp_run() returns. tp_stop() may be called from any thread and from
 * signal handlers, tp_live_get() from any thread.
 *
 * Quantities that do not apply are TP_NO_TIME, TP_NO_COUNT, NAN or NULL.
 */
#ifndef TALKPATH_H
#define TALKPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TP_API __attribute__((visibility("default")))

#define TP_NO_TIME  INT64_MIN
#define TP_NO_COUNT (-1)

/* --- records --- */

/* How often something named was counted. */
struct tp_count {
	const char *name;
	uint64_t count;
};

struct tp_interface {
	const char *name; /* NULL where the capture gives none */
	const char *link_type;
	uint32_t snap_length; /* octets; 0: no limit */
};

struct tp_capture {
	const char *file; /* "a.zip!b.pcap" in an archive; or "pcap:eth0" */
	const char *vantage;
	const struct tp_interface *interfaces;
	size_t interface_count;
	uint64_t packets, bytes;             /* bytes: octets on the wire */
	int64_t first_time_ns, last_time_ns; /* least and greatest time stamp */
	bool truncated; /* the file, or what it is compressed to, is cut short */
	bool live;
	uint64_t snap_cut;            /* packets that the snap length cut */
	uint64_t duplicates_removed;  /* SIP messages captured twice, and counted once */
	bool clock_aligned;           /* packets lead from here to the first capture */
	int64_t clock_offset_ns;      /* so far ahead of the first capture's clock */
	int64_t clock_error_ns;       /* at most; below 0: bounded on one side only */
	const char *timestamp_source; /* live: adapter, kernel, program (in the kernel), burst */
	uint32_t timestamp_error_ns;  /* at most; 0: not known */
	const struct tp_count *not_decoded;
	size_t not_decoded_count;
	const struct tp_count *malformed;
	size_t malformed_count;
	const struct tp_count *dropped; /* live: packets never seen, by place */
	size_t dropped_count;
	const struct tp_count *decoded; /* SIP messages that were used, by kind */
	size_t decoded_count;
};

/* Where a capture point sits as seen from an endpoint. */
struct tp_endpoint_vantage {
	const char *vantage;
	const char *side; /* lan, wan, server, unknown */
	const char *because;
};

/* An address that STUN or TURN told an endpoint of. */
struct tp_mapping {
	const char *local;   /* "192.168.1.10:16384" */
	const char *address; /* as it is seen outside, or was lent by a relay */
	const char *server;  /* who told */
	bool relayed;
	const char *capture;
	uint32_t frame; /* of the answer */
	int64_t time_ns;
};

/* What a STUN or TURN server was asked and answered. */
struct tp_stun_server {
	uint64_t requests, retransmissions, answers, errors, unanswered;
	double round_trip_ms; /* mean, between the capture point and the server and back */
};

struct tp_endpoint {
	const char *id;
	const char *address;
	const char *role; /* phone, server, media, router, other */
	const struct tp_endpoint_vantage *vantages;
	size_t vantage_count;
	const char *const *user_agents;
	size_t user_agent_count;
	const char *nat; /* none, behind-nat, behind-two, unknown */
	const struct tp_mapping *mappings;
	size_t mapping_count;
	const struct tp_stun_server *stun; /* NULL: it was asked nothing by STUN */
};

/* Another call of the same conversation, as a B2BUA or a transfer makes it. */
struct tp_leg {
	const char *call;  /* its id */
	const char *why;   /* session-id, replaces, ...: docs/legs.md */
	double confidence; /* 0..1 */
};

/* A value under its stable name, which carries the unit: a number, or a text. */
struct tp_figure {
	const char *name;
	double value;     /* NAN with a text */
	const char *text; /* NULL with a number */
};

/* What one side of a call reported by RFC 6035 of what it received. */
struct tp_voice_metrics {
	const char *start, *stop; /* as it wrote them */
	const char *codec;
	const struct tp_figure *figures;
	size_t figure_count;
	const char *const *streams; /* ids of the streams that this is about, one per vantage */
	size_t stream_count;
};

struct tp_voice_report {
	const char *kind; /* session, interval, alert */
	const char *capture;
	uint32_t frame;
	int64_t time_ns;
	const char *local_id, *remote_id, *orig_id;
	const char *local, *remote; /* media endpoints as the reporter sees them */
	const char *alert_type, *alert_severity, *alert_direction;
	const struct tp_voice_metrics *local_metrics, *remote_metrics;
};

enum tp_step_kind { TP_STEP_SIP, TP_STEP_RTP };

/* A step of a call's ladder. */
struct tp_step {
	int64_t time_ns;
	const char *capture;
	uint32_t frame;
	const char *src, *dst; /* "192.0.2.1:5060" */
	enum tp_step_kind kind;
	const char *text;
};

struct tp_call {
	const char *id;         /* within this analysis, by capture order */
	const char *record_id;  /* everywhere: from site, Call-ID, tags and start */
	const char *call_id;    /* NULL where no signalling was seen */
	const char *signalling; /* sip, none */
	const char *transport;  /* of its first message: udp, tcp; NULL where none was seen */
	const char *from_uri, *to_uri;
	const char *const *user_agents;
	size_t user_agent_count;
	const char *state; /* completed, failed, cancelled, no-answer, in-progress */
	int status_code;   /* of the last final response to the INVITE, or TP_NO_COUNT */
	int64_t started_ns, ringing_ns, answered_ns, ended_ns;
	double post_dial_delay_ms, setup_ms, duration_ms;
	const char *ended_by; /* caller, callee, network, unknown */
	uint64_t message_count, retransmissions;
	const char *const *streams;
	size_t stream_count;
	double mos, r_factor;
	const char *mos_stream;
	const char *const *findings;
	size_t finding_count;
	const struct tp_leg *legs;
	size_t leg_count;
	const struct tp_voice_report *voice_reports;
	size_t voice_report_count;
	const struct tp_step *ladder; /* where tp_options.ladder asked for it */
	size_t ladder_count;
};

/* What RTCP said of a stream: its receiver's view, and what the sender says of itself. */
struct tp_rtcp {
	uint64_t reports; /* blocks of SRs and RRs about the stream; 0: the losses do not apply */
	/* Of what came between the first report and the last; below 0 where duplicates came. */
	double remote_loss_pct;
	double fraction_lost_last_pct, fraction_lost_mean_pct; /* since the report before */
	uint64_t spans;          /* between reports whose counters ran on; 0: no cumulative count */
	int64_t cumulative_lost; /* its change over these spans */
	uint64_t counter_restarts; /* times that the receiver's counters began again */
	double remote_jitter_ms, remote_jitter_last_ms, remote_jitter_max_ms; /* mean, last, most */
	double half_round_trip_ms; /* between the capture point and where the stream goes */
	const char *cname;         /* of the sender */
	int64_t bye_ns;            /* the sender said goodbye */
	const char *bye_reason;
	uint64_t nacks, picture_losses, full_intra_requests, other_feedback; /* RFC 4585, 5104 */
	uint64_t xr_reports;        /* VoIP metrics blocks, RFC 3611 4.7 */
	const struct tp_figure *xr; /* of the last one */
	size_t xr_count;
};

struct tp_payload {
	int payload_type;       /* TP_NO_COUNT: all others */
	const char *codec;      /* NULL where unknown */
	uint32_t clock_rate_hz; /* 0 where unknown */
	uint64_t packets;
};

struct tp_dscp {
	int value; /* 0..63, or TP_NO_COUNT: all others */
	uint64_t packets;
};

/* Bursts and gaps of losses and discards (RFC 3611 4.7.2, Gmin 16). */
struct tp_burst {
	uint64_t bursts;
	double burst_density_pct, burst_duration_ms; /* NAN without a burst, or packet time */
	double gap_density_pct, gap_duration_ms;
	double burst_ratio; /* BurstR of G.107; 1 for losses at random, NAN without loss */
};

/* What a receiver's jitter buffer would have thrown away. */
struct tp_jitter_buffer {
	const char *kind; /* fixed, adaptive */
	double delay_ms;  /* of the adaptive one the greatest */
	uint64_t discarded;
	double discard_pct;
};

/* Packets that came so much later than the fastest of late (RFC 5481 PDV). */
struct tp_late {
	int from_ms, to_ms; /* to_ms 0: and more */
	uint64_t packets;
};

/* A key pressed. */
struct tp_digit {
	int64_t time_ns;
	uint32_t frame; /* of its first packet */
	char character;
	double duration_ms; /* as far as it was seen; NAN where the clock is unknown */
};

/* A stretch of a stream. */
struct tp_interval {
	int64_t time_ns;
	uint64_t packets, lost;
	double jitter_ms, mos;
};

enum { TP_LOSS_RUNS = 10 };

struct tp_stream {
	const char *id;
	const char *call;  /* id, or NULL where signalling names none */
	const char *media; /* audio, video, fax, other */
	const char *vantage;
	const char *src, *dst; /* "192.0.2.1:4000", "[2001:db8::1]:4000" */
	uint32_t ssrc;
	const char *codec; /* of the most packets; NULL where unknown */
	int payload_type;
	uint32_t clock_rate_hz; /* 0 where unknown */
	const struct tp_payload *payloads;
	size_t payload_count;
	int64_t first_time_ns, last_time_ns;
	uint32_t first_frame, last_frame;
	uint64_t packets, bytes; /* bytes: octets of RTP payload */
	uint64_t expected, lost, duplicates, reordered, restarts;
	double loss_pct;
	double jitter_mean_ms, jitter_max_ms, delta_max_ms, packet_time_ms;
	double mos, r_factor;
	const char *mos_kind; /* LQE-N, ...; NULL without MOS */
	/* Of the model; with mos_kind only. */
	double mos_ie, mos_bpl;
	const char *mos_version;      /* "G.107 (06/2015)", ... */
	const char *mos_plc;          /* "G.711 Appendix I", "none", "codec" */
	double mos_delay_ms;          /* mouth to ear */
	const char *mos_delay_source; /* rtcp, none */
	bool mos_estimate;            /* a value that no standard gives went into it */
	const struct tp_dscp *dscps;
	size_t dscp_count;
	int ttl_min, ttl_max;
	bool udptl;    /* a fax by T.38: packets and times hold, and nothing that RTP would tell */
	int encrypted; /* 0, 1, or TP_NO_COUNT where nothing tells */
	bool relayed;  /* by TURN */
	const char *relay_server, *relay_peer; /* NULL where unknown */
	int relay_channel;                     /* TP_NO_COUNT: none */
	const char *ice;                       /* checked, nominated; NULL: no check was seen */
	bool clock_inferred;                   /* no signalling gave it: found from the packets */
	bool clock_mismatch; /* signalling gives another: nothing is measured with either */
	bool delay_measured; /* clock and time stamps are good: late and buffers hold */
	double clock_skew_ppm;
	struct tp_burst burst;
	uint64_t loss_runs[TP_LOSS_RUNS]; /* by length: 1, 2, ..., 10 and more */
	const struct tp_late *late;
	size_t late_count;
	struct tp_jitter_buffer fixed_buffer, adaptive_buffer;
	int concealed_s, severely_concealed_s; /* seconds with any loss, with more than 5 % */
	double level_dbov, silent_pct;         /* of samples taken now and then */
	const struct tp_digit *digits;         /* keys pressed, sent as RFC 4733 events */
	size_t digit_count;
	const struct tp_interval *intervals;
	size_t interval_count;
	double interval_s;
	double round_trip_ms;       /* of the path: the sum of both halves */
	const struct tp_rtcp *rtcp; /* NULL where none was seen */
};

struct tp_evidence {
	const char *capture;
	uint32_t frame;
	const uint32_t
	    *frames;        /* all, where it was put together from several; `frame` is the last */
	size_t frame_count; /* 0: one alone */
	int64_t time_ns;
	const char *text;
};

/* A field of one message before and after a hop. */
struct tp_change {
	const char *message; /* "INVITE", "200 to INVITE" */
	const char *field;
	const char *before, *after; /* NULL: the field is not there */
	const char *capture_before, *capture_after;
	uint32_t frame_before, frame_after;
};

struct tp_finding {
	const char *id;
	const char *code, *cause; /* cause: NULL where there is one only */
	const char *severity;     /* info, warning, critical */
	double confidence;        /* 0..1 */
	const char *const *calls, *const *streams, *const *endpoints;
	size_t call_count, stream_count, endpoint_count; /* listed; a long list is cut */
	uint64_t calls_total;
	const char *vantage;
	int64_t first_time_ns, last_time_ns;
	const char *summary, *why, *remedy;
	const struct tp_evidence *evidence;
	size_t evidence_count;
	const struct tp_change *changes;
	size_t change_count;
	const char *const *against;
	size_t against_count;
	const char *would_settle; /* NULL where nothing is left to settle */
	const char *side;         /* customer-network, phone, provider, path, capture, unknown */
};

/* A contact of an address-of-record at a registrar, as one vantage saw it. */
struct tp_registration {
	const char *id;
	const char *vantage;
	const char *aor;
	const char *contact;            /* as the phone claims; NULL where empty */
	const char *source, *registrar; /* "192.0.2.1:5060" */
	const char *transport;          /* udp, tcp */
	const char *user_agent;         /* NULL where unknown */
	/* registered, expired, unregistered, failed, redirected, replaced, in-progress */
	const char *state;
	int status_code;    /* of the last final response, or TP_NO_COUNT */
	const char *reason; /* its reason phrase, or "no answer"; NULL where there is none */
	const char *nat;    /* none, behind-nat, unknown */
	int64_t first_time_ns, last_time_ns;
	int64_t expires_s; /* as granted, or TP_NO_COUNT */
	uint64_t refreshes, challenges, failures, mapping_changes;
	double keepalive_interval_s; /* median */
	const char *keepalive_kind;  /* crlf, nul, options, stun; or NULL */
	const char *keepalive_from;  /* phone, registrar; or NULL */
	const char *const *findings;
	size_t finding_count;
};

/* Requests of one method from one address to another, as one vantage saw them. */
struct tp_exchange {
	const char *id;
	const char *vantage;
	const char *src, *dst;
	const char *method; /* OPTIONS, SUBSCRIBE, NOTIFY, MESSAGE, PUBLISH */
	int64_t first_time_ns, last_time_ns;
	uint64_t requests;
	uint64_t answered; /* finally; of these: */
	uint64_t challenged, failed;
	uint64_t unanswered; /* within 32 s */
	uint64_t undecided;  /* the capture ended first */
	uint64_t retransmissions;
	const struct tp_count *codes; /* "200", "401", ..., "other" */
	size_t code_count;
	double response_median_ms, response_max_ms;
};

/* A delay of RFC 6076 over all requests that it was measured for. */
struct tp_sip_delay {
	uint64_t count;
	double mean_ms, max_ms;
};

/* RFC 6076. Ratios in percent, NAN where nothing was measured. */
struct tp_sip_metrics {
	struct tp_sip_delay rrd, srd, srd_failed, sdd, sdd_failed, sdt;
	double ira_pct, ser_pct, seer_pct, isa_pct, scr_pct;
	uint64_t registers, registers_deferred, registers_failed; /* deferred: 401, 402, 407, 3xx */
	uint64_t invites, invites_deferred;                       /* of new sessions */
	uint64_t established, effective, ineffective, ended, completed;
};

/* What all calls and streams come to. */
struct tp_totals {
	size_t calls, streams;
	size_t rated_calls;      /* with a MOS of a direction of packets enough: quality_packets */
	size_t poor_calls;       /* of these, those whose MOS is below poor_mos */
	size_t scanty_calls;     /* with a MOS of fewer packets */
	uint64_t scanty_packets; /* the most of any of these */
	double worst_mos;        /* of the rated calls; NAN where there is none */
	char worst_call[24];     /* its id */
	char worst_listener[64]; /* the endpoint that hears it */
};

/* A call that has ended, with what belongs to it. */
struct tp_call_report {
	const struct tp_call *call;
	const struct tp_stream *streams;
	size_t stream_count;
	const struct tp_finding *findings;
	size_t finding_count;
};

/* --- running an analysis --- */

enum tp_status {
	TP_OK = 0,
	TP_UNREADABLE = 3, /* at least one source failed; what was readable is analysed */
	TP_UNWRITTEN = 4,  /* a file could not be written */
	TP_NO_SOURCE = 5,  /* a live source could not be opened */
	TP_NO_MEMORY = 6
};

/* How receivers of G.711 are taken to conceal lost packets: as its Appendix I does, or not. */
enum tp_plc { TP_PLC_G711, TP_PLC_NONE };

enum { TP_WORKERS_AUTO = -1, TP_WORKERS_MAX = 64, TP_CORES_MAX = 64 };

/* What has gone wrong with a source. */
struct tp_problem {
	const char *source;
	bool has_offset;
	uint64_t offset; /* octets from the beginning of the file, or of what it decodes to */
	const char *reason;
};

struct tp_progress {
	uint64_t packets, bytes;
	uint64_t bytes_total; /* of all files; 0 where not known: live sources, pipes */
};

struct tp_options {
	int workers;                     /* 0: everything in one thread; TP_WORKERS_AUTO */
	uint32_t max_calls, max_streams; /* at once; 0: the default */
	const char *site;                /* part of each call's record_id; NULL: none */
	const char *ladder;              /* of the call with this Call-ID or id; "": of all */
	enum tp_plc plc;
	uint64_t uplink_down_bps, uplink_up_bps; /* of the site's line; 0: not known */
	/*
	 * Octets that tables take at most, all of them full; tp_memory_least() and more. It decides
	 * on max_calls and max_streams, which may lower them still. 0: no limit but these.
	 */
	uint64_t max_memory;
	/*
	 * Cores that threads are kept to: the one that reads to the first, workers to those that
	 * follow, and again from the first, the desk to the last. The list is borrowed.
	 */
	const unsigned *cores;
	unsigned core_count; /* 0: wherever the kernel wants them; TP_CORES_MAX */
};

/* The least that max_memory may be with so many workers, or TP_WORKERS_AUTO. */
TP_API uint64_t tp_memory_least(int workers);

struct tp_handlers {
	void *context;
	void (*problem)(void *context, const struct tp_problem *problem);
	void (*progress)(void *context, const struct tp_progress *progress);
	void (*call)(void *context, const struct tp_call_report *report);
};

struct tp_analysis;

/* NULL where memory is short. Both arguments may be NULL, for defaults. */
TP_API struct tp_analysis *tp_new(
    const struct tp_options *options, const struct tp_handlers *handlers);
TP_API void tp_free(struct tp_analysis *analysis);

/*
 * Add a capture file. vantage: the capture point's name, shared by all sources given the same one;
 * NULL names it after the source. Problems go to the handler.
 *
 * path: a capture (pcap, pcapng), compressed by gzip, zstd, xz, lz4 or bzip2 if need be; a FIFO
 * of one; "-" for standard input; or a zip or tar archive, in which each capture is a source.
 * TP_UNREADABLE says that something could not be read, not that nothing was added.
 */
TP_API enum tp_status tp_open_file(
    struct tp_analysis *analysis, const char *path, const char *vantage);

/* What is captured live. */
struct tp_live {
	const char *source;     /* pcap:INTERFACE, pcap:any, xdp:INTERFACE, dpdk:EAL-ARGUMENTS */
	const char *filter;     /* a BPF expression; NULL: everything */
	uint32_t buffer_octets; /* of the kernel's for it; 0: the usual */
	bool mirror_port;       /* xdp: what comes in is meant for nobody else */
	bool known_media;       /* xdp: RTP is lifted where SIP says that there is some, only */
	uint32_t media_octets;  /* xdp: so many of an RTP payload are lifted; 0: all */
};

enum { TP_REASON_MAX = 200 };

/* Is it something that can be meant? False with a reason; nothing is opened to find out. */
TP_API bool tp_live_check(const struct tp_live *live, char reason[TP_REASON_MAX]);

/*
 * Live sources need privileges to be opened, and none to be read. So one process may open and
 * another one analyse, with a channel between them for each source: a pair of connected
 * SOCK_SEQPACKET sockets. The former waits until its end of it is readable and calls
 * tp_live_answer(), which opens the source when it is asked to, at the start and when an interface
 * has come back; false: the other end is gone. tp_live_offer() opens it anew without having been
 * asked. Both processes say what is captured: the one that analyses can ask for nothing else.
 */
TP_API bool tp_live_answer(const struct tp_live *live, int channel);
TP_API void tp_live_offer(const struct tp_live *live, int channel);

/*
 * Add a live source. channel: as above, and closed by tp_free(); or -1: this process opens it.
 * When its interface goes away later, the analysis waits for it to come back, and tells the handler
 * of problems of both. TP_NO_SOURCE where it cannot be opened at first; the channel stays the
 * caller's then.
 */
TP_API enum tp_status tp_open_live(
    struct tp_analysis *analysis, const struct tp_live *live, int channel, const char *vantage);

/* What a kind of live source can do at an interface. */
struct tp_live_choice {
	const char *source; /* as struct tp_live takes it */
	bool possible;      /* here and now, by this process */
	const char *text;   /* how it works here; or why not, and what to do */
};

enum { TP_LIVE_CHOICES = 3 };

struct tp_live_interface {
	const char *name;
	bool up, carrier;
	bool addressed;          /* it has addresses or routes */
	uint64_t speed_bps;      /* 0: not known */
	unsigned queues;         /* that receive; 0: not known */
	const char *driver;      /* NULL: none */
	const char *bus;         /* the adapter's address there, or NULL */
	const char *time_stamps; /* who takes them: "kernel" or "adapter", and perhaps why */
	const struct tp_live_choice *choices;
	size_t choice_count;
};

typedef void tp_live_interface_visitor(void *context, const struct tp_live_interface *interface);

/* The interfaces of this machine, and "any". TP_NO_MEMORY, or TP_OK. */
TP_API enum tp_status tp_each_live_interface(tp_live_interface_visitor *visit, void *context);

/* From when on something counts as wrong. Its name ends in its unit, if it has one. */
struct tp_threshold {
	const char *name, *about;
	double usual, least, most; /* the default, and the bounds */
};

typedef void tp_threshold_visitor(void *context, const struct tp_threshold *threshold);

/* All of them, in the order of docs/detection.md. */
TP_API void tp_each_threshold(tp_threshold_visitor *visit, void *context);

/*
 * Before tp_run(); or while it runs live, from its own thread (that of the handlers `problem` and
 * `progress`): then it holds for what is judged from the next second on. False where there is none
 * of that name, or the value is out of bounds.
 */
TP_API bool tp_threshold_set(struct tp_analysis *analysis, const char *name, double value);

/* What holds for this analysis; not a number where there is none of that name. */
TP_API double tp_threshold_get(const struct tp_analysis *analysis, const char *name);

/* Sources added so far. */
TP_API size_t tp_source_count(const struct tp_analysis *analysis);

/* Analyse to the end of the files, or until tp_stop(). */
TP_API enum tp_status tp_run(struct tp_analysis *analysis);

/* Ask tp_run() to finish. Async-signal-safe. */
TP_API void tp_stop(struct tp_analysis *analysis);

/* --- a capture under way --- */

enum {
	TP_LIVE_SOURCES = 64,
	TP_LIVE_PLACES = 8, /* where packets of a source may be lost */
	TP_LIVE_WORST = 10,
	TP_LIVE_FINDINGS = 64,
	TP_LIVE_MOS_BINS = 7
};

/* Bounds of the bins of ended calls by MOS, below each: G.107 Annex B. The last has none. */
#define TP_LIVE_MOS_BOUNDS                   \
	{                                    \
		2.0, 2.6, 3.1, 3.6, 4.0, 4.3 \
	}

struct tp_live_source {
	char name[128]; /* "pcap:eth1" */
	char vantage[64];
	char absence[TP_REASON_MAX]; /* why it waits for its interface; empty: it does not */
	uint64_t packets, bytes;
	double packets_per_s, bits_per_s; /* of the last seconds; NAN as long as not known */
	int64_t last_time_ns;
	struct tp_count dropped[TP_LIVE_PLACES]; /* packets never seen, by place */
	size_t dropped_count;
};

/* A call under way, by the stream that was worst of late. Text is cut where it is too long. */
struct tp_live_call {
	char id[16], call_id[128];
	char from_uri[96], to_uri[96]; /* empty where no signalling was seen */
	char src[64], dst[64], codec[16];
	int64_t started_ns;
	double mos, loss_pct, jitter_ms; /* of its last half minute, or more in a long call */
};

/* Findings of one kind that are known now; hints are not among them. */
struct tp_live_finding {
	const char *code, *severity;
	uint64_t count;
};

/* What the analysis of a live capture has come to. */
struct tp_live_calls {
	uint64_t active;                                  /* begun and not over */
	uint64_t answered;                                /* of these */
	uint64_t streams_active;                          /* seen within the last half minute */
	uint64_t calls, streams;                          /* ever seen */
	uint64_t completed, failed, cancelled, no_answer; /* calls that are over */
	uint64_t unfinished;                              /* of which nothing more came */
	uint64_t mos_bins[TP_LIVE_MOS_BINS];              /* calls that are over, and were rated */
	double mos_sum;                                   /* of these */
	uint64_t findings_total;                          /* ever, hints too */
	struct tp_live_finding findings[TP_LIVE_FINDINGS];
	size_t finding_count;
	struct tp_live_call worst[TP_LIVE_WORST]; /* the worst first */
	size_t worst_count;
	uint64_t evicted; /* entries that full tables of the desk gave up */
	int64_t time_ns;  /* the clock of the packets; TP_NO_TIME before the first */
};

struct tp_live_figures {
	double elapsed_s;      /* since tp_run() */
	double read_age_s;     /* since sources were last looked after */
	double desk_age_s;     /* since a tick was worked off; NAN before the first */
	uint64_t memory_bytes; /* resident; 0: not known */
	uint64_t memory_peak_bytes;
	struct tp_live_source sources[TP_LIVE_SOURCES];
	size_t source_count;
	struct tp_live_calls calls;
};

/*
 * How a live capture is going, some seconds old at most. From any thread, while tp_run() is at
 * it; false where that has not begun, or nothing is live.
 */
TP_API bool tp_live_get(struct tp_analysis *analysis, struct tp_live_figures *live);

/* --- results, after tp_run() --- */

typedef void tp_capture_visitor(void *context, const struct tp_capture *capture);
typedef void tp_endpoint_visitor(void *context, const struct tp_endpoint *endpoint);
typedef void tp_call_visitor(void *context, const struct tp_call *call);
typedef void tp_report_visitor(void *context, const struct tp_call_report *report);
typedef void tp_stream_visitor(void *context, const struct tp_stream *stream);
typedef void tp_finding_visitor(void *context, const struct tp_finding *finding);
typedef void tp_registration_visitor(void *context, const struct tp_registration *registration);
typedef void tp_exchange_visitor(void *context, const struct tp_exchange *exchange);
typedef void tp_sip_server_visitor(
    void *context, const char *server, const struct tp_sip_metrics *metrics);
typedef void tp_count_visitor(void *context, const struct tp_count *count);

TP_API void tp_each_capture(struct tp_analysis *analysis, tp_capture_visitor *visit, void *context);
TP_API void tp_each_endpoint(
    struct tp_analysis *analysis, tp_endpoint_visitor *visit, void *context);
TP_API void tp_each_call(struct tp_analysis *analysis, tp_call_visitor *visit, void *context);

/* No more than the first `limit` of them. */
TP_API void tp_first_calls(
    struct tp_analysis *analysis, size_t limit, tp_call_visitor *visit, void *context);
TP_API void tp_first_streams(
    struct tp_analysis *analysis, size_t limit, tp_stream_visitor *visit, void *context);

/* Without a record of each; false before tp_run(). */
TP_API bool tp_totals_get(struct tp_analysis *analysis, double poor_mos, struct tp_totals *totals);

/* Each call with its streams and findings. */
TP_API void tp_each_report(struct tp_analysis *analysis, tp_report_visitor *visit, void *context);
TP_API void tp_each_stream(struct tp_analysis *analysis, tp_stream_visitor *visit, void *context);
TP_API void tp_each_finding(struct tp_analysis *analysis, tp_finding_visitor *visit, void *context);

TP_API void tp_each_registration(
    struct tp_analysis *analysis, tp_registration_visitor *visit, void *context);
TP_API void tp_each_exchange(
    struct tp_analysis *analysis, tp_exchange_visitor *visit, void *context);

/* The metrics of RFC 6076 over everything; false before tp_run(). */
TP_API bool tp_sip_metrics_get(struct tp_analysis *analysis, struct tp_sip_metrics *metrics);

/* And per server ("192.0.2.1:5060") that requests went to. */
TP_API void tp_each_sip_server(
    struct tp_analysis *analysis, tp_sip_server_visitor *visit, void *context);

/* --- the packets of chosen calls --- */

/* Is the call one of them? */
typedef bool tp_call_chooser(void *context, const struct tp_call *call);

/*
 * Before tp_run(): tp_extract() is going to write to this file. What cannot be written is known
 * so before the work begins: TP_UNWRITTEN, and the handler is told why.
 *
 * The file appears under its name, and replaces what was there, once it is whole. Until then it
 * is PATH.part, which tp_free() removes where nothing came of it.
 */
TP_API enum tp_status tp_extract_to(struct tp_analysis *analysis, const char *path);

/*
 * After tp_run(): write the packets of the calls that `choose` picks (NULL: all calls) as pcapng,
 * in the order of time: SIP with all segments and fragments of its messages, media, RTCP, and
 * what STUN, TURN, DTLS and ICMP told of that media. Each capture is an interface, named after
 * its vantage and described by its file, with its link type; times and lengths stay.
 *
 * All captures are read twice more, so they must be regular files, with time stamps, that have
 * not changed. One call, one file: TP_UNWRITTEN, and the handler is told why, where tp_extract_to()
 * did not come before. tp_stop() ends it too; there is no file then.
 */
TP_API enum tp_status tp_extract(
    struct tp_analysis *analysis, tp_call_chooser *choose, void *context);

/* --- bad calls, as they end --- */

#define TP_SAVE_LIMIT_MIN   (64ULL << 20)
#define TP_SAVE_LIMIT_USUAL (1ULL << 30)

/* What came of it so far. */
struct tp_saved {
	uint64_t calls;     /* written */
	uint64_t calls_cut; /* of these: their beginning was there no more */
	uint64_t calls_lost;
	uint64_t files, octets; /* in the folder */
	uint64_t files_removed; /* for want of room */
	uint64_t packets_lost; /* that were not there to be saved: the disk was too slow, or full */
};

/*
 * Before tp_run(): each call with a critical finding leaves a pcapng file in this folder when it
 * ends, with what tp_extract() would write of it. The folder is made if need be; all in it takes
 * limit_octets at most, of which half is reserved at once, for the packets of running calls, and
 * half is for files: the oldest give way. Others in the folder are left alone.
 *
 * Packets are never waited for: what is lost is counted. TP_UNWRITTEN: the handler is told why.
 */
TP_API enum tp_status tp_save_bad(
    struct tp_analysis *analysis, const char *folder, uint64_t limit_octets);

/* At any time, in any thread. False where no calls are saved. */
TP_API bool tp_saved_get(const struct tp_analysis *analysis, struct tp_saved *saved);

/* Entries that full tables gave up, by table; nothing where nothing was. */
TP_API void tp_each_eviction(struct tp_analysis *analysis, tp_count_visitor *visit, void *context);

/* "0.1.0" */
TP_API const char *tp_version(void);

#ifdef __cplusplus
}
#endif

#endif
