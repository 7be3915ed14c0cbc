# shellcheck shell=bash disable=SC2034,SC2154 # the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# Processes of a scenario: recordings, servers, phones. Each is known by its id and is ended by it.
#
# Reads: $lab, $root, $work, $scenario, $generator, $points; keeps $stage.
set -euo pipefail

talk_s=6 # seconds of audio in each direction
readonly patience=3 # times as long as an idle machine needs is waited
latch_options=()
last_message="SIP/2.0 200 OK" # of every recording, as a pattern
more="" # SDP after the port

# --- processes ---------------------------------------------------------------

# start NAME NS COMMAND...: in the background, output to NAME.log; $started is its id
start() {
	local name=$1
	shift
	in_ns "$@" >"$work/$name.log" 2>&1 &
	started=$!
}

# await PID SECONDS: its exit code; fails if it does not end in time
await() {
	local tries=$(($2 * 20 * patience))
	while kill -0 "$1" 2>/dev/null; do
		[ $tries -gt 0 ] || { echo "process $1 does not end" >&2; return 124; }
		tries=$((tries - 1))
		sleep 0.05
	done
	wait "$1"
}

# until_true SECONDS COMMAND...
until_true() {
	local tries=$(($1 * 20 * patience))
	shift
	until "$@"; do
		[ $tries -gt 0 ] || return 1
		tries=$((tries - 1))
		sleep 0.05
	done
}

# Those that still run: ask, then insist.
processes_end() {
	local pid left
	mapfile -t left < <(jobs -pr)
	for pid in "${left[@]}"; do
		kill -TERM "$pid" 2>/dev/null
	done
	for pid in "${left[@]}"; do
		await "$pid" 2 2>/dev/null
		[ $? -ne 124 ] || kill -KILL "$pid" 2>/dev/null
	done
}

# For the result of a scenario that broke down: the last words of the newest log, best of sipp's.
log_tail() {
	local newest
	newest=$(newest_log '*-errors.log')
	[ -n "$newest" ] || newest=$(newest_log '*.log')
	[ -z "$newest" ] || printf ' (%s: %s)' "${newest##*/}" \
		"$(tail -n 3 "$newest" | tr '\r\n\t' '   ' | tr -dc '[:print:]')"
}

newest_log() {
	find "$work" -name "$1" -size +0 -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-
}

# is_bound NS PORT: does a UDP socket listen there?
is_bound() { at "$1" grep -qiE "$(printf ':%04X 0{8,32}:0000' "$2")" /proc/net/udp /proc/net/udp6; }

# is_listening NS PORT: the same by $transport
is_listening() {
	[ "${transport:-u1}" = u1 ] && { is_bound "$@"; return; }
	at "$1" grep -qiE "$(printf ':%04X 0{8,32}:0000 0A' "$2")" /proc/net/tcp /proc/net/tcp6
}

# --- recordings --------------------------------------------------------------

# What is recorded: all that a call is made of, and what refuses it.
recorded='udp or tcp or icmp or (icmp6 and ip6[40] < 128)'

# The capture points in the order in which a call from the phone passes them.
sides() {
	local side
	for side in lan mid wan op; do
		[ -z "${points[$side]:-}" ] || echo "$side"
	done
}

record_start() {
	local side
	stage="starting to record"
	recorders=()
	until_true 5 links_up
	for side in $(sides); do
		# shellcheck disable=SC2086 # a namespace and an interface
		record_at $side ${points[$side]}
	done
}

# record_at SIDE NS INTERFACE
record_at() {
	start "tcpdump-$1" "$2" tcpdump -Z root -i "$3" -s 0 -U -w "$work/$1.pcap" "$recorded"
	recorders+=("$started")
	until_true 5 grep -sq 'listening on' "$work/tcpdump-$1.log"
}

# After the last message: wait until it is in the files, and see that nothing is missing from them.
record_stop() {
	local side pid
	stage="recording all of it, to the end of the call,"
	sleep 1
	for pid in "${recorders[@]}"; do
		kill -TERM "$pid"
	done
	for pid in "${recorders[@]}"; do
		await "$pid" 5
	done
	for side in $(sides); do
		grep -q '^0 packets dropped by kernel' "$work/tcpdump-$side.log"
		# shellcheck disable=SC2053 # a pattern
		[[ $(sip_starts "$side" | tail -n 1) == $last_message ]]
	done
	# As a mirror of all these ports shows it: one file, in the order of time.
	# shellcheck disable=SC2046
	(cd "$work" && mergecap -F pcap -w all.pcap $(sides | sed 's/$/.pcap/'))
}

# sip_starts SIDE: the first lines of all messages, over UDP and TCP
sip_starts() {
	tcpdump -nAr "$work/$1.pcap" port 5060 2>/dev/null |
		grep -aoE 'SIP/2.0 [1-6][0-9][0-9] [A-Za-z ]+|[A-Z]+ sips?:[^ ]+ SIP/2.0'
}

# --- who talks ---------------------------------------------------------------

# own_number NAME: the same in every run, another one for everybody in every scenario. SSRCs come
# from it: recordings of several scenarios can be analysed together.
own_number() {
	local sum
	sum=$(cksum <<<"$scenario/$1")
	echo $((${sum%% *} % 2147483647 + 1))
}

# audio NAME: NAME/audio.pcap, one direction of a generated call
audio() {
	stage="making audio"
	mkdir -p "$work/$1"
	nice "$generator" --no-signalling --calls 1 --seconds "$talk_s" --seed "$(own_number "$1")" \
		"$work/$1/both.pcap"
	tcpdump -r "$work/$1/both.pcap" -w "$work/$1/audio.pcap" 'src net 10.1.0.0/16' 2>/dev/null
	rm "$work/$1/both.pcap"
}

# sipp_start NAME NS SCENARIO ADDRESS OPTION...: in a folder of its own, where its audio is, and its
# scenario, because that is where sipp looks for audio. Of two values of a key sipp takes the first:
# those that come last are for who says nothing else. $transport: u1, UDP, or t1, TCP.
sipp_start() {
	local name=$1 ns=$2 file=$3 address=$4
	local ip=IP4 agent=LabServer/1.0
	shift 4
	[[ $address != *:* ]] || ip=IP6
	[[ $ns != phone* ]] || agent=LabPhone/1.0
	mkdir -p "$work/$name"
	[ -e "$work/$name/$file" ] || cp "$lab/sipp/$file" "$work/$name/"
	cd "$work/$name"
	start "$name/${file%.xml}" "$ns" sipp -sf "$file" -i "$address" -mi "$address" -p 5060 \
		-t "${transport:-u1}" -nostdin -timeout 40 -timeout_error -trace_err \
		-error_file "${file%.xml}-errors.log" "$@" \
		-key media_host "$ip ${media_address:-$address}" -key agent "$agent" \
		-key user 200 -key talk "${talk:-true}"
	cd "$work"
}

# latch_start NAME NS ADDRESS PORT: a media peer; $latch_options say how it behaves, $latch_s how
# long it sends
latch_start() {
	start "$1-latch" "$2" "$root/latch" "${latch_options[@]}" "$3" "$4" "$(own_number "$1")" \
		"${latch_s:-$talk_s}"
	until_true 5 is_bound "$2" "$4"
	latcher=$started
}

# server_start KIND [NAME [ADDRESS]]: takes one registration and one call. KIND is where its audio
# comes from: "latch", "hold" (a latching one that is put on hold), "play" (sent to the address in
# SDP), "echo", "none". $via_mark completes the phone's Via.
server_start() {
	local kind=$1 name=${2:-server} address=${3:-203.0.113.10}
	local mark=${via_mark-=5060;received=203.0.113.2}
	local options=(-m 2 -key via_mark "$mark" -key audio_port "20000$more") file=answer.xml
	case $kind in
	latch | hold)
		stage="starting the latching peer"
		latch_start "$name" server "$address" 20000
		options+=(-mp 6000 -key audio_pid "${latcher:-}")
		[ "$kind" = latch ] || file=answer-hold.xml
		;;
	echo) options+=(-mp 20000 -rtp_echo) ;;
	none) options+=(-mp 6000) ;;
	play)
		file=answer-play.xml
		options+=(-mp 20000)
		audio "$name"
		;;
	esac
	stage="starting the server"
	sipp_start "$name" server "$file" "$address" "${options[@]}"
	servers+=("$started")
	until_true 5 is_listening server 5060
}

# server_start_many N: one server takes N registrations and N calls; sipp numbers what it takes and
# gives the call with number n the port 20000 + 4 (n - 1).
server_start_many() {
	local n
	stage="starting the server"
	for ((n = $1; n < 2 * $1; n++)); do
		latch_start "server$n" server 203.0.113.10 $((20000 + 4 * n))
	done
	mkdir "$work/server"
	sed 's/\[audio_port\]/[auto_media_port]/' "$lab/sipp/answer.xml" >"$work/server/answer.xml"
	sipp_start server server answer.xml 203.0.113.10 -m $((2 * $1)) -mp 20000 \
		-key via_mark "$via_mark"
	servers+=("$started")
	until_true 5 is_listening server 5060
}

# phone_start NAME ADDRESS MEDIA_PORT FILE OPTION...: what a phone does; $started is its process.
# $phone_own: the address that it takes for its own, if it is another one. $phone_ns: where it is.
# $caller, $callee: who calls whom.
phone_start() {
	local name=$1 address=$2 port=$3 file=$4 own=${phone_own:-$2} user
	shift 4
	user=${caller:-${address##*[.:]}0}
	user=${user%@*}
	local ip=IP4 host=$own
	[[ $own != *:* ]] || ip=IP6 host="[$own]"
	sipp_start "$name" "${phone_ns:-phone}" "$file" "$address" -m 1 -mp "$port" -key user "$user" \
		-key own "$host" -key host "$ip $own" -key caller "${caller:-$user@${*: -1}}" \
		-key callee "${callee:-200@203.0.113.10}" \
		-key audio_port "${audio_port:-$port}" -key rport "${phone_rport-;rport}" "$@"
}

# registered MARK: the phone registers, or refreshes its registration (RFC 3261 10.2.4), with a server
# that does nothing else, and marks its Via so
registrations=0
registered() {
	local registrar
	stage="registering"
	registrations=$((registrations + 1))
	sipp_start server server answer-register.xml 203.0.113.10 -m 1 -key via_mark "$1"
	registrar=$started
	until_true 5 is_listening server 5060
	phone_start phone 192.168.1.10 16384 register.xml -cid_str "registration@%s" \
		-base_cseq "$registrations" 203.0.113.10
	await "$started" 10
	await "$registrar" 5
}

# One phone registers and calls, to the end of the call. call [FILE [OPTION...]]; $phone_port: where
# its audio is, or sipp's own, if that is another process
call() {
	local file=${1:-call.xml} pid server=${server_address:-203.0.113.10}
	local address=${phone_address:-192.168.1.10}
	[[ $server != *:* ]] || server="[$server]"
	[ $# -eq 0 ] || shift
	audio phone
	stage="registering"
	phone_start phone "$address" "${phone_port:-16384}" register.xml "$server"
	await "$started" 10
	stage="the call"
	phone_start phone "$address" "${phone_port:-16384}" "$file" -d $((talk_s * 1000 + 300)) "$@" "$server"
	await "$started" 40
	stage="the server's part of the call"
	for pid in "${servers[@]}"; do
		await "$pid" 5
	done
	if [ -n "${latcher:-}" ] && [ "${latch_awaited:-1}" = 1 ]; then
		stage="the latching peer"
		await "$latcher" 5
	fi
}
