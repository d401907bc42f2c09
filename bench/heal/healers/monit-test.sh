#!/bin/sh
# Cw: what monit's `check program` runs: monit-test.sh URL
exec curl -sSf -m 5 -o /dev/null -H 'content-type: application/json' -d '{"input":"probe","model":"fake"}' "$1/v1/embeddings"
