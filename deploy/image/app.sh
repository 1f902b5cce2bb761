#!/bin/sh
# Brings the example app onto the cluster of the compose file, and keeps it reachable on port 8080.
set -eu
answers() {
  node -e 'fetch("http://127.0.0.1:8080/", { signal: AbortSignal.timeout(3000) }).then(async (r) => { console.log(await r.text()); process.exit(r.ok ? 0 : 1); }, () => process.exit(1))'
}
until [ "$(kubectl-lite get nodes --no-headers 2>/dev/null | grep -cw Ready)" -ge "${WORKERS:-3}" ]; do sleep 0.5; done
kubectl-lite get nodes
kubectl-lite apply -f /opt/pinsetter/examples/guestbook.yaml
kubectl-lite rollout status deployment/guestbook-data
kubectl-lite rollout status deployment/guestbook-web
told=''
# A forwarding ends with the pod that it leads to; the next one leads to another.
while :; do
  # Pods of a machine that is lost are not ready; of those that are, any.
  pod=$(kubectl-lite get pods -l app=guestbook,tier=web --no-headers | awk '$2 == "1/1" && $3 == "Running" { print $1 }' | shuf -n 1)
  [ -n "$pod" ] || { sleep 1; continue; }
  kubectl-lite port-forward --address 0.0.0.0 "pod/$pod" 8080 > /tmp/forward 2>&1 &
  forward=$!
  until grep -q Forwarding /tmp/forward || ! kill -0 "$forward" 2>/dev/null; do sleep 0.1; done
  while answers > /tmp/answer; do
    if [ -z "$told" ]; then
      kubectl-lite get pods -o wide
      cat /tmp/answer
      echo "The guestbook answers: http://127.0.0.1:8080"
      told=yes
    fi
    sleep 2
    # It writes a line for each connection.
    : > /tmp/forward
  done
  kill "$forward" 2>/dev/null || :
  wait "$forward" 2>/dev/null || :
done
