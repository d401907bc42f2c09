#!/bin/bash
# Ew: a kubelet-like liveness loop with real work, 10 s / 1 s / 3: kubelet.sh UNIT URL
# The real one sends SIGTERM first and waits; this one kills at once, to its favour.
fails=0
while :; do
  sleep 10
  if curl -sSf -m 1 -o /dev/null -H 'content-type: application/json' -d '{"input":"probe","model":"fake"}' "$2/v1/embeddings"
  then fails=0
  else fails=$((fails + 1))
  fi
  if [ "$fails" -ge 3 ]; then
    pid=$(systemctl show -p MainPID --value "$1")
    echo "$(date +%T) kill -9 $pid"
    kill -9 $pid
    fails=0
  fi
done
