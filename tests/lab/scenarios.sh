# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# The scenarios. To add one: name it, say what it is, and write scenario_NAME.
set -euo pipefail

scenarios=(live nat-clean nat-random-ports sip-alg one-way-server-to-phone one-way-phone-to-server
	one-way-unroutable hold echo)
# Those whose recordings lie in pcaps/.
shipped=(nat-clean sip-alg one-way-server-to-phone one-way-unroutable hold)
declare -A about=(
	[live]="two calls through the ALG, live and recorded alike, with records in Redis"
	[nat-clean]="a NAT that keeps ports, and symmetric RTP: nothing is wrong"
	[nat-random-ports]="a NAT that gives random ports: nothing is wrong"
	[sip-alg]="the kernel's SIP ALG rewrites the messages"
	[one-way-server-to-phone]="the router drops audio toward the phone"
	[one-way-phone-to-server]="the router drops audio from a phone with a configured public address"
	[one-way-unroutable]="the server sends its audio to the phone's private address"
	[hold]="the phone puts the server on hold and resumes: nothing is wrong"
	[echo]="an echo test, the same SSRC both ways: nothing is wrong"
)

# The usual course: build, record, call. placed SERVER_KIND [PHONE'S FILE]; the router is set up.
placed() {
	servers=() latcher=""
	record_start
	server_start "$1"
	call "${2:-call.xml}"
	record_stop
}

expect_nothing_wrong() {
	analysed_lan
	expect_no_finding lan
	analysed_wan
	expect_no_finding wan
	analysed_both
	expect_no_finding both
	analysed_unnamed
	expect_no_finding unnamed
}

scenario_nat_clean() {
	network_build
	router_setup
	placed latch
	expect_media
	expect_nothing_wrong
}

scenario_nat_random_ports() {
	masquerade='meta l4proto udp masquerade to :40000-49999 random'
	# No rport: sipp's server could not know what to answer.
	phone_rport="" via_mark=";received=203.0.113.2"
	network_build
	router_setup
	placed latch
	expect_media
	expect_text "wan.pcap, frame 1" "203.0.113.2.4" "$(frame_text wan.pcap 1)"
	expect_nothing_wrong
}

scenario_sip_alg() {
	network_build
	router_setup
	router_alg
	placed play
	expect_media
	analysed_lan
	expect_no_finding lan
	analysed_wan
	expect_no_finding wan
	analysed_both
	expect_alg both
	analysed_unnamed
	expect_alg unnamed
}

scenario_one_way_server_to_phone() {
	network_build
	router_setup 'iifname "wan" udp sport 20000 counter name dropped drop'
	placed latch
	expect_dropped
	expect_rtp lan up $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp wan down $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp lan down 0
	analysed_both
	expect_one_way both caller filtered
	analysed_lan
	expect_one_way lan caller unknown
	analysed_wan
	expect_no_finding wan
}

# The phone knows its public address by configuration, and its media port is forwarded to it.
# Which is what an ALG's work looks like from outside, and none.
scenario_one_way_phone_to_server() {
	phone_own=203.0.113.2
	network_build
	router_setup 'iifname "lan" udp dport 20000 counter name dropped drop'
	router_forward_port 16384
	placed play
	expect_dropped
	expect_rtp lan up $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp lan down $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp wan up 0
	analysed_both
	expect_one_way both callee filtered
	analysed_wan
	expect_one_way wan callee unknown
	analysed_lan
	expect_no_finding lan
}

scenario_one_way_unroutable() {
	network_build
	router_setup
	placed play
	expect_rtp lan up $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp lan down 0
	expect_rtp wan down 0
	analysed_lan
	expect_one_way lan caller unknown
	analysed_wan
	expect_one_way wan caller unroutable-sdp
	analysed_both
	expect_one_way both caller unroutable-sdp
}

scenario_hold() {
	talk_s=8
	network_build
	router_setup
	placed hold call-hold.xml
	expect_rtp lan up 390 400
	expect_rtp lan down 180 220 # two seconds, none for four, two seconds
	expect_nothing_wrong
}

scenario_echo() {
	network_build
	router_setup
	placed echo
	expect_media
	expect_nothing_wrong
}

# --- live ------------------------------------------------------------------------

redis_port=6390

redis() { at router redis-cli -p $redis_port --json "$@"; }

redis_start() {
	stage="starting redis-server"
	mkdir -p "$work/redis"
	start redis router redis-server --bind 127.0.0.1 --port $redis_port --dir "$work/redis" \
		--save "" --appendonly no --daemonize no
	until_true 5 redis_answers
}

redis_answers() { [ "$(redis PING 2>/dev/null)" = '"PONG"' ]; }

capture_start() {
	stage="starting the live capture"
	start capture router "$talkpath" capture --vantage lan=pcap:lan --vantage wan=pcap:wan \
		--duration "$1" --format json -o "$work/live.json" \
		--store "redis://127.0.0.1:$redis_port" --site lab --no-progress
	capture=$started
	until_true 5 sockets_open 4 # two of tcpdump's, two of its own
}

# Packet sockets that are bound and receive.
sockets_open() {
	[ "$(at router awk 'NR > 1 && $5 > 0' /proc/net/packet | wc -l)" -ge "$1" ]
}

# Two phones call two servers at the same time.
calls_at_once() {
	local n pid calls=()
	audio phone1
	audio phone2
	for n in 1 2; do
		phone_start phone$n 192.168.1.1$((n - 1)) $((16284 + n * 100)) register.xml 203.0.113.1$((n - 1))
		stage="registering phone $n"
		await "$started" 10
	done
	stage="the calls"
	for n in 1 2; do
		phone_start phone$n 192.168.1.1$((n - 1)) $((16284 + n * 100)) call.xml \
			-d $((talk_s * 1000 + 300)) 203.0.113.1$((n - 1))
		calls+=("$started")
	done
	for pid in "${calls[@]}" "${servers[@]}"; do
		await "$pid" 30
	done
}

# What of a report must not depend on how the packets came.
gist='{calls: [.calls[] | {call_id, state}] | sort,
	streams: [.streams[] | {vantage, src, dst, ssrc, packets, lost}] | sort,
	codes: [.findings[].code] | sort}'

# entries STREAM: each as an object of its fields
entries() {
	redis XRANGE "$1" - + | jq '[.[][1] |
		[range(0; length; 2) as $i | {key: .[$i], value: .[$i + 1]}] | from_entries]'
}

expect_records() {
	local id
	stage="reading the records"
	entries talkpath:calls >"$work/records.json"
	entries talkpath:findings >"$work/records-findings.json"
	expect_jq records "one record of each call" '
		([.[].json | fromjson | .call_id] | sort) == ([$live[0].calls[].call_id] | sort) and
		all(.[]; .id != null and .call_id == (.json | fromjson | .call_id))' \
		'[.[] | {id, call_id}]' --slurpfile live "$work/live.json"
	expect_jq records-findings "sip-alg" 'any(.[]; .json | fromjson | .code == "sip-alg")' '[.[].json]'
	while read -r id; do
		[ "$(redis HEXISTS "talkpath:call:$id" json)" = 1 ] ||
			fail "redis: expected talkpath:call:$id, got none"
		[ "$(redis TTL "talkpath:call:$id")" -gt 0 ] ||
			fail "redis: expected talkpath:call:$id to expire, got no TTL"
	done < <(jq -r '.[].id' "$work/records.json")
	[ "$(redis SISMEMBER talkpath:sites lab)" = 1 ] ||
		fail "redis: expected the site lab, got $(redis SMEMBERS talkpath:sites)"
	checked+=("Redis holds both calls, their records with a TTL, the finding, the site")
}

scenario_live() {
	local duration=15
	network_build
	ip -n "${network}phone" addr add 192.168.1.11/24 dev eth0
	ip -n "${network}server" addr add 203.0.113.11/24 dev eth0
	router_setup
	router_alg
	redis_start
	record_start
	capture_start $duration
	servers=() latcher=""
	server_start play server1 203.0.113.10
	server_start play server2 203.0.113.11
	calls_at_once
	record_stop
	stage="the live capture"
	await "$capture" $duration
	calls_expected=2
	analysed_both
	expect_jq both "sip-alg" '[.findings[].code] == ["sip-alg"]' "$findings"
	expect_jq live "what the recordings give: $(jq -c "$gist" both.json)" \
		"($gist) == (\$both[0] | $gist)" "$gist" --slurpfile both both.json
	expect_jq both "8 whole streams" \
		'[.streams[] | select(.packets >= 290 and .lost == 0)] | length == 8' '[.streams[].packets]'
	checked+=("live: the calls, streams and finding of the recordings")
	expect_records
}
