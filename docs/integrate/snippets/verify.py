# In your API, with FastAPI: a route that depends on `signed_in` knows whose session it is.
import os

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException

countersign = httpx.AsyncClient(base_url=os.environ["COUNTERSIGN"] + "/v1/sessions", timeout=2)

async def signed_in(authorization: str = Header(""), cookie: str = Header("")):
    kept = dict(it.split("=", 1) for it in cookie.split("; ") if "=" in it).get("__Host-countersign-session")
    token = authorization[7:] if authorization.lower().startswith("bearer css_") else kept or ""
    headers = {"Authorization": f"Bearer {token}".strip().encode("unicode_escape")}
    try:
        answer = await countersign.get("/verify", headers=headers)
        if answer.status_code == 401:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:  # nobody can know, so nobody is signed out
        raise HTTPException(503, headers={"Retry-After": "1"}) from error

app = FastAPI()

@app.get("/me")
async def me(session=Depends(signed_in)):
    return session["user"]
