# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# A soak: one capture, for as long as it is told to, while calls come and go, an interface flaps,
# SIGHUP comes, and Redis goes away and comes back.
#
#     player: replay ── out1 ═══ tap1 probe: talkpath capture ── redis
#                    ── out2 ═══ tap2          (tap2 flaps)
#
# Calls come in rounds of $round_s seconds, each with calls of its own. What is sent through tap1 is
# known to the packet, and so is how many calls there were.
set -euo pipefail

soak_minutes=${TALKPATH_SOAK_MINUTES:-60}
readonly round_calls=30 round_s=30

scenario_apart soak "a capture for an hour, while things go wrong around it: ./dev lab soak [MINUTES]"

soak_redis_start() {
	start redis probe redis-server --bind 127.0.0.1 --port 6391 --dir "$work/redis" \
		--appendonly yes --save "" --daemonize no
	redis=$started
	until_true 10 soak_redis_answers
}
soak_redis() { at probe redis-cli -p 6391 "$@"; }
soak_redis_answers() { [ "$(soak_redis PING 2>/dev/null)" = PONG ]; }

# One round: the calls of seed N through tap1, others, of other hosts, through tap2.
round_play() {
	local n=$1
	nice "$generator" --calls $round_calls --seconds 8 --spread 20 --seed $((n + 1)) round1.pcap
	nice "$generator" --calls $round_calls --seconds 8 --spread 20 --seed $((n + 1000000)) --ipv6 \
		round2.pcap
	start replay1 player "$root/replay" out1=round1.pcap
	players=("$started")
	start replay2 player "$root/replay" out2=round2.pcap
	players+=("$started")
}

# What goes wrong in round N; told to events.
round_disturb() {
	local n=$1
	if [ $((n % 3)) = 1 ]; then
		sleep 7
		ip -n "${network}probe" link set tap2 down
		sleep 2
		ip -n "${network}probe" link set tap2 up
		flaps=$((flaps + 1))
	fi
	if [ $((n % 4)) = 2 ]; then
		sleep 5
		kill -HUP "$capture"
		hangups=$((hangups + 1))
	fi
	if [ $((n % 6)) = 3 ]; then
		kill -TERM "$redis"
		await "$redis" 10
		sleep 10
		soak_redis_start
		outages=$((outages + 1))
	fi
}

# memory_kib PID: what it holds of its own
memory_kib() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status"; }

round_account() {
	local pid
	for pid in "${players[@]}"; do
		await "$pid" 60
	done
	soak_sent=$((soak_sent + $(sent replay1)))
	soak_refused=$((soak_refused + $(sed -n 's/.* \([0-9]*\) refused.*/\1/p' replay2.log)))
	printf '%s %s %s\n' "$1" "$(memory_kib "$analyzer")" "$(cpu_ms "$analyzer")" >>samples
	soak_report >soak.md
}

scenario_soak() {
	local n=0 until=$((SECONDS + soak_minutes * 60))
	soak_sent=0 soak_refused=0 flaps=0 hangups=0 outages=0 kind=pcap
	wire_build 2
	stage="starting redis-server"
	mkdir -p "$work/redis"
	soak_redis_start
	soak_begun=$(date -u +%FT%H:%MZ)
	wire_capture soak --vantage steady="$(source_of tap1)" --vantage flapping="$(source_of tap2)" \
		--max-calls 400 --max-streams 1000 --store redis://127.0.0.1:6391 --site soak
	analyzer=$(reader_of "$capture")
	while [ $SECONDS -lt $until ]; do
		stage="round $n"
		round_play $n
		round_disturb $n
		round_account $n
		n=$((n + 1))
	done
	rounds=$n
	# Calls are handed on when their media has been quiet for a while.
	sleep 15
	soak_finish
}

soak_finish() {
	expect_alive "$analyzer"
	wire_stop soak "$capture"
	records_lost=$(sed -n 's/.*; \([0-9]*\) of [0-9]* records were not written.*/\1/p' soak.log)
	expect_jq soak "$soak_sent packets of the steady wire, received or counted" '
		([.captures[] | select(.vantage == "steady") | .packets, .dropped.kernel,
			.dropped.interface] | add) == $sent' \
		'[.captures[] | {vantage, packets, dropped}]' --argjson sent "$soak_sent"
	expect_jq soak "nothing claimed but that an interface was away" '
		[.findings[] | select(.confidence >= 0.5)] | all(.code == "capture-loss") and
			any(.cause == "interface-away")' "$findings"
	expect_published
	[ "$rounds" -lt 20 ] || expect_flat
	soak_report >soak.md
	checked+=("$rounds rounds, $(jq .steady told.json) calls, $soak_sent packets, memory $(memory_span)")
}

expect_alive() { kill -0 "$1" 2>/dev/null || fail "soak: expected the analyzer to run, it does not"; }

# Each call of the steady wire is in Redis, whole; perhaps twice, since what Redis had when it went
# nobody knows: `id` tells (docs/stores.md). Of the other wire some began while it was down.
expect_published() {
	soak_redis --json XRANGE talkpath:calls - + |
		jq -c '.[][1] | [range(0; length; 2) as $i | {key: .[$i], value: .[$i + 1]}] |
			from_entries | .json | fromjson' >calls.ndjson
	jq -s '(unique_by(.id)) as $once | {
		twice: (length - ($once | length)),
		steady: [$once[] | select(.state == "completed" and (.streams | length) == 2 and
			all(.streams[]; .vantage == "steady" and .packets == 400 and .lost == 0))] | length,
		flapping: [$once[] | select(any(.streams[]; .vantage == "flapping"))] | length
		}' calls.ndjson >told.json
	expect_jq told "every call of the steady wire, whole" '.steady + $lost >= $calls and .steady <= $calls' . \
		--argjson calls $((rounds * round_calls)) --argjson lost "${records_lost:-0}"
}

# After the tables have filled: the last third takes no more than the one before.
expect_flat() {
	local middle last
	read -r middle last < <(awk '{ m[NR] = $2 } END {
		for (i = 1; i <= NR; i++) {
			if (i > NR * 2 / 3) { if (m[i] > b) b = m[i] } else if (i > NR / 3 && m[i] > a) a = m[i]
		}
		print a + 0, b + 0 }' samples)
	[ $((last * 100)) -le $((middle * 103)) ] ||
		fail "soak: expected flat memory, got $middle KiB at most in the second third, $last KiB in the last"
}

memory_span() { awk 'NR == 1 { f = $2 } { l = $2; if ($2 > m) m = $2 } END {
	printf "%.1f MiB first, %.1f at most, %.1f last", f / 1024, m / 1024, l / 1024 }' samples; }

soak_report() {
	cat <<-END
		# A soak

		\`./dev lab soak $soak_minutes\`, begun at $soak_begun; written by tests/lab/scenarios_soak.sh.

		| What | |
		|---|---|
		| rounds of $round_s s, each of $round_calls calls on each of two wires | ${rounds:-$(wc -l <samples) so far} |
		| packets sent on the steady wire, each received or counted | $soak_sent |
		| calls of the steady wire in Redis, each whole, of $(($(wc -l <samples) * round_calls)) | $(jq .steady told.json 2>/dev/null) |
		| records that a store did not take, as counted | ${records_lost:-0} |
		| records delivered twice, as Redis went while it took them | $(jq .twice told.json 2>/dev/null) |
		| flaps of the other wire, 2 s each; packets its end refused meanwhile | $flaps; $soak_refused |
		| SIGHUP | $hangups |
		| Redis gone for 10 s and back | $outages |
		| memory of the analyzer (RssAnon) | $(memory_span) |
		| its processor time | $(awk '{ c = $3 } END { printf "%.1f s", c / 1000 }' samples) |

		Memory that still grows is that of tables which are touched for the first time, such as the octets of
		each of 8,192 seconds.

		Dropped on the steady wire: $(jq -c '[.captures[] | select(.vantage == "steady") | .dropped][0]' soak.json 2>/dev/null).
		Memory after each tenth of the time, in MiB: $(awk '{ m[NR] = $2 } END { for (i = 1; i <= 10; i++) {
			k = int(NR * i / 10); printf "%s%.1f", (i > 1 ? ", " : ""), (m[k < 1 ? 1 : k] / 1024) } }' samples).
	END
}
