#!/bin/sh
# Check the models exhaustively, and that they are able to fail: without the grace, the lock, the
# ledger or a claim, spin must find how something is paid twice, or another's picture is shown.
# Needs spin and a C compiler.
set -eu
cd "$(dirname "$0")"
models=$PWD
model=$models/protocol.pml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

check() { # what is expected, the options
    expected=$1
    shift
    spin -a "$@" "$model" > spin.out || { cat spin.out; exit 1; }
    ${CC:-cc} -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=4096 -o pan pan.c
    timeout 900 ./pan -m1000000 > out 2>&1 || true
    errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' out)
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' out)
    if grep -Eq 'max search depth too small|out of memory|resource limit' out; then
        echo "not exhaustive: $*"; sed -n 1,30p out; exit 1
    fi
    found=holds
    [ "$errors" = 0 ] || found=$(sed -n 's/^pan:1: //p' out | sed 's/ (at depth.*//')
    printf '%-46s %12s states  %s\n' "$*" "$states" "$found"
    case $expected in
        holds) [ "$errors" = 0 ] ;;
        fails) [ "$errors" != 0 ] ;;
    esac
}

check holds -DN=2 -DK=1 -DCRASHES=3 -DFOREIGN=0
check holds -DN=2 -DK=1 -DCRASHES=2 -DFOREIGN=2
check holds -DN=3 -DK=1 -DCRASHES=1 -DFOREIGN=1
check holds -DN=2 -DK=2 -DCRASHES=2 -DFOREIGN=0
check holds -DN=2 -DK=2 -DCRASHES=1 -DFOREIGN=1
check holds -DN=2 -DK=2 -DKINDS=2 -DCRASHES=2 -DFOREIGN=0
check holds -DN=2 -DK=2 -DKINDS=2 -DCRASHES=0 -DFOREIGN=1
check holds -DN=1 -DK=2 -DKINDS=2 -DCRASHES=1 -DFOREIGN=1
check holds -DN=2 -DK=1 -DCRASHES=1 -DFOREIGN=0 -DLOSSES=2
check holds -DN=2 -DK=1 -DCRASHES=1 -DFOREIGN=1 -DLOSSES=1
check holds -DN=1 -DK=2 -DCRASHES=1 -DFOREIGN=0 -DLOSSES=1
check holds -DN=2 -DK=1 -DCRASHES=2 -DFOREIGN=1 -DCONFLICTS
check holds -DN=2 -DK=2 -DKINDS=2 -DCRASHES=1 -DFOREIGN=0 -DCONFLICTS
if [ "${1:-}" = --long ]; then
    check holds -DN=3 -DK=2 -DCRASHES=1 -DFOREIGN=0
    check holds -DN=2 -DK=2 -DCRASHES=2 -DFOREIGN=1
    check holds -DN=1 -DK=3 -DKINDS=2 -DCRASHES=1 -DFOREIGN=0
    check holds -DN=1 -DK=2 -DCRASHES=1 -DFOREIGN=1 -DLOSSES=1
fi
check fails -DN=1 -DK=1 -DCRASHES=1 -DFOREIGN=0 -DNOGRACE
check fails -DN=1 -DK=1 -DCRASHES=1 -DFOREIGN=0 -DHASTY
check fails -DN=2 -DK=2 -DCRASHES=1 -DFOREIGN=0 -DNOLOCK
check fails -DN=2 -DK=2 -DCRASHES=1 -DFOREIGN=0 -DANYKIND
check fails -DN=1 -DK=1 -DCRASHES=0 -DFOREIGN=0 -DLOSSES=1 -DNOLEDGER
check fails -DN=1 -DK=1 -DCRASHES=0 -DFOREIGN=1 -DCONFLICTS -DBELIEVED

model=$models/claims.pml
check holds -DN=2 -DCRASHES=1 -DUNKNOWNS=1
check holds -DN=2 -DCRASHES=2 -DUNKNOWNS=1
check holds -DN=3 -DCRASHES=1 -DUNKNOWNS=0
check fails -DN=2 -DCRASHES=0 -DUNKNOWNS=0 -DNOCLAIM
check fails -DN=2 -DCRASHES=1 -DUNKNOWNS=0 -DREORDER
check fails -DN=2 -DCRASHES=1 -DUNKNOWNS=0 -DNOGRACE
check fails -DN=2 -DCRASHES=0 -DUNKNOWNS=1 -DFREE
check fails -DN=2 -DCRASHES=0 -DUNKNOWNS=0 -DUNPROVED
check fails -DN=2 -DCRASHES=0 -DUNKNOWNS=0 -DSTOPPED
check fails -DN=2 -DCRASHES=0 -DUNKNOWNS=0 -DGONE
