"""The application. It knows nothing of Workers but `request.scope["env"]`."""

from hmac import compare_digest
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel

if TYPE_CHECKING:
    from worker_configuration import Env  # written by `pywrangler types`
else:
    Env = Any  # FastAPI looks at annotations when it runs

app = FastAPI(title="@name@")


def bindings(request: Request) -> Env:
    """Return the bindings of the Worker."""
    return request.scope["env"]


Bindings = Annotated[Env, Depends(bindings)]


class Item(BaseModel):
    name: str
    price: float
    quantity: int = 1


@app.get("/")
async def greet(env: Bindings, name: str = "World"):
    return {"message": f"{env.GREETING}, {name}!"}


@app.post("/total")
async def total(items: list[Item]):
    return {"total": sum(item.price * item.quantity for item in items)}


@app.get("/admin")
async def admin(env: Bindings, authorization: Annotated[str, Header()] = ""):
    token = getattr(env, "API_TOKEN", "")
    if not token or not compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        raise HTTPException(401, "Send the token: Authorization: Bearer ...")
    return {"message": "Welcome."}
