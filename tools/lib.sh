# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shell functions and package lists shared by the scripts in tools/ and test/. Sourced, not run.
#
# The caller has `set -euo pipefail` and may set log=FILE first: what apt, cmake and ctest print
# goes there, and the messages below name it.

me=${0##*/}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log=${log:-$root/build/$me.log}

# The packages, by what needs them. This is the only place that names them; a library that a
# CMakeLists.txt asks for goes to pkgs_libs, and the cross build takes its arm64 twin from there.
pkgs_libs=(libbpf-dev libcap-dev libcurl4-openssl-dev libelf-dev libjansson-dev libmicrohttpd-dev
	libmsgpack-dev libpcre2-dev librdkafka-dev libseccomp-dev libssl-dev liburing-dev libyaml-dev
	zlib1g-dev)
pkgs_build=(bpftool clang-14 cmake gcc libc6-dev ninja-build pkg-config "${pkgs_libs[@]}")
pkgs_test=(binutils check clang-format-14 curl file jq libclang-rt-14-dev libnghttp2-dev openssl
	procps spin strace util-linux)
pkgs_cross=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross "${pkgs_libs[@]/%/:arm64}")
pkgs_vm=(busybox-static cpio kmod qemu-system-x86 xz-utils)
pkgs_pod=(busybox-static catatonit conmon podman runc)
pkgs_peer_forward=(jq nodejs npm openssl)
pkgs_peer_kafka=(default-jre-headless maven)
pkgs_peer_otlp_python=(python3 python3-venv)
pkgs_peer_prometheus=(prometheus)
pkgs_peer_syslog=(libestr0 libfastjson4 rsyslog rsyslog-openssl)
pkgs_peer_webhook=(nginx)

say() {
	echo "==> $*"
}

die() {
	echo "$me: $*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" -eq 0 ] || die "not root: run 'sudo tools/$me'"
}

need_debian() {
	local id='' version=''

	type apt-get dpkg-query >/dev/null 2>&1 ||
		die "no apt here: this script installs packages and expects Debian 12"
	id=$(. /etc/os-release && echo "${ID:-} ${ID_LIKE:-}")
	version=$(. /etc/os-release && echo "${PRETTY_NAME:-}")
	[[ " $id " == *" debian "* ]] || die "system '$version' is not Debian, expected Debian 12"
	[ "$(. /etc/os-release && echo "${ID:-}${VERSION_ID:-}")" = debian12 ] ||
		say "system '$version' is not Debian 12, continuing: package names may differ"
}

need_btf() {
	[ -r /sys/kernel/btf/vmlinux ] || die "kernel $(uname -r) has no /sys/kernel/btf/vmlinux," \
		"expected 5.15 or newer built with CONFIG_DEBUG_INFO_BTF"
}

# need_space FOLDER MIB WHAT
need_space() {
	local free

	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$2" ] || die "disk full: '$1' has $free MiB free, $3 needs $2"
}

# The log of a step that failed, as one sentence: what stopped it, when the log says so.
fail_with_log() {
	local why="$1 failed"

	if tail -n 200 "$log" | grep -q 'No space left on device'; then
		why="$1 failed, disk full"
	elif tail -n 200 "$log" | grep -qE 'Could not resolve|Temporary failure resolving|Failed to fetch|Unable to connect'; then
		why="$1 failed, no network or no package mirror"
	fi
	die "$why: see '$log'"
}

# Of the packages named, those that are not installed, one a line. NAME means this machine's
# architecture, NAME:ARCH another.
packages_missing() {
	local -A have=()
	local name state pkg native

	native=$(dpkg --print-architecture)
	while read -r name state; do
		[ "$state" = installed ] && have[${name%:all}]=1
	done < <(dpkg-query -W -f '${Package}:${Architecture} ${db:Status-Status}\n')
	for pkg; do
		[ "${have[$pkg]:-}${have[$pkg:$native]:-}" ] || echo "$pkg"
	done
}

# packages_need PURPOSE PACKAGE...: install the ones that are missing; returns 1 when apt cannot.
# A failed update is not the end: lists that are there may do, and a broken foreign source must not
# keep Debian's packages away. The lock is waited for, since a fresh machine often updates itself.
packages_need() {
	local purpose=$1 missing
	local apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)

	shift
	mapfile -t missing < <(packages_missing "$@" | sort -u)
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing for $purpose: ${missing[*]}"
	mkdir -p "${log%/*}"
	if [[ " ${missing[*]}" == *:arm64* ]]; then
		dpkg --add-architecture arm64 >>"$log" 2>&1 || return 1
	fi
	"${apt[@]}" update >>"$log" 2>&1 </dev/null || true
	DEBIAN_FRONTEND=noninteractive "${apt[@]}" -o Dpkg::Options::=--force-confold install \
		--no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null
}

# packages_unpack FOLDER PACKAGE...: what is in them, as FOLDER/root, without installing them: what is
# installed is started too. Their libraries come from the machine, or are named as well.
packages_unpack() {
	local folder=$1 package

	shift
	[ "$(id -u)" -ne 0 ] || apt-get -q -y update >>"$log" 2>&1 </dev/null || true
	rm -rf "$folder"/*.deb "$folder/root"
	# As root apt would become _apt, who may not write here.
	(cd "$folder" && apt-get -q -o APT::Sandbox::User=root download "$@") >>"$log" 2>&1 ||
		return 1
	for package in "$folder"/*.deb; do
		dpkg-deb -x "$package" "$folder/root" >>"$log" 2>&1 || return 1
	done
}

jobs_max() {
	echo "${WARDER_JOBS:-$(nproc)}"
}

# build_preset PRESET TESTING [NINJA TARGET...]: configure build/PRESET when it is not, or not with
# TESTING (ON, OFF, or '' for as it is), then build. Output to $log; returns non-zero on failure.
build_preset() {
	local preset=$1 testing=$2 dir=$root/build/$1 fresh=()

	shift 2
	mkdir -p "$dir" "${log%/*}"
	# A tree that was copied or moved carries a cache that names the old place.
	if [ -f "$dir/CMakeCache.txt" ] &&
	   ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt"; then
		fresh=(--fresh)
	fi
	if [ ! -f "$dir/build.ninja" ] || [ ${#fresh[@]} -gt 0 ] ||
	   { [ "$testing" ] && ! grep -qx "BUILD_TESTING:BOOL=$testing" "$dir/CMakeCache.txt"; }; then
		(cd "$root" && cmake "${fresh[@]}" --preset "$preset" \
			${testing:+-DBUILD_TESTING=$testing}) >>"$log" 2>&1 || return
	fi
	ninja -C "$dir" -j "$(jobs_max)" "$@" >>"$log" 2>&1
}

# What sudo built belongs to whoever owns the tree, so that they can build again without it.
hand_back_build() {
	[ "$(stat -c %u "$root")" = "$(id -u)" ] || chown -R --reference="$root" "$root/build"
}
