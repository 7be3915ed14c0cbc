# shellcheck shell=bash disable=SC2034,SC2154 # the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# An operator beyond the router, and phones that are no scripts:
#
#     phone ── lan│router│wan ── [mid] ── 203.0.113.10 server │inside ──────── callee
#     192.168.1.10      203.0.113.2      kamailio, rtpengine   192.0.2.1   ▲   192.0.2.20
#     baresip, sipp                      203.0.113.30 coturn            op.pcap
#
# Reads: $lab, $root, $work, $network, $talk_s; keeps $stage, $points.
set -euo pipefail

# --- the network ---------------------------------------------------------------

# operator_network [double]: network_build, and the operator's inside
operator_network() {
	local outer=router
	network_build "$@"
	[ "${1:-}" != double ] || outer=router2
	stage="building the operator's network"
	ns_add callee
	link server inside 02:00:00:00:06:01 192.0.2.1/24 callee eth0 02:00:00:00:06:20 192.0.2.20/24
	points[op]="server inside"
	ip -n "${network}callee" route add default via 192.0.2.1
	ip -n "${network}server" addr add 203.0.113.30/24 dev eth0
	ip -n "$network$outer" route replace default via 203.0.113.10
	at server sysctl -qw net.ipv4.ip_forward=1
}

# --- the operator ----------------------------------------------------------------

# accepts NS PORT: does a TCP socket listen there?
accepts() { transport=t1 is_listening "$@"; }

# operator_start [MEDIA_RELAY]: the relay first, which the proxy looks for as it starts
operator_start() {
	local defines=()
	if [ "${1:-}" = MEDIA_RELAY ]; then
		stage="starting rtpengine"
		defines=(-A MEDIA_RELAY)
		start rtpengine server rtpengine --table=-1 --foreground --log-stderr --log-level=5 \
			--interface=outside/203.0.113.10 --interface=inside/192.0.2.1 \
			--listen-ng=127.0.0.1:2223 --port-min=30000 --port-max=30100 \
			--pidfile "$work/rtpengine.pid"
		until_true 5 is_bound server 2223
	fi
	stage="starting kamailio"
	start kamailio server kamailio -f "$lab/operator/kamailio.cfg" -DD -E -m 64 -M 8 \
		-P "$work/kamailio.pid" -w "$work" "${defines[@]}"
	until_true 5 accepts server 5060
}

# STUN and TURN at 203.0.113.30
coturn_start() {
	stage="starting coturn"
	start coturn server turnserver -n --listening-ip=203.0.113.30 --relay-ip=203.0.113.30 \
		--listening-port=3478 --min-port=40000 --max-port=40100 --lt-cred-mech --user=phone:lab \
		--realm=lab --no-cli --no-tls --no-dtls --log-file=stdout --simple-log \
		--pidfile="$work/coturn.pid" --userdb="$work/coturn.db"
	until_true 5 accepts server 3478
}

# --- who is called -----------------------------------------------------------------

# callee_register: the phone behind the operator, number 200
callee_register() {
	stage="registering the callee"
	sipp_start callee callee register.xml 192.0.2.20 -m 1 -mp 6000 -key user 200 \
		-key own 192.0.2.20 -key rport ";rport" 192.0.2.1
	await "$started" 10
}

# callee_latch FILE: it answers one call, with a latching peer for its audio
callee_latch() {
	stage="starting the callee's audio"
	latch_start callee callee 192.0.2.20 20000
	callee_start "$1" -mp 16384 -key audio_port 20000 -key audio_pid "$latcher"
}

# callee_start FILE OPTION...
callee_start() {
	local file=$1
	shift
	stage="starting the callee"
	sipp_start callee callee "$file" 192.0.2.20 -m 1 -key via_mark "" "$@"
	servers+=("$started")
	until_true 5 is_bound callee 5060
}

# --- baresip -----------------------------------------------------------------------

# baresip_start NAME NS ADDRESS USER SECONDS PARAMETERS [OPTION]...: a phone that registers and ends
# by itself after SECONDS, if that is not 0. PARAMETERS are those of its account.
# $phone_transport: "tcp", if not UDP.
baresip_start() {
	local name=$1 ns=$2 address=$3 user=$4 seconds=$5 parameters=$6
	shift 6
	stage="starting baresip as $name"
	mkdir -p "$work/$name"
	sed "s/ADDRESS/$address/; s/TONE/$((300 + user))/" "$lab/operator/baresip.conf" \
		>"$work/$name/config"
	printf '<sip:%s@203.0.113.10%s>;regint=300;%s\n' "$user" \
		"${phone_transport:+;transport=$phone_transport}" "$parameters" >"$work/$name/accounts"
	start "$name" "$ns" baresip -4 -f "$work/$name" -t "$seconds" "$@"
}

# baresip_end PID: one that waits for an answer has to be told twice, and may then end by that
baresip_end() {
	local code=0
	stage="ending baresip"
	kill -TERM "$1"
	sleep 0.3
	kill -TERM "$1" 2>/dev/null || true
	await "$1" 5 || code=$?
	[ $code = 0 ] || [ $code = 143 ]
}

# has_registered NAME
has_registered() { grep -q '200 OK.*\[1 binding' "$work/$1.log"; }

# baresip_dial NUMBER SECONDS PARAMETERS: the phone calls, and hangs up when the time is over
baresip_dial() {
	baresip_start phone phone 192.168.1.10 100 "$2" "$3" -e "d sip:$1@203.0.113.10"
	stage="the call"
	await "$started" $(($2 + 5))
}

# --- is the recording what the scenario says? -----------------------------------------

# packets SIDE FILTER
packets() { tcpdump -nr "$work/$1.pcap" "$2" 2>/dev/null | wc -l; }

# expect_packets SIDE FILTER LEAST [MOST]
expect_packets() {
	local got most=${4:-1000000}
	got=$(packets "$1" "$2")
	if [ "$got" -lt "$3" ] || [ "$got" -gt "$most" ]; then
		fail "$1.pcap: expected $3 to $most packets of \"$2\", got $got"
	fi
}

# expect_words SIDE PATTERN [LEAST [MOST]]: lines with it in SIP of the recording, as tcpdump -A has
# them: a first line comes twice, once after "SIP: "
expect_words() {
	local got least=${3:-1} most=${4:-1000000}
	got=$(tcpdump -nAr "$work/$1.pcap" port 5060 2>/dev/null | grep -acE "$2" || true)
	if [ "$got" -lt "$least" ] || [ "$got" -gt "$most" ]; then
		fail "$1.pcap: expected $least to $most lines of \"$2\", got $got"
	fi
}

# expect_refused LEAST: packets that the router did not let through
expect_refused() {
	local got
	got=$(router_dropped)
	[ "$got" -ge "$1" ] || fail "router: expected $1 dropped packets, got $got"
}
