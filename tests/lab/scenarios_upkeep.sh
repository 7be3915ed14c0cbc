# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# What happens to a capture that runs for weeks: its interface goes and comes back, it is told to read
# its configuration again, its process is killed; and what may be missing when it is to begin.
set -euo pipefail

# Two calls of ten seconds of media, on the wire while something happens to the capture.
calls_begin() {
	wire_build 1
	stage="making calls"
	nice "$generator" --calls 2 --seconds 10 --seed 7 "$work/calls.pcap"
	wire_capture calls --source "$(source_of tap1)"
	start replay player "$root/replay" out1=calls.pcap
	replayer=$started
	sleep 3
	stage="while calls are under way"
}

calls_end() {
	stage="the end of the calls"
	await "$replayer" 30
	sleep 0.5
	wire_stop calls "$capture"
}

# What is missing is the capture's fault, and nobody else's.
expect_away() {
	expect_jq calls "capture-loss, since the interface was away" '
		[.findings[] | select(.confidence >= 0.5)] | all(.code == "capture-loss") and
			any(.cause == "interface-away")' "$findings"
}

# The calls went on, in the streams that they began with.
expect_calls_on() {
	expect_jq calls "two calls, to their end" '[.calls[].state] == ["completed", "completed"]' '[.calls[].state]'
	expect_jq calls "four streams" '(.streams | length) == 4' '[.streams[] | {src, ssrc, packets, lost}]'
}

wire_scenario flap "the interface goes down and comes up while calls are under way: they go on"
wire_flap() {
	calls_begin
	ip -n "${network}probe" link set tap1 down
	sleep 1
	ip -n "${network}probe" link set tap1 up
	calls_end
	expect_calls_on
	expect_jq calls "packets from before and after" 'all(.streams[]; .packets > 300 and .packets < 480)' \
		'[.streams[].packets]'
	expect_away
	checked+=("two calls in four streams, $(jq -c '[.streams[].packets]' calls.json) of 500 packets each")
}

wire_scenario gone "the interface is taken away and comes back while calls are under way: they go on"
wire_gone() {
	ns_add elsewhere
	calls_begin
	ip -n "${network}probe" link set tap1 netns "${network}elsewhere"
	sleep 1.5
	ip -n "${network}elsewhere" link set tap1 netns "${network}probe"
	ip -n "${network}probe" link set tap1 up
	calls_end
	expect_calls_on
	expect_jq calls "packets from before and after" 'all(.streams[]; .packets > 250 and .packets < 450)' \
		'[.streams[].packets]'
	expect_away
	checked+=("two calls in four streams, $(jq -c '[.streams[].packets]' calls.json) of 500 packets each")
}

# Of packet sockets there may be two, and one hands over to the other; of xdp's there may not.
wire_scenario hangup "SIGHUP while calls are under way: sources are opened anew, and what is missing is said"
wire_hangup() {
	calls_begin
	kill -HUP "$capture"
	sleep 2
	kill -HUP "$capture"
	calls_end
	expect_calls_on
	if [ $kind = pcap ]; then
		expect_jq calls "every packet once" \
			'all(.streams[]; .packets == 500 and .lost == 0 and .duplicates == 0)' \
			'[.streams[] | [.packets, .lost, .duplicates]]'
	else
		expect_away
		expect_jq calls "packets from before and after" 'all(.streams[]; .packets > 400)' \
			'[.streams[].packets]'
	fi
	checked+=("two calls, $(jq -c '[.streams[].packets]' calls.json) of 500 packets each")
}

wire_scenario killed "the process that reads packets is killed: the other one says so, and ends with 5"
wire_killed() {
	local code=0
	calls_begin
	kill -KILL "$(reader_of "$capture")"
	await "$capture" 5 || code=$?
	[ $code = 5 ] || fail "calls: expected exit code 5, got $code"
	expect_text calls.log "ended by signal 9" "$(cat calls.log)"
	ip -n "${network}probe" -o link show tap1 | grep -q ' xdp' &&
		fail "tap1: expected no program of ours to be left there, got one"
	checked+=("exit code 5: $(tail -n 1 calls.log)")
	await "$replayer" 30
}

wire_scenario orphaned "the process with privileges is killed: the other one ends, and tells what it saw"
wire_orphaned() {
	calls_begin
	analyzer=$(reader_of "$capture")
	kill -KILL "$capture"
	until_true 10 is_gone "$analyzer"
	jq -e '.calls | length == 2' calls.json >/dev/null || fail "calls.json: expected two calls"
	checked+=("the reader ends with a report of $(jq '[.captures[].packets] | add' calls.json) packets")
	await "$replayer" 30
}
is_gone() { ! kill -0 "$1" 2>/dev/null; }

# --- what may be missing ---------------------------------------------------------------

# cannot_start WORDS OPTION...: the capture says WORDS, and ends with 5; $unprivileged: as nobody
cannot_start() {
	local words=$1 code=0 as=()
	shift
	[ -z "${unprivileged:-}" ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups --)
	start refused "${probe:-probe}" "${as[@]}" "$talkpath" capture --duration 1 "$@"
	await "$started" 10 || code=$?
	[ $code = 5 ] || fail "capture $*: expected exit code 5, got $code"
	expect_text "capture $*" "$words" "$(cat refused.log)"
	said+=("$(sed -n '1s/^talkpath: //p' refused.log)")
}

wire_scenario refused "without privileges, or an interface: what is missing, what to do, and exit code 5"
wire_refused() {
	said=()
	wire_build 1
	stage="starting what cannot start"
	cannot_start "there is no such interface; see" --source "$(source_of tap9)"
	ip -n "${network}probe" link set tap1 down
	cannot_start "ip link set tap1 up" --source "$(source_of tap1)"
	ip -n "${network}probe" link set tap1 up
	chmod o+x "$root" "$work"
	unprivileged=1 cannot_start "setcap" --source "$(source_of tap1)"
	checked+=("$(join " | " "${said[@]}")")
}

# --- nobody else notices ------------------------------------------------------------------

# A router through which a real call goes, and which captures what a mirror port shows it: other calls.
scenario harmless-xdp "a call through a host that captures by xdp: nothing of it is missing anywhere"
scenario_harmless_xdp() {
	local probe=router kind=xdp said=() side
	network_build
	router_setup
	ns_add player
	link player out1 02:00:00:00:0a:01 - router tap1 02:00:00:00:0b:01 -
	for side in lan wan; do
		stage="capturing where packets belong to somebody"
		cannot_start "xdp: takes packets away" --source "xdp:$side"
	done
	wire_capture mirrored --source xdp:tap1
	start replay player "$root/replay" out1="$pcaps/hold/lan.pcap"
	replayer=$started
	placed latch
	await "$replayer" 20
	wire_stop mirrored "$capture"
	expect_media
	expects all ""
	expect_jq mirrored "the call of the mirror port" '[.calls[].state] == ["completed"]' '[.calls[].state]'
	checked+=("xdp:lan is refused: ${said[0]}")
}
