#!/bin/bash
# B: the bash-and-cron recipe of the original account: recipe.sh UNIT URL INTERVAL LIMIT
# No -f, as there: an HTTP 500 is an answer. MainPID is not looked at, as there.
fails=0
while :; do
  sleep "$3"
  if curl -sS -m "$4" -o /dev/null -H 'content-type: application/json' -d '{"input":"probe","model":"fake"}' "$2/v1/embeddings"
  then fails=0
  else fails=$((fails + 1))
  fi
  if [ "$fails" -ge 2 ]; then
    pid=$(systemctl show -p MainPID --value "$1")
    echo "$(date +%T) kill -9 $pid"
    kill -9 $pid
    fails=0
  fi
done
