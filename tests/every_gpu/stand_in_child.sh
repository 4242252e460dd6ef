#!/usr/bin/env bash
# stand_in_child.sh FOLDER --device=cuda --json=- --quiet: stands in for the program as --device all
# runs it. The GPU's UUID says how it behaves.
set -u
folder=$1

# A result like STAND_IN_RESULT, which has the code 0 and words to be replaced. It comes without a file,
# since a test leaves few to be opened.
result() { # CODE CAUSE HASH
  local text
  text=${STAND_IN_RESULT//'"code": 0'/'"code": '$1}
  text=${text/CAUSE/$2}
  text=${text/UUID/$CUDA_VISIBLE_DEVICES}
  printf '%s%s%s\n' "${text%%HASH*}" "$3" "${text#*HASH}"
}

case $CUDA_VISIBLE_DEVICES in
  GPU-passes*)
    echo 'warning: first' >&2
    printf 'last, without an end' >&2
    result 0 passed "${CUDA_VISIBLE_DEVICES#GPU-passes-}"
    ;;
  GPU-fails)
    echo 'failed (20): GPU hardware fault' >&2
    result 20 'GPU hardware fault' ''
    exit 20
    ;;
  GPU-tells)
    shift
    echo "arguments $*" >&2
    env | grep -c '^CUDA_VISIBLE_DEVICES=' >&2
    grep -E '^Sig(Blk|Ign)' /proc/self/status >&2
    echo "input $(wc -c)" >&2
    echo "kept $KEPT" >&2
    result 0 passed ''
    ;;
  GPU-meets-*)
    other=$((3 - ${CUDA_VISIBLE_DEVICES#GPU-meets-}))
    touch "$folder/${CUDA_VISIBLE_DEVICES#GPU-meets-}"
    for _ in {1..1000}; do
      [[ ! -e $folder/$other ]] || { result 0 passed '' && exit 0; }
      sleep 0.01
    done
    result 1 'met nobody' ''
    exit 1
    ;;
  GPU-crashes) kill -SEGV $$ ;;
  GPU-speaks-and-crashes)
    result 0 passed ''
    kill -SEGV $$
    ;;
  GPU-is-killed) kill -KILL $$ ;;
  GPU-writes-nothing) exit 17 ;;
  GPU-floods)
    head -c 300000 /dev/zero | tr '\0' x >&2
    for number in {1..20000}; do echo "$number"; done >&2
    result 0 passed "$(head -c 3000000 /dev/zero | tr '\0' 7)"
    ;;
  GPU-closes-its-streams)
    result 0 passed ''
    exec >&- 2>&-
    sleep 0.3
    ;;
  GPU-hangs)
    echo hanging >&2
    echo $$ >"$folder/process"
    exec sleep 1000
    ;;
  GPU-hangs-and-is-deaf)
    trap '' TERM
    echo hanging >&2
    exec sleep 1000
    ;;
  GPU-ends-when-told)
    trap 'echo "told to end" >&2; result 143 "ended by SIGTERM" ""; exit 143' TERM
    echo hanging >&2
    sleep 1000 &
    wait
    ;;
esac
