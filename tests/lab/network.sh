# shellcheck shell=bash disable=SC2034,SC2154 # the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# The namespaces: phone, router, server; see run for how they hang together.
#
# Reads: $network, the prefix of the namespaces' names, unique to run and scenario.
set -euo pipefail

# in_ns phone|router|server COMMAND...: the process keeps its id
in_ns() {
	local ns=$network$1
	shift
	exec ip netns exec "$ns" "$@"
}

# at phone|router|server COMMAND...: the same, and wait for it
at() { ( in_ns "$@" ); }

# link NS IF MAC ADDRESS NS IF MAC ADDRESS
link() {
	ip link add "$2" netns "$network$1" address "$3" type veth \
		peer name "$6" netns "$network$5" address "$7"
	ip -n "$network$1" addr add "$4" dev "$2"
	ip -n "$network$5" addr add "$8" dev "$6"
	interface_up "$1" "$2"
	interface_up "$5" "$6"
}

# Without offload, so that recordings hold whole checksums.
interface_up() {
	at "$1" ethtool -K "$2" tx off >/dev/null
	ip -n "$network$1" link set "$2" up
}

network_build() {
	local ns
	stage="building the network"
	for ns in phone router server; do
		ip netns add "$network$ns"
		at "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
		ip -n "$network$ns" link set lo up
	done
	link phone eth0 02:00:00:00:01:10 192.168.1.10/24 router lan 02:00:00:00:01:01 192.168.1.1/24
	link router wan 02:00:00:00:02:02 203.0.113.2/24 server eth0 02:00:00:00:02:10 203.0.113.10/24
	ip -n "${network}phone" route add default via 192.168.1.1
	at router sysctl -qw net.ipv4.ip_forward=1
	isp_build
}

# The way from the server to the rest of the world, which private addresses do not lead back from.
isp_build() {
	ip -n "${network}server" link add isp address 02:00:00:00:03:02 type veth \
		peer name core address 02:00:00:00:03:01
	ip -n "${network}server" addr add 198.51.100.2/24 dev isp
	interface_up server isp
	interface_up server core
	ip -n "${network}server" neigh add 198.51.100.1 lladdr 02:00:00:00:03:01 dev isp
	ip -n "${network}server" route add default via 198.51.100.1
}

# router_setup [RULE]...: a NAT with a firewall that lets out everything and in what belongs to it.
# The rules come before those of the firewall; "dropped" is a counter for them.
# $masquerade: how to translate.
router_setup() {
	local rule rules=""
	stage="setting up the router"
	for rule in "$@"; do
		rules+="$rule; "
	done
	at router nft -f - <<-END
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat; policy accept;
				oifname "wan" ${masquerade:-masquerade};
			}
		}
		table ip filter {
			counter dropped { }
			chain forward {
				type filter hook forward priority filter; policy drop;
				$rules
				ct state established,related accept;
				iifname "lan" accept;
			}
		}
	END
}

# router_forward_port PORT: to the phone, as one with a configured public address needs it
router_forward_port() {
	at router nft -f - <<-END
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

# The kernel's own SIP ALG: nf_conntrack_sip and nf_nat_sip.
router_alg() {
	at router nft -f - <<-END
		table ip alg {
			ct helper sip {
				type "sip" protocol udp;
				l3proto ip;
			}
			chain pre {
				type filter hook prerouting priority filter; policy accept;
				udp dport 5060 ct helper set "sip";
			}
		}
	END
}

router_dropped() {
	at router nft -j list counter ip filter dropped | jq '[.nftables[].counter.packets // 0] | add'
}

# False if a namespace is left.
network_remove() {
	local ns left=0
	for ns in phone router server; do
		[ -e "/run/netns/$network$ns" ] || continue
		ip netns del "$network$ns" || left=1
	done
	return $left
}
