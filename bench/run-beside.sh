#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# Pli beside Postfix + Dovecot with encrypted storage, one after the other in the same run, with the same load.
#   bench/run-beside.sh OUTDIR [flags of the load's bench.py, e.g. --only smtp,fetch,idle --scale 0.5]
# LOAD names the folder of the load generator and the peer scripts (see bench/README.md); root, postfix and dovecot are needed.
set -eu
out=${1:?"use: bench/run-beside.sh OUTDIR [flags]"}; shift
load=${LOAD:-../shared/bench}
[ -x "$load/load/run-peer.sh" ] || { echo "no load generator at $load: set LOAD (bench/README.md)"; exit 1; }
mkdir -p "$out"
make -s -j2
PEER=run-pli.sh "$load/load/run-peer.sh" pli "$out" --smtp-cert "${TMPDIR:-/tmp}/pli-peer-pli/load.pem" --hashed '' "$@"
FORMAT=maildir CRYPT=1 "$load/load/run-peer.sh" dovecot "$out" --hashed '' "$@"
/usr/bin/python3 "$load/load/compare.py" "$out/pli.jsonl" "$out/dovecot.jsonl" | tee "$out/beside.md"
