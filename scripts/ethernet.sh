#!/bin/sh
# How fast a training is on several ranks that are joined by a slow network: each rank in a network
# namespace of its own, all on one bridge, each with so many bits a second out and in, and so much delay.
# Prints what a step takes beside what docs/ranks.md predicts. As root, on Linux, with openmpi-bin,
# iproute2, and a program of `make MPI=1`.
#
#   scripts/ethernet.sh PROGRAM RANKS MBIT DELAY_MS STEPS [TRAIN OPTION...]
#   scripts/ethernet.sh ./legacy_llm 4 10 1 20 --preset tiny
set -eu

[ $# -ge 5 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
program=$1 ranks=$2 mbit=$3 delay=$4 steps=$5
shift 5
bridge=llm-bridge

remove() {
  for i in $(seq "$ranks"); do ip netns del "llm$i" 2>/dev/null || :; done
  ip link del $bridge 2>/dev/null || :
  rm -rf "$work"
}

# Limits what leaves a device of a namespace ("" for none): so many bits a second, and half of the
# delay, as there is one on the way out and one on the way in. Not every kernel has delays (netem).
limit() {
  in_namespace=${1:+ip netns exec $1}
  $in_namespace tc qdisc add dev "$2" root handle 1: tbf rate "${mbit}mbit" burst 16kb limit 4mb
  [ "$delay" = 0 ] || $in_namespace tc qdisc add dev "$2" parent 1: netem limit 100000 \
    delay "$(awk "BEGIN { print $delay / 2 }")ms"
}

# A computer of its own, with the address 10.77.0.NUMBER.
join() {
  ip netns add "llm$1"
  ip link add "llm-out$1" type veth peer name eth0 netns "llm$1"
  ip link set "llm-out$1" master $bridge up
  ip -n "llm$1" link set lo up
  ip -n "llm$1" link set eth0 up
  ip -n "llm$1" addr add "10.77.0.$1/24" dev eth0
  limit "llm$1" eth0
  limit "" "llm-out$1"
}

ip link add $bridge type bridge # fails where another run has one
work=$(mktemp -d)
trap remove EXIT
trap 'exit 130' INT TERM
ip link set $bridge up
hosts=
for i in $(seq "$ranks"); do
  join "$i"
  hosts=$hosts${hosts:+,}10.77.0.$i
done

# mpirun starts its helpers on other hosts by this instead of by ssh.
cat > "$work/agent" <<'AGENT'
#!/bin/sh
host=$1
shift
exec ip netns exec "llm${host##*.}" sh -c "$*"
AGENT
chmod +x "$work/agent"

options="train --steps $steps --counts none --out none --json"
# The same ranks where no network limits them, then on theirs.
# shellcheck disable=SC2086
mpirun --quiet --allow-run-as-root --oversubscribe -n "$ranks" "$program" $options "$@" > "$work/free"
# shellcheck disable=SC2086
ip netns exec llm1 mpirun --quiet --allow-run-as-root -n "$ranks" --host "$hosts" \
  --mca plm_rsh_agent "$work/agent" --mca btl tcp,self --mca btl_tcp_if_include eth0 \
  --mca oob_tcp_if_include eth0 "$program" $options "$@" > "$work/slow"

# Seconds of a step but the first, and a number of the last line.
seconds() {
  sed -n 's/.*"event":"step","step":\([0-9]*\),.*"seconds":\([0-9.]*\).*/\1 \2/p' "$1" |
    awk 'NR == 1 { s = $1; t = $2 } END { printf "%.4f", ($2 - t) / ($1 - s) }'
}
number() { sed -n "s/.*\"event\":\"end\".*\"$1\":\([0-9]*\).*/\1/p" "$work/slow"; }
crc() { sed -n 's/.*"sections_crc":"\([0-9a-f]*\)".*/\1/p' "$1"; }

[ "$(crc "$work/free")" = "$(crc "$work/slow")" ] || { echo "the bits differ" >&2; exit 1; }
awk -v ranks="$ranks" -v mbit="$mbit" -v delay="$delay" -v bytes="$(number sent_bytes)" \
  -v unpacked="$(number unpacked_bytes)" -v rounds="$(number rounds)" -v tokens="$(number tokens)" \
  -v steps="$steps" -v free="$(seconds "$work/free")" -v slow="$(seconds "$work/slow")" 'BEGIN {
  wire = bytes * 8 / (mbit * 1e6) + rounds * delay / 1000
  most = free + wire
  least = free > wire ? free : wire
  printf "%d ranks, %s Mbit/s, %s ms: %d bytes a step sent by each (%.2f of int32), %d rounds\n", \
    ranks, mbit, delay, bytes, unpacked ? bytes / unpacked : 0, rounds
  printf "a step: %.4f s without that network, %.4f s on the wire; with it %.4f s measured,\n", \
    free, wire, slow
  printf "%.4f s predicted if nothing went beside computation, %.4f s if all did\n", most, least
  printf "tokens per second: %.0f measured, %.0f to %.0f predicted\n", \
    tokens / steps / slow, tokens / steps / most, tokens / steps / least
}'
