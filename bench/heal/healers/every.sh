#!/bin/bash
# As from cron: every.sh SECONDS COMMAND…
seconds=$1
shift
while :; do
  sleep "$seconds"
  "$@"
done
