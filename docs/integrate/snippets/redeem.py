# In the application: where a page needs a user, and your session check found nobody.
import json, os, secrets, urllib.request as http
from urllib.parse import parse_qsl, quote
PAGE = [b"<form method=post><button>Continue</button></form><script>document.forms[0].submit()</script>"]
KEPT = "Path=/; Secure; HttpOnly; SameSite=Lax"
def application(request, start):
    def go(to, kept):
        return start("303 See Other", [("Location", to), ("Set-Cookie", f"__Host-{kept}; {KEPT}")]) and []
    page, query = os.environ["APP"] + quote(request["PATH_INFO"], encoding="latin-1"), dict(parse_qsl(request["QUERY_STRING"]))
    if "oneTimeToken" not in query:
        back = quote(f"{page}?state={(fresh := secrets.token_urlsafe())}", safe="")
        return go(f"{os.environ['LOGIN_URL']}?returnTo={back}", f"state={fresh}; Max-Age=900")
    if "state" not in query or f"__Host-state={query['state']}" not in request.get("HTTP_COOKIE", "").split("; "):
        return start("403 Forbidden", []) and [b"Please begin again."]  # it was another browser
    if request["REQUEST_METHOD"] != "POST":  # whoever only looks redeems nothing
        return start("200 OK", [("Content-Type", "text/html"), ("Referrer-Policy", "no-referrer")]) and PAGE
    body = json.dumps({"token": query["oneTimeToken"], "nonce": query["state"]}).encode()
    headers = {"Authorization": os.environ["API_KEY"], "Content-Type": "application/json"}
    redeem = http.Request(os.environ["COUNTERSIGN"] + "/v1/one-time-tokens/redeem", body, headers)
    return go(page, f"device={json.load(http.urlopen(redeem))['authentication']['token']}; Max-Age=2592000")
