#!/bin/sh
# Cw: what monit executes: monit-kill.sh UNIT
pid=$(systemctl show -p MainPID --value "$1")
echo "$(date +%T) kill -9 $pid"
kill -9 $pid
