# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# The scenario of a live capture, and of records in Redis.
set -euo pipefail

scenario live "two calls through the ALG, live and recorded alike, with records in Redis"

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
	findings: [.findings[] | {code, cause, severity, confidence, side, calls_total,
		endpoints: (.endpoints | sort)}] | sort}'

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
	expect_jq records-findings "sip-alg, with its side" \
		'any(.[]; .code == "sip-alg" and .side == "customer-network" and
			(.json | fromjson | .code == "sip-alg"))' '[.[].json]'
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
	expects_calls both "completed completed"
	analysed both --vantage lan=lan.pcap --vantage wan=wan.pcap
	expect_jq both "sip-alg" '[.findings[].code] == ["sip-alg"]' "$findings"
	expect_jq live "what the recordings give: $(jq -c "$gist" both.json)" \
		"($gist) == (\$both[0] | $gist)" "$gist" --slurpfile both both.json
	expect_jq both "8 whole streams" \
		'[.streams[] | select(.packets >= 290 and .lost == 0)] | length == 8' '[.streams[].packets]'
	checked+=("live: the calls, streams and finding of the recordings")
	expect_records
}
