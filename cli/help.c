/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <stddef.h>

const char help_general[] =
    "talkpath says why calls sound bad, with proof.\n"
    "\n"
    "Usage:\n"
    "  talkpath analyze [options] FILE...   analyse captures (pcap, pcapng)\n"
    "  talkpath capture [options]           analyse live traffic of an interface\n"
    "  talkpath explain [CODE]              what a finding means, and how it is proven\n"
    "  talkpath version\n"
    "  talkpath help [analyze|capture|filter|thresholds]\n"
    "\n"
    "Examples:\n"
    "  talkpath analyze ticket.pcap\n"
    "  talkpath analyze --vantage lan=phone.pcap --vantage wan=router.pcap\n"
    "  talkpath capture --source pcap:eth1 --store redis://127.0.0.1\n";

#define HELP_COMMON                                                                               \
	"  --format text|json|ndjson|csv\n"                                                       \
	"                          how to report (text); csv has one row per call\n"              \
	"  --filter EXPRESSION     report only calls for which it holds: see talkpath help "      \
	"filter\n"                                                                                \
	"  --call-id ID            report only this call: its Call-ID, or its id such as c12\n"   \
	"  -o, --output FILE       where to report (standard output)\n"                           \
	"  --store URL             publish ended calls: "                                         \
	"redis://[user:password@]host[:port][/db]\n"                                              \
	"                          or redis+unix:///path.sock[?db=N]; may be repeated\n"          \
	"  --site NAME             the site that the calls belong to\n"                           \
	"  --probe NAME            the probe that saw them\n"                                     \
	"  --workers N             threads that measure media; 0 does everything in one thread\n" \
	"                          (from cores and file size)\n"                                  \
	"  --max-calls N           calls kept at once\n"                                          \
	"  --max-streams N         streams measured at once\n"                                    \
	"  --max-memory SIZE       what tables may take in all, such as 512M; they are made to "  \
	"fit\n"                                                                                   \
	"  --config FILE           options and thresholds in YAML: docs/live.md, talkpath help "  \
	"thresholds\n"                                                                            \
	"  --plc g711|none         how receivers of G.711 conceal lost packets, for MOS (g711:\n" \
	"                          as its Appendix I does; none: not at all)\n"                   \
	"  --uplink DOWN/UP        rates of the site's line in bits a second, such as 50M/10M\n"  \
	"  --fail-on warning|critical\n"                                                          \
	"                          exit with 1 if a problem of that severity was found\n"         \
	"  --no-progress, --quiet  no progress bar\n"

#define HELP_EXIT                                                                               \
	"\n"                                                                                    \
	"Exit codes: 0 analysed, 1 --fail-on applies, 2 usage, 3 an input could not be read,\n" \
	"4 output could not be written, 5 live capture could not start.\n"

const char help_analyze[] =
    "Usage: talkpath analyze [options] FILE...\n"
    "\n"
    "Reads pcap and pcapng files, all at once and in the order of time, and reports: the\n"
    "verdict, what is wrong and by which packets, every call and every stream. Files may be\n"
    "compressed (.gz .zst .xz .lz4 .bz2); each capture inside a .zip or .tar is one of its own;\n"
    "\"-\" is standard input.\n"
    "\n"
    "  --vantage NAME=FILE     FILE was captured at the point NAME: lan, wan, server, or any\n"
    "                          name; several files may share one. Two points of one call\n"
    "                          prove what the router between them did.\n"
    "  --extract FILE          write the packets of the calls that --call-id and --filter choose\n"
    "                          (SIP, media, RTCP, STUN, ICMP) to FILE as pcapng; reads the\n"
    "                          captures once more, so not from a pipe\n" HELP_COMMON HELP_EXIT "\n"
    "Examples:\n"
    "  talkpath analyze ticket.pcap\n"
    "  talkpath analyze ticket.zip\n"
    "  ssh router tcpdump -w - udp | talkpath analyze -\n"
    "  talkpath analyze --vantage lan=phone.pcap --vantage wan=router.pcap\n"
    "  talkpath analyze --format json -o report.json morning.pcap afternoon.pcap\n"
    "  talkpath analyze --format csv --filter 'mos < 3.5 and from ~ \"100\"' week.pcap\n"
    "  talkpath analyze --call-id c12 --extract c12.pcapng day.pcap.gz\n";

const char help_filter[] =
    "--filter 'EXPRESSION' reports only the calls for which the expression holds.\n"
    "\n"
    "Comparisons:      field = value, !=, <, <=, >, >=, ~ (holds the text), !~\n"
    "                  a field alone: there is a value at all\n"
    "Joined by:        and, or, not, parentheses\n"
    "Of a call:        id call_id from to state status ended_by started answered ended\n"
    "                  duration_s setup_ms post_dial_delay_ms messages retransmissions\n"
    "                  user_agent mos r_factor streams signalling\n"
    "Of its streams:   loss_pct lost packets jitter_ms jitter_max_ms delta_max_ms stream_mos\n"
    "                  codec media address src dst ssrc dscp vantage\n"
    "Of its findings:  finding cause severity confidence\n"
    "\n"
    "A comparison holds if it does for any value of the field: loss_pct > 2 finds calls with a\n"
    "stream that lost more than 2 %. != and !~ hold where = and ~ do not. Text compares without\n"
    "regard to case; text with blanks stands in quotes.\n"
    "\n"
    "Examples:\n"
    "  --filter 'mos < 3.5 and from ~ \"100\"'\n"
    "  --filter 'state = failed and not (status = 486 or status = 487)'\n"
    "  --filter 'finding and address ~ 192.168.1.'\n"
    "  --filter 'started >= 2026-01-01T09:00 and started < 2026-01-01T10:00'\n";

/* A string of C may not be as long as all of it. */
const char *const help_capture[] = {
    "Usage: talkpath capture --source SOURCE [options]\n"
    "       talkpath capture --list [--format json]\n"
    "       talkpath capture --status [--format json]\n"
    "\n"
    "Watches an interface (a mirror port, say) until Ctrl-C, SIGTERM or --duration, publishes\n"
    "each call as it ends to the stores, and reports at the end. It sends nothing. One process\n"
    "keeps the right to open interfaces (root, or CAP_NET_RAW); another one, without any\n"
    "privileges, reads the packets. SIGHUP opens everything anew and reads --config again.\n"
    "\n"
    "  --source pcap:IF        an interface, or pcap:any for all; may be repeated\n"
    "           xdp:IF         the same by AF_XDP, for millions of packets a second\n"
    "           dpdk:ARGUMENTS the same by DPDK, with its EAL arguments; behind -- its ports\n"
    "  --vantage NAME=SOURCE   the same, at the capture point NAME (lan, wan, server, ...)\n"
    "  --filter-bpf EXPRESSION only packets for which it holds: see man pcap-filter\n"
    "  --buffer SIZE           of the kernel's buffer for each source, such as 64M\n"
    "  --mirror-port           what comes in by an xdp: interface is meant for nobody else\n"
    "  --known-media           xdp: of RTP only what SIP announced\n"
    "  --cut-media OCTETS      xdp: so much of each RTP payload; video costs less\n"
    "  --user NAME             whom the process that reads belongs to (nobody, if root starts it)\n"
    "  --list                  show the interfaces and what each kind of source can do there,\n"
    "                          or why it cannot\n"
    "  --pin CORES             keep threads to cores, such as 2-4: the one that reads to the\n"
    "                          first, workers to those that follow, the desk to the last\n"
    "  --duration SECONDS      end by itself\n"
    "  --save-bad DIR          leave a pcapng of each call with a critical finding in DIR\n"
    "  --save-limit SIZE       that DIR may take in all (1G): half of it is reserved for packets\n"
    "                          of running calls, half is for files, the oldest of which give "
    "way\n"
    "  --status                show how the capture goes that runs; on a terminal every second.\n"
    "                          With --format json one object\n"
    "  --control PATH|none     the socket by which it is asked (/run/talkpath.sock)\n"
    "  --metrics [HOST:]PORT   serve GET /metrics (Prometheus) and /health over HTTP; without a\n"
    "                          host to this machine alone\n",
    HELP_COMMON HELP_EXIT "\n",
    "Examples:\n"
    "  talkpath capture --list\n"
    "  talkpath capture --source pcap:eth1\n"
    "  talkpath capture --vantage lan=pcap:eth1 --vantage wan=pcap:eth2 --duration 600\n"
    "  talkpath capture --source pcap:any --filter-bpf 'udp or icmp' --buffer 256M\n"
    "  talkpath capture --source pcap:eth1 --max-memory 512M --pin 2,3\n"
    "  talkpath capture --source xdp:eth1 --buffer 256M\n"
    "  talkpath capture --source 'dpdk:-l 0-2 -a 0000:03:00.0'\n"
    "  talkpath capture --source pcap:eth1 --site berlin --store redis://10.0.0.5\n"
    "  talkpath capture --source pcap:eth1 --save-bad /var/lib/talkpath/bad --save-limit 20G\n"
    "  talkpath capture --config /etc/talkpath/talkpath.yml --metrics 9460\n"
    "  talkpath capture --status\n"
    "  talkpath capture --status --format json | jq '.worst_calls[] | {id, mos}'\n",
    NULL,
};

const char help_explain[] =
    "Usage: talkpath explain [CODE]\n"
    "\n"
    "What a finding of this code means, how it is proven and how surely, what is not taken for\n"
    "it, and what to do: its section of docs/detection.md. Without a code, a list of all.\n";
