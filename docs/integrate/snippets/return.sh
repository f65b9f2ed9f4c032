#!/usr/bin/env bash
# At the partner: prints where to send a user who has signed in: ./return.sh "$RETURN_TO" ana@northstar.example
set -euo pipefail
return_to=$1 email=$2

# APP is https://market.example: with the slash behind it, no other host can follow.
[[ $return_to == "$APP"/* && $return_to != *[[:cntrl:]]* ]] || { echo 'Unknown returnTo.' >&2; exit 1; }

# The key comes by a file descriptor: what stands on a command line, every user of the machine reads.
answer=$(curl --silent --show-error --fail-with-body --get "$COUNTERSIGN/v1/auth/oneTimeToken" \
    --data-urlencode "user=$email" --header @<(printf 'Authorization: %s' "$API_KEY"))
token=$(sed 's/.*"data":"\([^"]*\)".*/\1/' <<<"$answer")

url=${return_to%%#*} fragment=${return_to:${#url}} mark='?'
[[ $url != *\?* ]] || mark='&'
printf '%s%soneTimeToken=%s%s\n' "$url" "$mark" "$token" "$fragment"
