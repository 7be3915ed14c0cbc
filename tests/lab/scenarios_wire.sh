# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# Live captures of a wire on which recordings are played again:
#
#     player: replay ── out1 ═══ tap1 probe: talkpath capture     (a pair for each recording)
#                 ▲
#             outN.pcap, what the wire carried
#
# What is played, when, and how much of it is known, so what is captured can be held against it. Each
# scenario runs for each kind of source: "same-pcap", "same-xdp", ...
set -euo pipefail

# Kinds of live sources that this build has; $kind is the one at hand.
wire_kinds=(pcap xdp)

# wire_scenario NAME ABOUT: scenario NAME-KIND for each kind, which calls wire_NAME
wire_scenario() {
	local kind
	for kind in "${wire_kinds[@]}"; do
		scenario "$1-$kind" "$2, by $kind"
		eval "scenario_${1//-/_}_$kind() { kind=$kind wire_${1//-/_}; }"
	done
}

# source_of INTERFACE: as --source has it
source_of() { echo "$kind:$1"; }

# --- the wire ------------------------------------------------------------------

# wire_build N: so many pairs, without addresses, for frames as long as xdp takes them
wire_build() {
	local n
	stage="building the wire"
	ns_add player probe
	for ((n = 1; n <= $1; n++)); do
		link player "out$n" "02:00:00:00:0a:$(printf %02x "$n")" - \
			probe "tap$n" "02:00:00:00:0b:$(printf %02x "$n")" -
		ip -n "${network}player" link set "out$n" mtu 3500
		ip -n "${network}probe" link set "tap$n" mtu 3500
	done
	until_true 5 links_up
}

# wire_capture NAME OPTION...: in the namespace $probe, if it has another name; what `talkpath capture` says is NAME.json; $capture is its process
wire_capture() {
	local name=$1
	shift
	stage="starting the capture $name"
	start "$name" "${probe:-probe}" "$talkpath" capture --format json -o "$work/$name.json" --no-progress \
		--control "$work/$name.sock" "$@"
	capture=$started
	until_true 10 is_capturing "$name"
}

# Who answers for it has all its sources.
is_capturing() { at "${probe:-probe}" "$talkpath" capture --status --format json --control "$work/$1.sock" >/dev/null 2>&1; }

# wire_stop NAME PID: ends the capture, by which it tells what it saw
wire_stop() {
	local code=0
	stage="ending the capture $1"
	kill -TERM "$2"
	await "$2" 10 || code=$?
	[ $code = 0 ] || fail "$1: expected exit code 0 of the capture, got $code ($(tail -n 1 "$1.log"))"
}

# wire_record N: what the player's interface N sends is outN.pcap
wire_record() {
	start "tcpdump-$1" player tcpdump -Z root -i "out$1" -s 0 -U --time-stamp-precision=nano \
		-B 16384 -w "$work/out$1.pcap"
	recorders+=("$started")
	until_true 5 grep -sq 'listening on' "$work/tcpdump-$1.log"
}

recorders_stop() {
	local pid
	for pid in "${recorders[@]}"; do
		kill -TERM "$pid"
	done
	for pid in "${recorders[@]}"; do
		await "$pid" 5
	done
}

# --- the same packets, offline and live -------------------------------------------

# What of a report does not depend on how its packets came; of findings, whose confidence may hang on
# times by a hair, two places of it.
wire_gist='{calls: [.calls[] | {call_id, state, status_code, message_count, retransmissions}] | sort,
	streams: [.streams[] | {vantage, src, dst, ssrc, codec, packets, bytes, expected, lost,
		duplicates, reordered, restarts, ttl_min, dscp}] | sort,
	captures: [.captures[] | {vantage, packets, bytes, not_decoded, malformed}] | sort,
	findings: [.findings[] | {code, cause, severity, side, calls_total,
		confidence: (.confidence * 100 | round), endpoints: (.endpoints | sort)}] | sort}'

# The same of packets that came at other times: a machine that is busy sends them late.
wire_gist_untimed="$wire_gist"' | .findings |= map(select(.code | IN("high-jitter", "low-mos") | not))'

# differences A B GIST: what one report says and the other does not
differences() {
	diff <(jq -S "$3" "$1.json") <(jq -S "$3" "$2.json") | grep '^[<>]' | head -n 4 | tr -s '\n ' '  '
}

# expect_same A B [GIST]: the same calls, streams, counts, findings
expect_same() {
	local told=${3:-$wire_gist}
	jq -e --slurpfile other "$2.json" "($told) == (\$other[0] | $told)" "$1.json" >/dev/null ||
		fail "$1 and $2: expected the same, got $(differences "$1" "$2" "$told")"
}

# expect_jitter A B: of each stream the same, as far as time stamps of one packet may be apart
readonly jitter_apart_ms=0.1
expect_jitter() {
	local apart
	apart=$(jq --slurpfile other "$2.json" '
		def streams: [.streams[] | {key: "\(.vantage) \(.ssrc) \(.src)", value: .jitter_mean_ms}] |
			from_entries;
		($other[0] | streams) as $there | streams | to_entries |
		map(if .value == null and $there[.key] == null then 0
			else (.value - $there[.key]) | fabs end) | max // 0' "$1.json")
	jq -ne "$apart <= $jitter_apart_ms" >/dev/null ||
		fail "$1 and $2: expected jitter within $jitter_apart_ms ms, got $apart ms apart"
	jitter_most=$(jq -n "[$apart, ${jitter_most:-0}] | max")
}

# Each recording that ships, through wires of its own, all at once; a capture for each, with the
# vantages that the recording has.
wire_scenario same "the recordings of pcaps/ played again: what is said live is what is said of the files"
wire_same() {
	local name side n=0 pid
	local -A files=() captures=() played=() taps=() sent=()
	for name in "${shipped[@]}"; do
		for side in lan mid wan; do
			[ -e "$pcaps/$name/$side.pcap" ] || continue
			n=$((n + 1))
			files[$name]+=" --vantage $side=$pcaps/$name/$side.pcap"
			played[$name]+=" out$n=$pcaps/$name/$side.pcap"
			taps[$name]+=" --vantage $side=$(source_of "tap$n")"
			sent[$name]+=" --vantage $side=out$n.pcap"
		done
	done
	wire_build $n
	recorders=()
	while [ $n -gt 0 ]; do
		wire_record $n
		n=$((n - 1))
	done
	for name in "${shipped[@]}"; do
		# shellcheck disable=SC2086 # options
		wire_capture "live-$name" ${taps[$name]}
		captures[$name]=$capture
	done
	wire_play
	recorders_stop
	for name in "${shipped[@]}"; do
		wire_stop "live-$name" "${captures[$name]}"
	done
	wire_compare
	checked+=("${#shipped[@]} recordings: calls, streams, counts and findings alike")
	checked+=("jitter within $(printf %.4f "$jitter_most") ms of that in the wire's own recording")
}

# All of $played at once.
wire_play() {
	local name pid players=()
	stage="playing the recordings"
	for name in "${!played[@]}"; do
		# shellcheck disable=SC2086
		start "replay-$name" player "$root/replay" ${played[$name]}
		players+=("$started")
	done
	for pid in "${players[@]}"; do
		await "$pid" 30
	done
	sleep 1.2 # the last block of the kernel's buffer, as tcpdump has it
}

wire_compare() {
	local name
	for name in "${shipped[@]}"; do
		stage="analysing $name"
		# shellcheck disable=SC2086
		"$talkpath" analyze --format json -o "file-$name.json" ${files[$name]}
		# shellcheck disable=SC2086
		"$talkpath" analyze --format json -o "wire-$name.json" ${sent[$name]}
		expect_same "wire-$name" "live-$name"
		expect_same "file-$name" "live-$name" "$wire_gist_untimed"
		expect_jitter "wire-$name" "live-$name"
	done
}

# --- more than can be taken ---------------------------------------------------------

# reader_of PID: the process that reads the packets of a capture
reader_of() { pgrep -P "$1" || echo "$1"; }

# Packets that the players say they sent. sent NAME...
sent() { sed -n 's/^sent \([0-9]*\) packets.*/\1/p' "${@/%/.log}" | awk '{ n += $1 } END { print n }'; }

# expect_counted NAME SENT: each packet was received, measured or not, or is counted as dropped
expect_counted() {
	expect_jq "$1" "$2 packets, received or counted" \
		'([.captures[] | .packets, .dropped.kernel, .dropped.interface] | add) == $sent' \
		'[.captures[] | {packets, dropped}]' --argjson sent "$2"
}

wire_scenario overload "a capture that is kept from reading, then flooded: each packet is there or counted"
wire_overload() {
	wire_build 1
	stage="making a flood"
	nice "$generator" --calls 50 --seconds 20 --seed 7 "$work/flood.pcap"
	wire_capture flooded --buffer 4M --source "$(source_of tap1)"
	stage="flooding"
	start replay player "$root/replay" -a -n 2 out1=flood.pcap
	await "$started" 30
	kill -STOP "$(reader_of "$capture")"
	start replay-unread player "$root/replay" -a -n 6 out1=flood.pcap
	await "$started" 30
	kill -CONT "$(reader_of "$capture")"
	start replay-after player "$root/replay" -a -n 2 out1=flood.pcap
	await "$started" 30
	sleep 1
	wire_stop flooded "$capture"
	expect_counted flooded "$(sent replay replay-unread replay-after)"
	expect_jq flooded "drops" '[.captures[].dropped[]] | add > 1000' '[.captures[].dropped]'
	expect_jq flooded "nothing claimed but capture-loss" \
		'[.findings[] | select(.confidence >= 0.5) | .code] == ["capture-loss"]' "$findings"
	checked+=("sent = received + dropped: $(jq -c '.captures[0] | [.packets, .dropped]' flooded.json)")
}

# --- nothing to do --------------------------------------------------------------------

# cpu_ms PID: of all its threads, so far
cpu_ms() {
	local stat
	read -r -a stat < <(sed 's/.*) //' "/proc/$1/stat")
	echo $(((stat[11] + stat[12]) * 1000 / $(getconf CLK_TCK)))
}

wire_scenario idle "a capture of a silent interface costs less than a hundredth of a core"
wire_idle() {
	local begun spent=0 pid pids
	wire_build 1
	wire_capture idle --source "$(source_of tap1)" --pin 0 --workers 1
	sleep 1
	stage="doing nothing"
	mapfile -t pids < <(printf '%s\n' "$capture" "$(reader_of "$capture")" | sort -u)
	begun=0
	for pid in "${pids[@]}"; do
		begun=$((begun + $(cpu_ms "$pid")))
	done
	sleep 10
	grep -h '^Cpus_allowed_list' "/proc/$(reader_of "$capture")"/task/*/status >pinned
	[ "$(cut -f 2 pinned | grep -cx 0)" = 3 ] ||
		fail "idle: expected reader, worker and desk on core 0, got $(sort pinned | uniq -c)"
	for pid in "${pids[@]}"; do
		spent=$((spent + $(cpu_ms "$pid")))
	done
	spent=$((spent - begun))
	wire_stop idle "$capture"
	[ $spent -lt 100 ] || fail "idle: expected less than 100 ms of processor time in 10 s, got $spent ms"
	checked+=("$spent ms of processor time in 10 s")
}
