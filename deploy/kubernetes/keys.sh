#!/bin/sh
# Makes keys for so many agents and puts them into the cluster: the server's, the agents' and the coordinator's in a secret each,
# so that no pod is given more than its own.
#   deploy/kubernetes/keys.sh 20 [FOLDER]
set -eu
count=${1:?how many agents there may be}
folder=${2:-mqbench-keys}
space='kubectl -n mqbench'

mqbench agents-keys "$folder" --agents "$count" --bind 0.0.0.0 --at /keys \
  --host nats --host nats.mqbench --host nats.mqbench.svc --host nats.mqbench.svc.cluster.local

$space create secret generic mqbench-nats \
  --from-file="$folder/nats-server.conf" --from-file="$folder/cert.pem" --from-file="$folder/key.pem"
$space create secret generic mqbench-coordinator --from-file="$folder/coordinator.json"
set --
for file in "$folder"/agent-*.json; do
  set -- "$@" --from-file="$file"
done
$space create secret generic mqbench-agents "$@"
