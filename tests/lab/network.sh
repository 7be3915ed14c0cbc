# shellcheck shell=bash disable=SC2034,SC2154 # the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# The namespaces: phone, router, server, and what else lies between; see run for how they hang
# together.
#
# Reads: $network, the prefix of the namespaces' names, unique to run and scenario.
# Keeps: $points, where to record.
set -euo pipefail

# in_ns NS COMMAND...: the process keeps its id
in_ns() {
	local ns=$network$1
	shift
	exec ip netns exec "$ns" "$@"
}

# at NS COMMAND...: the same, and wait for it
at() { ( in_ns "$@" ); }

# ns_add NS...: nothing of its own accord is sent in them
ns_add() {
	local ns
	for ns in "$@"; do
		ip netns add "$network$ns"
		at "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6="${ipv4_only-1}" \
			net.ipv6.conf.default.disable_ipv6="${ipv4_only-1}" \
			net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.default.router_solicitations=0 \
			net.ipv6.conf.default.accept_dad=0
		ip -n "$network$ns" link set lo up
	done
}

# link NS IF MAC ADDRESS NS IF MAC ADDRESS: an address of "-" is none
link() {
	ip link add "$2" netns "$network$1" address "$3" type veth \
		peer name "$6" netns "$network$5" address "$7"
	interface_up "$1" "$2" "$4"
	interface_up "$5" "$6" "$8"
}

# Without offload, so that recordings hold whole checksums.
interface_up() {
	local nodad=""
	at "$1" ethtool -K "$2" tx off >/dev/null
	[[ ${3:--} != *:* ]] || nodad=nodad
	[ "${3:--}" = - ] || ip -n "$network$1" addr add "$3" dev "$2" $nodad
	ip -n "$network$1" link set "$2" up
}

# Until then the kernel holds packets back, and their retransmissions with them.
links_up() {
	local path
	for path in "/run/netns/$network"*; do
		! ip -n "${path##*/}" -br link | grep -v '^lo ' | grep -qv ' UP ' || return 1
	done
}

# network_build [double|cable]: with a second router before the server, in between which lies
# $middle; or with a cable namespace there, which passes nothing on by itself
network_build() {
	local outer=router
	stage="building the network"
	ns_add phone router server
	points=([lan]="router lan" [wan]="router wan")
	link phone eth0 02:00:00:00:01:10 192.168.1.10/24 router lan 02:00:00:00:01:01 192.168.1.1/24
	case ${1:-} in
	double)
		middle_build
		outer=router2
		;;
	cable) ns_add cable ;;
	esac
	if [ "${1:-}" = cable ]; then
		link router wan 02:00:00:00:02:02 203.0.113.2/24 cable inner 02:00:00:00:04:01 -
		link cable outer 02:00:00:00:04:02 - server eth0 02:00:00:00:02:10 203.0.113.10/24
	else
		link "$outer" wan 02:00:00:00:02:02 203.0.113.2/24 \
			server eth0 02:00:00:00:02:10 203.0.113.10/24
	fi
	ip -n "${network}phone" route add default via 192.168.1.1
	at router sysctl -qw net.ipv4.ip_forward=1
	isp_build
	provider_build "$outer"
}

middle_build() {
	local net=${middle:-10.99.0}
	ns_add router2
	link router wan 02:00:00:00:05:02 "$net.2/24" router2 lan 02:00:00:00:05:01 "$net.1/24"
	ip -n "${network}router" route add default via "$net.1"
	at router2 sysctl -qw net.ipv4.ip_forward=1
	points=([lan]="router lan" [mid]="router wan" [wan]="router2 wan")
}

# The way from the server to the rest of the world, which private addresses do not lead back from.
isp_build() {
	ip -n "${network}server" link add isp address 02:00:00:00:03:02 type veth \
		peer name core address 02:00:00:00:03:01
	interface_up server isp 198.51.100.2/24
	interface_up server core
	ip -n "${network}server" neigh add 198.51.100.1 lladdr 02:00:00:00:03:01 dev isp
	ip -n "${network}server" route add default via 198.51.100.1
}

# The way from the outer router to the rest of the world: from nowhere there comes an answer.
provider_build() {
	ip -n "$network$1" neigh add 203.0.113.1 lladdr 02:00:00:00:02:01 dev wan
	ip -n "$network$1" route add default via 203.0.113.1
}

# IPv6: a router that translates nothing.
network_build_v6() {
	stage="building the network"
	local ipv4_only=0
	ns_add phone router server
	points=([lan]="router lan" [wan]="router wan")
	link phone eth0 02:00:00:00:01:10 2001:db8:1::10/64 \
		router lan 02:00:00:00:01:01 2001:db8:1::1/64
	link router wan 02:00:00:00:02:02 2001:db8:2::2/64 \
		server eth0 02:00:00:00:02:10 2001:db8:2::10/64
	at router sysctl -qw net.ipv6.conf.all.forwarding=1
	ip -n "${network}phone" route add default via 2001:db8:1::1
	ip -n "${network}server" route add default via 2001:db8:2::2
}

# phone_add NS MAC ADDRESS: another phone on the LAN, a host of its own. Before the others' names
# for the LAN are used: the router's port becomes a bridge's.
phone_add() {
	ns_add "$1"
	if ! ip -n "${network}router" link show port0 >/dev/null 2>&1; then
		ip -n "${network}router" link set lan down
		ip -n "${network}router" link set lan name port0
		ip -n "${network}router" addr flush dev port0
		ip -n "${network}router" link add lan address 02:00:00:00:01:01 type bridge
		ip -n "${network}router" link set port0 address 02:00:00:00:01:f0 master lan up
		interface_up router lan 192.168.1.1/24
	fi
	link "$1" eth0 "$2" "$3" router "port-$1" "${2/02:00/02:01}" -
	ip -n "${network}router" link set "port-$1" master lan
	ip -n "$network$1" route add default via 192.168.1.1
}

# --- what a router does -------------------------------------------------------

# Each of these is about $router: "router", if nothing is said, or "router2".

# rules: nft's input
rules() { at "${router:-router}" nft -f -; }

# router_setup [RULE]...: a NAT with a firewall that lets out everything and in what belongs to it.
# The rules come before those of the firewall; "dropped" is a counter for them.
# $masquerade: how to translate.
router_setup() {
	local rule extra=""
	stage="setting up the router"
	for rule in "$@"; do
		extra+="$rule; "
	done
	rules <<-END
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat; policy accept;
				oifname "wan" ${masquerade:-masquerade};
			}
		}
	END
	firewall ip "$extra"
}

# firewall ip|ip6 RULES
firewall() {
	rules <<-END
		table $1 filter {
			counter dropped { }
			chain input {
				type filter hook input priority filter; policy accept;
				iifname "wan" meta l4proto { tcp, udp } ct state new drop;
			}
			chain forward {
				type filter hook forward priority filter; policy drop;
				$2
				ct state established,related accept;
				iifname "lan" accept;
			}
		}
	END
}

# router_map PORT OUTSIDE: from now on new mappings of the phone's port get that one outside
router_map() {
	rules <<-END
		insert rule ip nat post oifname "wan" udp sport $1 masquerade to :$2
	END
}

# router_forget PORT: the mapping of the phone's port is gone
router_forget() {
	at "${router:-router}" conntrack -D -p udp --orig-port-src "$1" >/dev/null 2>&1
}

# router_forward_port PORT: to the phone, as one with a configured public address needs it
router_forward_port() {
	rules <<-END
		table ip nat {
			chain pre {
				type nat hook prerouting priority dstnat; policy accept;
				iifname "wan" udp dport $1 dnat to 192.168.1.10;
			}
		}
		table ip filter {
			chain forward {
				ct status dnat accept;
			}
		}
	END
}

# router_alg [udp|tcp]: the kernel's own SIP ALG, nf_conntrack_sip and nf_nat_sip.
router_alg() {
	local protocol=${1:-udp}
	rules <<-END
		table ip alg {
			ct helper sip {
				type "sip" protocol $protocol;
				l3proto ip;
			}
			chain pre {
				type filter hook prerouting priority filter; policy accept;
				$protocol dport 5060 ct helper set "sip";
			}
		}
	END
}

# router_timeout SECONDS: how long the router remembers a mapping that nobody uses
router_timeout() {
	at "${router:-router}" sysctl -qw net.netfilter.nf_conntrack_udp_timeout="$1" \
		net.netfilter.nf_conntrack_udp_timeout_stream="$1"
}

router_dropped() {
	at router nft -j list counter ip filter dropped | jq '[.nftables[].counter.packets // 0] | add'
}

# marked NS [ip|ip6]: what that end sends of SIP is CS3, and of audio EF
marked() {
	local family=${2:-ip}
	at "$1" nft -f - <<-END
		table $family mangle {
			chain output {
				type route hook output priority mangle; policy accept;
				udp sport 5060 $family dscp set cs3;
				udp sport { 16384, 20000 } $family dscp set ef;
			}
		}
	END
}

# False if a namespace is left. What still runs in one is a child of a server that had to be killed.
network_remove() {
	local path pid left=0
	for path in "/run/netns/$network"*; do
		[ -e "$path" ] || continue
		for pid in $(ip netns pids "${path##*/}"); do
			kill -KILL "$pid" 2>/dev/null || true
		done
		ip netns del "${path##*/}" || left=1
	done
	return $left
}
