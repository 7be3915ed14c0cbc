# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# The scenarios with a real operator (kamailio, rtpengine, coturn) and real phones (baresip).
set -euo pipefail

# --- calls through the operator ---------------------------------------------------

# operator_call: from the phone to the callee, by way of proxy and relay. The relay marks what it
# sends; so does everybody here.
operator_call() {
	servers=() latcher=""
	[ -n "${unmarked:-}" ] || { marked phone && marked callee; }
	record_start
	operator_start MEDIA_RELAY
	callee_register
	callee_latch answer.xml
	call
	record_stop
	expect_relayed
}

# Whole media both ways at each point, and the relay between them. A packet of audio has 200 bytes.
audio='ip[2:2] == 200 and udp'
expect_relayed() {
	local side least=$((talk_s * 50 - 10)) most=$((talk_s * 50))
	for side in $(sides); do
		expect_packets "$side" "$audio dst portrange 30000-30100" $least $most
		expect_packets "$side" "$audio src portrange 30000-30100" $least $most
	done
	expect_words op "^m=audio 30[01]"
}

scenario operator "kamailio and rtpengine: nothing is wrong"
scenario_operator() {
	operator_network
	router_setup
	operator_call
	expects all ""
}

# The same SSRC and numbers without a mark before the relay and with one behind it: what a relay
# sends is its own.
scenario operator-marks "the relay marks its audio, the phones do not: nothing is wrong"
scenario_operator_marks() {
	unmarked=1
	operator_network
	router_setup
	operator_call
	expect_packets wan "ip[1] == 184 and $audio src portrange 30000-30100" 290
	expect_packets wan "ip[1] == 0 and $audio dst portrange 30000-30100" 290
	expects all ""
}

scenario operator-alg "the same behind the kernel's SIP ALG"
scenario_operator_alg() {
	operator_network
	router_setup
	router_alg
	operator_call
	expects lan "sip-alg"
	expects wan "sip-alg?"
	expects together "sip-alg"
	judged
	expect_alg labelled
}

scenario operator-double-nat "the same behind two NATs"
scenario_operator_double_nat() {
	operator_network double
	router_setup
	router=router2 router_setup
	operator_call
	expects mid "double-nat"
	expects together "double-nat"
}

# --- hold and announcements -------------------------------------------------------

# part NAME SECONDS FILE: NAME/FILE.pcap, audio with an SSRC of its own
part() {
	mkdir -p "$work/$1"
	talk_s=$2 audio "$1-$3"
	mv "$work/$1-$3/audio.pcap" "$work/$1/$3.pcap"
	rmdir "$work/$1-$3"
}

# music SECONDS: the phone calls, is put on hold and taken back, and hangs up
music() {
	baresip_dial 200 "$1" ""
	stage="the callee"
	await "${servers[0]}" 5
	record_stop
}

# operator_ready: all but the callee
operator_ready() {
	servers=()
	operator_network
	router_setup
	marked phone
	marked callee
	record_start
	operator_start MEDIA_RELAY
}

scenario music-on-hold "the callee holds the phone with music: nothing is wrong"
scenario_music_on_hold() {
	operator_ready
	callee_register
	part callee 2 talk
	part callee 4 music
	part callee 3 rest
	callee_start answer-music.xml -mp 20000
	music 10
	expect_packets lan "$audio src portrange 30000-30100" 440 450
	expects all ""
}

# The callee's audio is that of a process of its own, the music comes from sipp. The phone, which
# only listens, opens no way for it.
scenario music-unheard "the music comes from a port that the NAT lets nothing in from"
scenario_music_unheard() {
	operator_ready
	callee_register
	talk_s=4 audio callee
	talk_s=9 callee_latch answer-music-elsewhere.xml
	music 12
	expect_packets wan "$audio src portrange 30002-30100" 190 210
	expect_packets lan "$audio src portrange 30002-30100" 0 0
	expects all ""
}

# announcement_start FILE: at 192.0.2.30
announcement_start() {
	operator_ready
	ip -n "${network}callee" addr add 192.0.2.30/24 dev eth0
	audio announcement
	stage="starting the announcement"
	sipp_start announcement callee "$1" 192.0.2.30 -m 1 -mp 20000 -d $((talk_s * 1000 + 300))
	announcement=$started
	until_true 5 is_bound callee 5060
}

announcement_end() {
	stage="the announcement"
	await "$announcement" 5
	record_stop
}

scenario announcement "an announcement answers and hangs up: nothing is wrong"
scenario_announcement() {
	announcement_start announce.xml
	baresip_dial 300 8 ""
	announcement_end
	expect_packets lan "$audio src portrange 30000-30100" 290 300
	expects all ""
}

scenario announcement-early "an announcement before any answer, then 480: nothing is wrong"
scenario_announcement_early() {
	last_message="*ACK *"
	announcement_start announce-early.xml
	audio phone
	stage="registering"
	phone_start phone 192.168.1.10 16384 register.xml 203.0.113.10
	await "$started" 10
	stage="the call"
	callee=301@203.0.113.10 phone_start phone 192.168.1.10 16384 call-early.xml 203.0.113.10
	await "$started" 15
	announcement_end
	expect_packets lan "$audio src portrange 30000-30100" 290 300
	expects_calls all "no-answer"
	expects all ""
}

# --- phones that know their public address ------------------------------------------

stun="medianat=stun;stunserver=stun:203.0.113.30"
ice="medianat=ice;stunserver=stun:203.0.113.30"
turn="medianat=turn;stunserver=turn:203.0.113.30;stunuser=phone;stunpass=lab"

# baresip_call PARAMETERS [CALLEE'S PARAMETERS]: from behind the router to the callee, by way of the
# proxy alone; the phone ends it
baresip_call() {
	local other
	record_start
	operator_start
	coturn_start
	baresip_start callee callee 192.0.2.20 200 12 "answermode=auto;${2-$1}"
	other=$started
	until_true 5 has_registered callee
	baresip_dial 200 9 "$1"
	stage="the callee"
	await "$other" 15
	record_stop
}

# Both ways between the phone and the callee.
expect_media_direct() {
	expect_packets lan "$audio and dst host 192.0.2.20" 300
	expect_packets lan "$audio and src host 192.0.2.20" 300
}

# phones PARAMETERS [CALLEE'S PARAMETERS]
phones() {
	operator_network
	router_setup
	baresip_call "$@"
}

scenario baresip-stun "a phone writes the address that STUN told it: nothing is wrong"
scenario_baresip_stun() {
	phones "$stun"
	expect_words lan "c=IN IP4 203.0.113.2"
	expect_media_direct
	expects all ""
}

# There is nothing left for it to do in SDP, and nothing private is left to be seen outside: a phone
# that writes all of its public address itself looks the same.
scenario baresip-stun-alg "the same behind the kernel's SIP ALG"
scenario_baresip_stun_alg() {
	operator_network
	router_setup
	router_alg
	baresip_call "$stun"
	expect_words lan "c=IN IP4 203.0.113.2"
	expect_words wan "^Contact: <sip:100-.*@203.0.113.2"
	expects lan "sip-alg"
	expects together "sip-alg"
}

scenario baresip-ice "a phone with ICE: nothing is wrong"
scenario_baresip_ice() {
	phones "$ice"
	expect_words lan "a=candidate:.* typ srflx"
	expect_media_direct
	expects all ""
}

scenario baresip-srtp "STUN, and SRTP with its keys in SDP: nothing is wrong"
scenario_baresip_srtp() {
	phones "$stun;mediaenc=srtp-mand"
	expect_words lan "RTP/SAVP"
	expect_words lan "a=crypto:"
	expects all ""
}

scenario baresip-dtls "ICE and DTLS-SRTP: nothing is wrong"
scenario_baresip_dtls() {
	phones "$ice;mediaenc=dtls_srtp"
	expect_words lan "a=fingerprint:"
	expect_packets lan "udp[8] == 22" 4 # DTLS handshakes
	expects all ""
}

scenario turn-relay "audio in ChannelData, by way of a TURN server: nothing is wrong"
scenario_turn_relay() {
	phones "$turn" "$stun"
	expect_packets wan "udp port 3478 and udp[8] == 0x40" 400 # ChannelData
	expects all ""
}

# Without a firewall of its own, the router takes the callee's first packet for its own and has
# the port in use that STUN had shown when the phone's first packet comes.
scenario baresip-port-taken "the NAT gives the audio another port than STUN had shown"
scenario_baresip_port_taken() {
	operator_network
	router_setup
	at router nft flush chain ip filter input
	baresip_call "$stun"
	expect_packets wan "$audio and src host 192.0.2.20" 300
	expect_packets lan "$audio and src host 192.0.2.20" 0 0
	expects all "one-way-audio/no-latch@caller symmetric-media/no-latch"
	expects lan "one-way-audio/unknown@caller"
	expects op "one-way-audio/icmp-unreachable@caller" # where the phone is not known to be behind NAT
}

# --- what the router blocks -----------------------------------------------------------

scenario udp-blocked "the router drops UDP; TURN over TCP is used instead"
scenario_udp_blocked() {
	local phone
	phone_transport=tcp last_message="*"
	operator_network
	router_setup 'iifname "lan" meta l4proto udp counter name dropped drop'
	record_start
	operator_start
	coturn_start
	start peer callee turnutils_peer -L 192.0.2.20 -p 3480
	baresip_start phone phone 192.168.1.10 100 0 "$stun" -e "d sip:200@203.0.113.10;transport=tcp"
	phone=$started
	sleep 3
	stage="TURN over TCP"
	start uclient phone turnutils_uclient -t -u phone -w lab -L 192.168.1.10 -e 192.0.2.20 -r 3480 \
		-n 200 -m 1 -l 172 203.0.113.30
	await "$started" 20
	baresip_end "$phone"
	record_stop
	expect_refused 10
	expect_packets wan udp 0 0
	expects_calls all ""
	expects lan "udp-blocked/tcp-instead"
	expects together "udp-blocked/tcp-instead"
}

# blocked CAUSE RULE [TIMES SECONDS]: of SIP to the operator
blocked() {
	last_message="*"
	operator_network
	router_setup "$2"
	record_start
	operator_start
	phone_restarted 100 "${3:-1}" "${4:-8}" ""
	record_stop
	expect_refused 3
	expect_packets wan "tcp or udp" 0 0
	expects_calls all ""
	expects lan "port-blocked/$1"
	expects together "port-blocked/$1"
}

scenario port-dropped "the router drops TCP to the operator's port"
scenario_port_dropped() {
	phone_transport=tcp
	blocked unanswered 'iifname "lan" tcp dport 5060 counter name dropped drop'
}

scenario port-reset "the router resets TCP to the operator's port"
scenario_port_reset() {
	phone_transport=tcp
	blocked refused 'iifname "lan" tcp dport 5060 counter name dropped
		reject with tcp reset' 3 5
}

scenario port-prohibited "the router prohibits UDP to the operator's port, and says so"
scenario_port_prohibited() {
	blocked prohibited 'iifname "lan" udp dport 5060 counter name dropped
		reject with icmp type admin-prohibited'
}

# --- registrations ---------------------------------------------------------------------

# phone_restarted USER TIMES SECONDS PARAMETERS: it is switched on so many times, each for SECONDS
# unless it is told before that it cannot register
phone_restarted() {
	local times
	for ((times = 0; times < $2; times++)); do
		baresip_start phone phone 192.168.1.10 "$1" 0 "$4"
		until_true "$3" has_failed || true
		sleep 1
		baresip_end "$started"
	done
}

has_failed() { grep -q 'reg: sip:' "$work/phone.log"; }

# registers USER TIMES SECONDS [PARAMETERS]
registers() {
	last_message="*"
	operator_network
	router_setup
	record_start
	operator_start
	phone_restarted "$1" "$2" "$3" "${4:-}"
	record_stop
	expects_calls all ""
}

scenario register-challenge "the operator asks for a password, and it is right: nothing is wrong"
scenario_register_challenge() {
	registers 101 1 2 "auth_pass=right"
	expect_words wan "SIP: SIP/2.0 401" 2 2
	expects all ""
}

scenario register-refused "the operator refuses the phone"
scenario_register_refused() {
	registers 103 3 5
	expect_words wan "SIP: SIP/2.0 403" 3 3
	expects lan "registration-failed/refused"
	expects wan "registration-failed/refused"
	expects together "registration-failed/refused"
}

scenario register-unanswered "the operator says nothing"
scenario_register_unanswered() {
	registers 104 1 16
	expect_words wan "^CSeq: .* REGISTER" 6
	expects lan "registration-failed/unanswered"
	expects wan "registration-failed/unanswered"
	expects together "registration-failed/unanswered"
}

scenario register-wrong-password "the phone tries a wrong password again and again"
scenario_register_wrong_password() {
	registers 101 3 5 "auth_pass=wrong"
	expect_words wan "SIP: SIP/2.0 401" 20
	expect_words wan "SIP: SIP/2.0 200" 0 0
	expects lan "registration-failed/credentials"
	expects wan "registration-failed/credentials"
	expects together "registration-failed/credentials"
}

# --- a scanner ---------------------------------------------------------------------------

# scan METHOD COUNT
scan() {
	stage="scanning with $1"
	mkdir "$work/scanner-$1"
	sed "s/METHOD/$1/" "$lab/sipp/scan.xml" >"$work/scanner-$1/scan.xml"
	sipp_start "scanner-$1" callee scan.xml 192.0.2.20 -m "$2" -r 20 -default_behaviors none \
		203.0.113.2
	await "$started" 15
}

scenario sip-scan "a scanner tries numbers at a forwarded port"
scenario_sip_scan() {
	local phone
	last_message="*"
	operator_network
	router_setup
	router_forward_port 5060
	record_start
	operator_start
	baresip_start phone phone 192.168.1.10 100 0 ""
	phone=$started
	until_true 5 has_registered phone
	scan OPTIONS 20
	scan REGISTER 40
	scan INVITE 20
	baresip_end "$phone"
	record_stop
	expect_words lan "^User-Agent: friendly-scanner" 80 80
	expects_calls all "$(printf 'failed%.0s ' {1..19})failed"
	expects all "sip-scan"
}
