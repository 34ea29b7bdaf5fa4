#!/bin/sh
# A run of every command at a tiny shape, for `make sanitize` and `make valgrind`.
# small_runs.sh FOLDER PROGRAM...: PROGRAM may have words before it ("valgrind -q ./legacy_llm").
set -eu
folder=$1
shift
text=$folder/text.txt
mkdir -p "$folder"
head -c 3000 data/tiny_stories_sample.txt >"$text"
for kind in chars bytes "bpe --vocab 280 --separator \\n\\n"; do
  # shellcheck disable=SC2086
  "$@" train --text "$text" --steps 4 --stop-after 2 --save-every 1 --layers 1 --heads 3 --dim 30 \
    --context 9 --batch 2 --bigram-rows 64 --tokenizer $kind --out "$folder/m.ckpt" \
    --log "$folder/log" --trace "$folder/trace" --dump "$folder/dump" --force
  "$@" train --text "$text" --resume "$folder/m.ckpt" --text-ram 1KB --json --log "$folder/log" \
    --eval-every 1 --eval-tokens 20 --keep 2 --save-every 1 --force
  "$@" eval --text "$text" --model "$folder/m.ckpt" --text-ram 1KB
  "$@" eval --text "$text" --model "$folder/m.ckpt" --whole
  "$@" eval --text "$text" --model "$folder/m.ckpt" --whole --threads 3
  "$@" generate --model "$folder/m.ckpt" --tokens 20 --out "$folder/story.txt"
  printf 'It\n\nwas\n' | "$@" generate --model "$folder/m.ckpt" -i --tokens 9 --temperature 1 --top-k 9
  printf 'It was' | "$@" generate --model "$folder/m.ckpt" --prompt - --tokens 9 --top-p 0.9 \
    --temperature 1 --stop e --json
  "$@" export --model "$folder/m.ckpt" --out "$folder/m.llm"
  "$@" generate --model "$folder/m.llm" --tokens 20 --prompt It --temperature 0
  "$@" tokenizer --model "$folder/m.ckpt" --out "$folder/tokenizer.txt"
  "$@" encode --model "$folder/m.ckpt" --text "$text" --out "$folder/numbers"
  "$@" decode --model "$folder/m.ckpt" --text "$folder/numbers" --out "$folder/back"
  cmp "$text" "$folder/back"
  "$@" info --model "$folder/m.llm"
done
for optimizer in muon lion spectral direct direct-stateless muon-float adam; do
  "$@" train --text "$text" --steps 2 --layers 2 --heads 2 --dim 16 --context 8 \
    --bigram-rows 64 --optimizer "$optimizer" --recompute block --norm layer --act relu --out none \
    --batch-tokens 24 --log "$folder/log.csv" --log-format csv --force
  "$@" train --text "$text" --steps 2 --layers 2 --heads 2 --dim 16 --context 8 \
    --bigram-rows 64 --optimizer "$optimizer" --recompute block --out none --threads 3
done
for scheme in absmean twn row constant binary 2bit; do
  "$@" train --text "$text" --steps 2 --layers 1 --heads 2 --dim 16 --context 8 --batch 2 \
    --bigram-rows 0 --scheme "$scheme" --out "$folder/s.ckpt" --force
  "$@" export --model "$folder/s.ckpt" --out "$folder/s.llm"
  "$@" generate --model "$folder/s.llm" --tokens 9
done
"$@" export --model "$folder/s.ckpt" --words "$text" --out "$folder/w.llm"
"$@" info --model "$folder/w.llm"
for temperature in 0 0.7; do
  "$@" generate --model "$folder/w.llm" --tokens 30 --temperature "$temperature"
done
"$@" generate --model "$folder/s.ckpt" --words "$text" --tokens 30
"$@" plan --text "$text" --context 64
"$@" plan --text "$text" --context 64 --json
"$@" presets --text "$text"
"$@" methods
"$@" bench --only step,generate --repeat 1 --dim 32 --layers 1 --heads 2 --context 16
"$@" baseline --text "$text" --steps 2 --dim 16 --layers 1 --heads 2 --context 8 --batch 2
# A model of llama2.c of dim 4, hidden 2, one layer, two heads, one of keys, eight tokens and a context
# of 9, which is 116 floats and 18 angles; and its tokens.
byte() { # its value
  # shellcheck disable=SC2059
  printf "\\$(printf %o "$1")"
}
printf '\4\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\10\0\0\0\11\0\0\0' >"$folder/m.bin"
i=0
while [ "$i" -lt 134 ]; do
  { byte $((i % 8)); byte 0; byte $((i * 29 % 128)); byte $((i % 5 % 2 * 128 + 62)); } >>"$folder/m.bin"
  i=$((i + 1))
done
printf '\5\0\0\0' >"$folder/t.bin"
for piece in '<unk>' '<s>' '</s>' ' ' I t ' I' It; do
  { printf '\0\0\200\277'; byte "${#piece}"; printf '\0\0\0%s' "$piece"; } >>"$folder/t.bin"
done
"$@" llama2 --model "$folder/m.bin" --tokenizer "$folder/t.bin" --tokens 20 --prompt 'I tIt' \
  --temperature 1 --top-k 5 --top-p 0.9 --out "$folder/story.txt"
printf 'It' | "$@" llama2 --model "$folder/m.bin" --tokenizer "$folder/t.bin" --prompt - --json \
  --dump "$folder/dump" --temperature 0
printf 'It was' >"$folder/prompt"
"$@" generate --model "$folder/s.llm" --prompt-file "$folder/prompt" --tokens=9
"$@" train --text "$text" --steps 2 --layers 1 --heads 2 --dim 64 --context 8 --batch 2 \
  --bigram-rows 0 --qk-norm none --counts none --out "$folder/g.ckpt" --force
for type in q2_0 q4_0 f32; do
  "$@" export --model "$folder/g.ckpt" --format gguf --type "$type" --out "$folder/g.gguf"
  "$@" generate --model "$folder/g.gguf" --tokens 9
done
for command in train generate eval info export tokenizer encode decode plan presets methods bench baseline \
  llama2 selftest; do
  "$@" "$command" --help
done
"$@" --help
"$@" --version
"$@" version
"$@" --man
for shell in bash zsh fish; do
  "$@" --completion "$shell"
done
