"""Further ways in from the network; `RUN(x)` stands for what is done with the input."""

from typing import Final

Case = tuple[tuple[str, ...], dict[str, str]]

SERVERS: Final[dict[str, Case]] = {
    "websocket_handler": ((), {
        "server": """
import asyncio, json, websockets
async def serve_one(ws):
    async for message in ws:
        data = json.loads(message)
        RUN(data["x"])
async def main():
    async with websockets.serve(serve_one, "localhost", 8765):
        await asyncio.Future()
asyncio.run(main())
""",
    }),
    "fastapi_depends_body": ((), {
        "server": """
from fastapi import FastAPI
from pydantic import BaseModel
class Body(BaseModel):
    x: str
web = FastAPI()
@web.post("/p")
def p(body: Body):
    return RUN(body.x)
""",
    }),
    "starlette_endpoint": ((), {
        "server": """
from starlette.endpoints import HTTPEndpoint
class P(HTTPEndpoint):
    async def post(self, request):
        data = await request.json()
        return RUN(data["x"])
""",
    }),
    "tornado": ((), {
        "server": """
import tornado.web
class P(tornado.web.RequestHandler):
    def get(self):
        x = self.get_argument("x")
        RUN(x)
""",
    }),
    "asgi_class": ((), {
        "server": """
class App:
    async def __call__(self, scope, receive, send):
        RUN(scope["query_string"].decode())
""",
    }),
    "flask_helper": ((), {
        "server": """
from flask import Flask, request
app = Flask(__name__)
def value():
    return request.form["x"]
@app.post("/p")
def p():
    return RUN(value())
""",
    }),
    "django_view": ((), {
        "server": """
from django.urls import path
from django.http import JsonResponse
import json
def view(request):
    data = json.loads(request.body)
    return JsonResponse({"r": RUN(data["x"])})
urlpatterns = [path("p", view)]
""",
    }),
}  # fmt: skip
