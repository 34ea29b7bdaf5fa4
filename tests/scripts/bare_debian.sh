#!/bin/sh
# Runs npm commands of this checkout on a bare Debian 12 whose only addition is Node, copied into
# /usr/bin, which no Debian package owns; afterwards that Node must be the same. Needs root,
# debootstrap and the network. Each argument is a command line; without any, those of the README:
#
#   sh tests/scripts/bare_debian.sh 'npm run build:all' 'npm run emu:train -- --steps 3'
#
# ROOT=FOLDER keeps the Debian there for the next call; CACHE=FOLDER is copied into it as the cache.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
root=${ROOT:-$(mktemp -d)}
[ "$#" -gt 0 ] || set -- 'npm run emu:train' 'npm test'

if [ "${INSIDE:-}" = "" ]; then
  [ -n "${ROOT:-}" ] || trap 'rm -rf "$root"' EXIT
  # In a mount namespace of its own, so that nothing stays mounted.
  INSIDE=1 ROOT=$root unshare --mount --pid --fork sh "$0" "$@"
  exit
fi

if [ ! -e "$root/usr/bin/node" ]; then
  [ -e "$root/etc/debian_version" ] ||
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" > "$root.log"
  node=$(realpath "$(command -v node)")
  modules=$(dirname "$(dirname "$(dirname "$(realpath "$(command -v npm)")")")")
  cp "$node" "$root/usr/bin/node"
  mkdir -p "$root/usr/lib/node_modules"
  cp -a "$modules/npm" "$root/usr/lib/node_modules/"
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
  ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"

mkdir -p "$root/checkout" "$root/root/.cache/legacy-llm"
(cd "$here" && git archive HEAD) | tar -x -C "$root/checkout"
[ -z "${CACHE:-}" ] || cp -a "$CACHE/." "$root/root/.cache/legacy-llm/"

# A network may have certificates of its own.
certificates=
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
  cp "$NODE_EXTRA_CA_CERTS" "$root/extra.crt"
  certificates=NODE_EXTRA_CA_CERTS=/extra.crt
fi

inside() {
  chroot "$root" env -i $certificates HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C \
    sh -c "cd /checkout && $1"
}

inside 'node --version; sha256sum /usr/bin/node' > "$root/node.before"
for command in "$@"; do
  echo "== $command"
  inside "$command" || { echo "FAILED ($?): $command"; exit 1; }
done
inside 'node --version; sha256sum /usr/bin/node' > "$root/node.after"
cmp "$root/node.before" "$root/node.after" || { echo 'FAILED: Node has changed'; exit 1; }
inside 'npm --version' > /dev/null
echo "all commands ended well, and Node is as it was: $(head -n 1 "$root/node.after")"
