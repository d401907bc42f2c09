#!/bin/bash
# As from cron: every.sh SECONDS COMMAND… The round at once stands for those of the days before, which saw it serve.
seconds=$1
shift
while :; do
  "$@"
  sleep "$seconds"
done
