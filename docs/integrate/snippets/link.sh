#!/usr/bin/env bash
# At the partner: prints the link that takes a user to an event: ./link.sh 2738 ana@northstar.example
set -euo pipefail
event=$1 email=$2
[[ $event$email != *[\"\\[:cntrl:]]* ]] || { echo 'That cannot stand in JSON.' >&2; exit 1; }

# The key comes by a file descriptor: what stands on a command line, every user of the machine reads.
answer=$(curl --silent --show-error --fail-with-body "$COUNTERSIGN/v1/links" \
    --header @<(printf 'Authorization: %s' "$API_KEY") --header 'Content-Type: application/json' \
    --data '{"flow": "sell", "params": {"event_id": "'"$event"'"}, "user": {"email": "'"$email"'"}}')

sed 's/.*"data":"\([^"]*\)".*/\1/' <<<"$answer"
