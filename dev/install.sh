#!/usr/bin/env bash
# dev/install.sh WHAT… - installs what the tests need from Debian's packages: nio, node,
# postgres, chromium, media, or all. As root it installs; else it prints the command and fails.
set -euo pipefail

packages() {
	case $1 in
	nio) echo python3-matrix-nio python3-olm ;;
	node) echo nodejs npm ;;
	postgres) echo postgresql ;;
	chromium) echo chromium fonts-noto-color-emoji ;;
	media) echo libimage-exiftool-perl ffmpeg ;;
	*) echo "dev/install.sh: unknown: $1 (nio, node, postgres, chromium, media, all)" >&2; exit 2 ;;
	esac
}

(($#)) || { sed -n '2,3s/^# //p' "$0"; exit 2; }
[[ $1 != all ]] || set -- nio node postgres media
wanted=()
for what in "$@"; do
	read -ra some <<<"$(packages "$what")"
	wanted+=("${some[@]}")
done
install=(apt-get install -y --no-install-recommends "${wanted[@]}")
if [[ $(id -u) != 0 ]]; then
	echo "this needs root; run: sudo ${install[*]}" >&2
	exit 1
fi
command -v apt-get >/dev/null || { echo "no apt-get here; install by your own means: ${wanted[*]}" >&2; exit 1; }
exec 9>/var/lock/silta-dev-install && flock 9 # one at a time
export DEBIAN_FRONTEND=noninteractive
"${install[@]}" -q || { apt-get update -q && "${install[@]}" -q; }
