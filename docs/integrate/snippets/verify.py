# In your API, with FastAPI: a route that depends on `signed_in` knows whose session it is.
import os

import httpx
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import APIKeyCookie, HTTPBearer

countersign = httpx.AsyncClient(base_url=os.environ["COUNTERSIGN"] + "/v1/sessions", timeout=2)
COOKIE = APIKeyCookie(name="__Host-countersign-session", auto_error=False)

async def signed_in(bearer=Depends(HTTPBearer(auto_error=False)), cookie=Depends(COOKIE)):
    token = f"Bearer {bearer.credentials if bearer else cookie or ''}".strip().encode("unicode_escape")
    try:
        answer = await countersign.get("/verify", headers={"Authorization": token})
        if answer.status_code == 401:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:  # nobody can know, so nobody is signed out
        raise HTTPException(503, headers={"Retry-After": "1"}) from error

app = FastAPI()

@app.get("/me")
async def me(session=Depends(signed_in)):
    return session["user"]
