# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# Expectations. One that is not met is remembered in $failures, and the next one is looked at;
# what was looked at is named in $checked.
#
# Reads: $talkpath, $work; keeps $failures, $checked, $stage.
set -euo pipefail

fail() { failures+=("$1"); }

# analysed NAME [OPTION|FILE]...: write NAME.json; one finished call per expected call
analysed() {
	local name=$1 code=0
	shift
	stage="analysing $name"
	"$talkpath" analyze --format json --no-progress -o "$work/$name.json" "$@" \
		>"$work/$name.log" 2>&1 || code=$?
	[ $code = 0 ] || fail "$name: expected exit code 0, got $code"
	jq -e . "$work/$name.json" >/dev/null
	expect_jq "$name" "${calls_expected:-1} completed call(s)" \
		'[.calls[].state] == [range($calls) | "completed"]' '[.calls[].state] | join(",")' \
		--argjson calls "${calls_expected:-1}"
}

# The views that each scenario is judged by.
analysed_lan() { analysed lan lan.pcap; }
analysed_wan() { analysed wan wan.pcap; }
analysed_both() { analysed both --vantage lan=lan.pcap --vantage wan=wan.pcap; }
analysed_unnamed() { analysed unnamed lan.pcap wan.pcap; }

# expect_jq NAME WORDS CONDITION GOT [JQ OPTION]...: of NAME.json
expect_jq() {
	local name=$1 words=$2 condition=$3 got=$4
	shift 4
	jq -e "$@" "$condition" "$work/$name.json" >/dev/null ||
		fail "$name: expected $words, got $(jq -r "$@" "$got" "$work/$name.json")"
}

findings='if .findings == [] then "no finding"
	else [.findings[] | "\(.code)/\(.cause // "-") at \(.confidence): \(.summary)"] |
		join(" and ") end'

expect_no_finding() {
	expect_jq "$1" "no finding" '.findings == []' "$findings"
	checked+=("$1: no finding")
}

# expect_one_way NAME caller|callee CAUSE: CAUSE may be "any"
expect_one_way() {
	expect_jq "$1" "one-way-audio alone, the $2 hears nothing, cause $3" '
		(.findings | length) == 1 and (.findings[0] | .code == "one-way-audio" and .confidence >= 0.8 and
			(.summary | contains("the " + $listener) and contains("hears nothing")) and
			($cause == "any" or .cause == $cause))' "$findings" \
		--arg listener "$2" --arg cause "$3"
	checked+=("$1: $2 hears nothing, $(jq -r '.findings[0].cause // "-"' "$work/$1.json")")
}

# The findings hold sip-alg alone, of these fields of the INVITE.
expect_alg() {
	local field
	expect_jq "$1" "sip-alg alone" '(.findings | length) == 1 and
		(.findings[0] | .code == "sip-alg" and .confidence >= 0.8)' "$findings"
	for field in "Via sent-by" "Contact" "SDP o=" "SDP c="; do
		expect_change "$1" "$field"
	done
	checked+=("$1: sip-alg, with what it changed in which frames")
}

# expect_change NAME FIELD: of an INVITE, from inside to outside, and the frames are INVITEs
expect_change() {
	local change side frame
	change=$(jq -c --arg field "$2" '[.findings[] | select(.code == "sip-alg") | .changes[] |
		select(.message == "INVITE" and .field == $field)] | first // empty' "$work/$1.json")
	[ -n "$change" ] || { fail "$1: expected a change of the INVITE's $2, got none"; return 0; }
	jq -e '(.before | contains("192.168.1.10")) and (.after | contains("203.0.113.2")) and
		.capture_before == "lan.pcap" and .capture_after == "wan.pcap"' <<<"$change" >/dev/null ||
		fail "$1: expected $2 from 192.168.1.10 (lan) to 203.0.113.2 (wan), got $change"
	for side in lan/before wan/after; do
		frame=$(jq ".frame_${side#*/}" <<<"$change")
		expect_text "$1: $2 ${side#*/}, frame $frame of ${side%/*}.pcap" "SIP: INVITE" \
			"$(frame_text "${side%/*}.pcap" "$frame")"
	done
}

# frame_text FILE NUMBER: as tcpdump puts it in one line
frame_text() {
	tcpdump -nr "$work/$1" -c "$2" 2>/dev/null | sed -n "$2p"
}

# expect_text WHAT PART TEXT
expect_text() {
	[[ $3 == *"$2"* ]] || fail "$1: expected \"$2\", got \"$3\""
}

# --- is the recording what the scenario says? -----------------------------------

# RTP packets in a recording, phone to server and the other way. rtp lan|wan up|down
rtp() {
	local end=dst
	[ "$2" = up ] || end=src
	tcpdump -nr "$work/$1.pcap" "$end net 203.0.113.0/24 and udp $end port 20000" 2>/dev/null | wc -l
}

# expect_rtp lan|wan up|down LEAST [MOST]
expect_rtp() {
	local got
	got=$(rtp "$1" "$2")
	if [ "$got" -lt "$3" ] || [ "$got" -gt "${4:-$3}" ]; then
		fail "$1.pcap: expected $3 to ${4:-$3} RTP packets $2, got $got"
	fi
}

# In both recordings, both ways.
expect_media() {
	local side most=$((talk_s * 50))
	for side in lan wan; do
		expect_rtp $side up $((most - 10)) $most
		expect_rtp $side down $((most - 10)) $most
	done
}

# The router's counter counted about what the recordings lack.
expect_dropped() {
	local got
	got=$(router_dropped)
	[ "$got" -ge $((talk_s * 50 - 10)) ] ||
		fail "router: expected $((talk_s * 50)) dropped packets, got $got"
}
