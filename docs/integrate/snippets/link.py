# At the partner: GET /sell/2738 sends the signed-in user to that event in the application.
import json
import os
from urllib.request import Request, urlopen

def application(request, start):
    user = {"userId": "7421", "email": "ana@northstar.example"}  # whom your own session names
    params = {"event_id": request["PATH_INFO"].rsplit("/", 1)[-1]}
    body = json.dumps({"flow": "sell", "params": params, "user": user}).encode()
    headers = {"Authorization": os.environ["API_KEY"], "Content-Type": "application/json"}
    with urlopen(Request(os.environ["COUNTERSIGN"] + "/v1/links", body, headers)) as answer:
        link = json.load(answer)["data"]  # a refusal raises HTTPError; read() it for the log
    start("303 See Other", [("Location", link), ("Cache-Control", "no-store")])
    return []
