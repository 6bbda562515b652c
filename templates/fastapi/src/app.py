"""The application. It knows nothing of Workers but `request.scope["env"]`, so it can be tested without one."""

from hmac import compare_digest
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel

app = FastAPI(title="@name@")


def env(request: Request) -> Any:
    """Return the bindings of the Worker."""
    return request.scope["env"]


Env = Annotated[Any, Depends(env)]


class Item(BaseModel):
    name: str
    price: float
    quantity: int = 1


@app.get("/")
async def greet(env: Env, name: str = "World"):
    return {"message": f"{env.GREETING}, {name}!"}


@app.post("/total")
async def total(items: list[Item]):
    return {"total": sum(item.price * item.quantity for item in items)}


@app.get("/admin")
async def admin(env: Env, authorization: Annotated[str, Header()] = ""):
    token = getattr(env, "API_TOKEN", "")
    if not token or not compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        raise HTTPException(401, "Send the token: Authorization: Bearer ...")
    return {"message": "Welcome."}
