# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# Expectations. One that is not met is remembered in $failures, and the next one is looked at;
# what was looked at is named in $checked.
#
# Reads: $talkpath, $work; keeps $failures, $checked, $stage.
set -euo pipefail

fail() { failures+=("$1"); }

# expects_calls VIEWS "STATE...": the calls that are to be seen, if it is not one completed one
declare -A expected_calls=()
expects_calls() {
	local view
	for view in $(views "$1"); do
		expected_calls[$view]=$2
	done
}

# analysed NAME [OPTION|FILE]...: write NAME.json, which has the expected calls
analysed() {
	local name=$1 code=0
	shift
	stage="analysing $name"
	"$talkpath" analyze --format json --no-progress -o "$work/$name.json" "$@" \
		>"$work/$name.log" 2>&1 || code=$?
	[ $code = 0 ] || fail "$name: expected exit code 0, got $code"
	jq -e . "$work/$name.json" >/dev/null
	expect_jq "$name" "the calls \"${expected_calls[$name]-completed}\"" \
		'([.calls[].state] | join(" ")) == $calls' '[.calls[].state] | join(" ")' \
		--arg calls "${expected_calls[$name]-completed}"
	expect_whole "$name"
}

# --- the table of expectations --------------------------------------------------

# What each view of a scenario has to find, and nothing else:
#
#     expects VIEWS "FINDING..."
#
# VIEWS: "lan", "mid", "wan", "op", a capture point alone, with and without its label; "together",
# all of them, labelled, and merged into one unlabelled file; "all", all of these; or a view by its
# own name: "lan-labelled", "lan-unlabelled", ..., "labelled", "merged". A later line overrules.
# FINDING: code[/cause][@listener][?]: a cause that is not written may be any; "@caller" is who
# hears nothing; "?" is a hint, and it has to say what would settle it.
#
declare -A expected=()
expects() {
	local view
	for view in $(views "$1"); do
		expected[$view]=$2
	done
}

# views VIEWS: by their own names
views() {
	local side
	case $1 in
	all)
		for side in $(sides); do
			views "$side"
		done
		views together
		;;
	together) echo labelled merged ;;
	lan | mid | wan | op) echo "$1-labelled" "$1-unlabelled" ;;
	*) echo "$1" ;;
	esac
}

# After the scenario: look at each view, once.
judgement_made=0
judged() {
	local view side labels=()
	[ ${#expected[@]} -gt 0 ] && [ $judgement_made = 0 ] || return 0
	judgement_made=1
	# Other scenarios still talk: what they send late is late, and found to be.
	renice -n 10 -p $BASHPID >/dev/null
	for side in $(sides); do
		labels+=(--vantage "$side=$side.pcap")
		analysed "$side-labelled" --vantage "$side=$side.pcap"
		analysed "$side-unlabelled" "$side.pcap"
	done
	analysed labelled "${labels[@]}"
	analysed merged all.pcap
	for view in $(views all); do
		expect_findings "$view" "${expected[$view]-}"
	done
	checked+=("$(expected_summary)")
}

# One line of what was found: "all: nothing, wan: sip-alg?, ..."
expected_summary() {
	local group view one found text=""
	for group in $(sides) together; do
		found=""
		for view in $(views "$group"); do
			one=${expected[$view]:-nothing}
			[ "$found" = "$one" ] || found+="${found:+ or }$one"
		done
		text+="${text:+, }$group: $found"
	done
	echo "$text"
}

# expect_findings VIEW "FINDING..."
expect_findings() {
	expect_jq "$1" "\"${2:-no finding}\"" '
		def token: capture("^(?<code>[a-z-]+)(/(?<cause>[a-z-]+))?(@(?<who>[a-z]+))?(?<hint>[?]?)$");
		def fits($f): . as $t | .code == $f.code and (.cause == null or .cause == $f.cause) and
			(.who == null or ($f.summary | test("the \($t.who) .*hears nothing"))) and
			(.hint == "?") == ($f.confidence < 0.5) and
			(.hint == "" or ($f.severity == "info" and $f.would_settle != null));
		.findings as $found | [$wanted | splits(" +") | select(. != "") | token] as $tokens |
		($found | length) == ($tokens | length) and
		all($tokens[]; . as $t | any($found[]; . as $f | $t | fits($f))) and
		all($found[]; . as $f | any($tokens[]; fits($f)))' "$findings" --arg wanted "$2"
}

# expect_whole NAME: each finding says all that somebody needs who acts on it: how bad, how sure, who,
# when, in which frames what, why, what to do; what speaks against it where it is not proven beyond
# doubt, and what would settle a hint. Prints what is missing.
whole='
	def said: type == "string" and length > 0;
	([.captures[] | {key: .file, value: .packets}] | from_entries) as $packets |
	[.findings[] | . as $f | [
		(select(.severity | IN("info", "warning", "critical") | not) | "severity"),
		(select(.confidence < 0.5 and .severity != "info") | "severity of a hint"),
		(select(.confidence <= 0 or .confidence > 1) | "confidence"),
		(select(.endpoints == []) | "endpoints"),
		(select(.vantage | said | not) | "vantage"),
		(select(.first_time == null or .first_time > .last_time) | "time"),
		(select([.summary, .why, .remedy] | all(said) | not) | "words"),
		(select(.confidence < 0.9 and .against == []) | "against"),
		(select(.confidence < 0.5 and (.would_settle | said | not)) | "would_settle"),
		(select((.changes // []) == [] and
			(any(.evidence[]; .text | test("[0-9]")) | not)) | "values in the evidence"),
		(.evidence[] | select((.text | said | not) or .time == null or .frame < 1 or
			.frame > ($packets[.capture] // 0)) | "the evidence \"\(.text)\"")
	] | select(. != []) | "\($f.code): \(join(", "))"]'
expect_whole() {
	expect_jq "$1" "whole findings" "$whole == []" "$whole | \"missing: \" + join(\"; \")"
}

# --- one by one -------------------------------------------------------------------

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

# sip-alg, of these fields of the INVITE.
expect_alg() {
	local field
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

# seen lan|mid|wan TEXT: is it in the recording by now?
seen() { tcpdump -nr "$work/$1.pcap" 2>/dev/null | grep -q "$2"; }

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
