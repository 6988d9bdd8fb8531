# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests with real peers share. Sourced, not run. Makes $work, which goes away at the end, as
# does every process whose id was given to `stop_at_end`.

peers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${PEERS_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/warder-peers}
work=$(mktemp -d)
chmod 711 "$work"	# the engine may have become another user
pids=()
# The leak checker wants to start a process, which the sandbox does not allow.
export ASAN_OPTIONS=detect_leaks=0

at_end() {
	local pid

	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap at_end EXIT

stop_at_end() {
	pids+=("$1")
}

skip() {
	echo "skipped: $*"
	exit 77
}

# need TOOL...: or the test is skipped.
need() {
	local tool

	for tool; do
		type "$tool" >/dev/null 2>&1 || skip "no $tool here"
	done
}

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# A port that nobody listens on at this moment.
free_port() {
	local port

	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# ca.pem; for localhost: server.pem, server.key; client.pem with its key; strange.pem, another CA, and
# strange-server.pem of it.
make_certs() {
	local name ca

	(
		cd "$work"
		for name in ca strange; do
			openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
				-subj "/CN=$name" -keyout "$name.key" -out "$name.pem"
		done
		printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >server.ext
		printf 'subjectAltName=DNS:client\n' >client.ext
		cp server.ext strange-server.ext
		for name in server client strange-server; do
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
				-subj "/CN=$name" -keyout "$name.key" -out "$name.csr"
			ca=ca
			[ $name != strange-server ] || ca=strange
			openssl x509 -req -in "$name.csr" -CA $ca.pem -CAkey $ca.key -CAcreateserial \
				-days 2 -extfile "$name.ext" -out "$name.pem"
		done
		cat client.key >>client.pem
	) >"$work/openssl.log" 2>&1 || fail "certificates cannot be made: $(tail -n 1 "$work/openssl.log")"
}

# numbers: those that faults/feed gave to the events in the input, lines of JSON.
numbers() {
	jq -r '.args[] | select(.name == "pathname").value | split("/")[2]'
}
