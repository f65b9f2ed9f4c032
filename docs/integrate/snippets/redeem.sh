#!/usr/bin/env bash
# In the application: reads the URL that came back, with in STATE what the browser's cookie says,
# and prints who signed in.
set -euo pipefail
read -r url
parameter() { sed -n "s/.*[?&]$1=\([A-Za-z0-9_-]*\).*/\1/p" <<<"$url"; }
state=$(parameter state) token=$(parameter oneTimeToken)

[[ -n $state && $state == "$STATE" ]] || { echo 'Another browser left: begin again.' >&2; exit 1; }

# Key and token come by file descriptors: what stands on a command line, every user of the machine
# reads. The nonce makes it safe to ask once more where no answer came.
curl --silent --show-error --fail-with-body "$COUNTERSIGN/v1/one-time-tokens/redeem" \
    --header @<(printf 'Authorization: %s' "$API_KEY") --header 'Content-Type: application/json' \
    --data @<(printf '{"token": "%s", "nonce": "%s"}' "$token" "$state")
