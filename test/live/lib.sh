# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the live tests in shell begin with. Sourced, with the build folder in $build: $work is a folder
# that goes with the test, as do its background jobs; $failed is its verdict.
set -u
warder=$build/tools/warder collector=$build/collector/warder-collector engine=$build/engine/warder-engine
work=$(mktemp -d) failed=0
# The leak checker needs what an engine in its sandbox is not allowed.
export ASAN_OPTIONS=detect_leaks=0
trap 'kill -KILL $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT

skip() {
	echo "skipped: $*"
	exit 77
}

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local n=$(($1 * 50))

	shift
	until "$@" 2>/dev/null; do
		[ $((n -= 1)) -gt 0 ] || return 1
		sleep 0.02
	done
}

# needs TOOL...: and a kernel that the live tests can be run on.
needs() {
	local tool

	[ "$(id -u)" -eq 0 ] || skip "not root"
	[ -r /sys/kernel/btf/vmlinux ] || skip "this kernel has no type information"
	for tool; do
		command -v "$tool" >/dev/null || skip "no $tool here"
	done
}
