# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# nginx as the webhooks' peer (../faults/run says what these are for).
nginx=$cache/webhook/root/usr/sbin/nginx
# The ways in which it can say no, and what the engine says to that.
peer_ways=(busy too-many silent)
declare -A peer_said=([busy]='answered 503' [too-many]='' [silent]='')

peer_need() {
	[ -x "$nginx" ] || skip "no nginx here, 'test/peers/setup webhook' fetches it"
	need openssl jq
}

# peer_start PORT CERT: CERT is the name of the server's certificate.
peer_start() {
	sed "s|@WORK@|$work|g; s|@PORT@|$1|; s|@CERT@|$2|" "$peers/webhook/nginx.conf" >"$work/nginx.conf"
	rm -f "$work/yes.sock"	# of one that was killed
	"$nginx" -p "$work" -c "$work/nginx.conf" -e "$work/nginx.log" >>"$work/nginx.log" 2>&1 &
	peer=$!
	stop_at_end $peer
}

peer_kill() {
	kill -KILL "$peer"
	wait "$peer" 2>/dev/null || true
}

# peer_says busy|too-many|silent|yes: from now on.
peer_says() {
	rm -f "$work"/{busy,too-many,silent}
	[ "$1" = yes ] || : >"$work/$1"
}

# peer_output NAME HOST:PORT KEYS: an --output; NAME is first or second.
peer_output() {
	echo "webhook:https://$2/$1?mode=lines&caFile=$work/ca.pem&certFile=$work/client.pem&keyFile=$work/client.key&$3"
}

# peer_numbers NAME: of the events that came. Of a body that was cut the whole lines count.
peer_numbers() {
	local body

	for body in "$work/$1"/*; do
		[ -f "$body" ] || continue
		if [ "$(tail -c 1 "$body")" ]; then
			sed '$d' "$body"
		else
			cat "$body"
		fi
	done | numbers
}
