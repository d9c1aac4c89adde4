"""`GET /my/instances` as a small service in Python has it: FastAPI, asyncpg, ES256 by PyJWT, the same statement."""

import json
import os
import urllib.request
from contextlib import asynccontextmanager

import asyncpg
import jwt
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse


@asynccontextmanager
async def lifespan(app: FastAPI):
    with urllib.request.urlopen(os.environ["KEYS_URL"]) as answer:
        keys = jwt.PyJWKSet.from_json(answer.read().decode())
    app.state.keys = {key.key_id: key.key for key in keys.keys}
    async with asyncpg.create_pool(os.environ["DATABASE_URL"]) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/my/instances")
async def my_instances(request: Request) -> JSONResponse:
    _, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        key = app.state.keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token, key, algorithms=["ES256"], audience="authenticated", issuer=os.environ["ISSUER"]
        )
    except (jwt.InvalidTokenError, KeyError) as error:
        raise HTTPException(401) from error
    call = {
        "sub": claims["sub"],
        "email": claims["email"],
        "issued_at": claims["iat"],
        "full_name": None,
        "group": "read",
        "limit": 100_000_000,
        "operation": "GET /my/instances",
        "address": request.client.host,
        "request_id": request.headers.get("x-request-id"),
        "public_url": "http://mindroom.localhost",
        "idempotency": None,
    }
    answer = json.loads(await app.state.pool.fetchval("select api.my_instances($1)", json.dumps(call)))
    if "refusal" in answer:
        raise HTTPException(403, answer["refusal"]["code"])
    return JSONResponse(answer["data"])
