# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# Bad calls that a live capture leaves as files.
set -euo pipefail

# How a call was judged, wherever it was captured; confidence may hang on times by a hair.
saved_gist='{calls: [.calls[] | {call_id, state, status_code, message_count, retransmissions}],
	streams: [.streams[] | {src, dst, ssrc, codec, packets, lost, duplicates, reordered}] | sort,
	findings: [.findings[] | {code, cause, severity, side, confidence: (.confidence * 100 | round)}] |
		sort}'

wire_scenario saved "a bad call and a good one: the bad one is left as a file, which is judged the same"
wire_saved() {
	local saved
	wire_build 1
	wire_capture both --source "$(source_of tap1)" --save-bad "$work/bad" --save-limit 64M
	stage="making a bad call and a good one"
	start replay-bad player "$root/replay" "out1=$pcaps/no-latch/lan.pcap"
	await "$started" 30
	start replay-good player "$root/replay" "out1=$pcaps/nat-clean/lan.pcap"
	await "$started" 30
	sleep 0.5
	wire_stop both "$capture"
	stage="looking at what is left"
	saved=("$work"/bad/*)
	[ ${#saved[@]} = 1 ] && [ -f "${saved[0]}" ] ||
		fail "saved: expected one file, got ${saved[*]}"
	"$talkpath" analyze --format json -o file.json "$pcaps/no-latch/lan.pcap"
	"$talkpath" analyze --format json -o saved.json "${saved[0]}"
	jq -e --slurpfile file file.json "($saved_gist) == (\$file[0] | $saved_gist)" saved.json >/dev/null ||
		fail "saved: expected what is said of the recording, got $(jq -c "$saved_gist" saved.json)"
	expect_jq both "two calls" '.calls | length == 2' '[.calls[].call_id]'
	grep -q 'bad calls saved: 1 .* not saved: 0; .* kept: 0$' both.log ||
		fail "saved: expected one saved call, got $(tail -n 1 both.log)"
	checked+=("one file, $(stat -c %s "${saved[0]}") octets, judged as the recording is")
}
