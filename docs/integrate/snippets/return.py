# At the partner: the login ends here, at /back?returnTo=…, once the user has signed in.
import json
import os
from urllib.parse import parse_qs, quote
from urllib.request import Request, urlopen

def application(request, start):
    user = quote("ana@northstar.example")  # whom your own session names
    url = parse_qs(request["QUERY_STRING"]).get("returnTo", [""])[0]
    # APP is https://market.example: with the slash behind it, no other host can follow.
    if not url.startswith(os.environ["APP"] + "/"):
        start("400 Bad Request", [])
        return [b"Unknown returnTo."]
    mint = f"{os.environ['COUNTERSIGN']}/v1/auth/oneTimeToken?user={user}"
    with urlopen(Request(mint, headers={"Authorization": os.environ["API_KEY"]})) as answer:
        token = json.load(answer)["data"]  # a refusal raises HTTPError; read() it for the log
    url, sign, fragment = quote(url, safe="%/?#:@!$&'()*+,;=~[]").partition("#")
    url += ("&" if "?" in url else "?") + "oneTimeToken=" + token + sign + fragment
    start("303 See Other", [("Location", url), ("Cache-Control", "no-store")])
    return []
