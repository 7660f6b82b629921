"""The official Python SDK (lark-oapi), unmodified, on the sandbox.

    official.py socket URL APP_ID APP_SECRET
    official.py webhook TOKEN KEY

What its handlers get goes to standard output, a line of JSON each. A text that says "fail" makes the handler raise.
"""

import http.server
import json
import sys

import lark_oapi as lark
from lark_oapi.core.model import RawRequest
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTrigger, P2CardActionTriggerResponse


def tell(**said):
    print(json.dumps(said), flush=True)


def on_message(data: lark.im.v1.P2ImMessageReceiveV1) -> None:
    tell(received=data.header.event_type, event=json.loads(lark.JSON.marshal(data)))
    if "fail" in data.event.message.content:
        raise RuntimeError("told to fail")


def on_click(data: P2CardActionTrigger) -> P2CardActionTriggerResponse:
    tell(received=data.header.event_type, event=json.loads(lark.JSON.marshal(data)))
    return P2CardActionTriggerResponse({"toast": {"type": "info", "content": "clicked"}})


def on_ticket(data) -> None:
    tell(received=data.event.get("type"), event=json.loads(lark.JSON.marshal(data)))


def handler(token, key):
    builder = lark.EventDispatcherHandler.builder(key, token)
    builder.register_p2_im_message_receive_v1(on_message)
    builder.register_p2_card_action_trigger(on_click)
    builder.register_p1_customized_event("p2p_chat_create", on_ticket)
    return builder.build()


def connect(base, app_id, secret):
    client = lark.ws.Client(app_id, secret, event_handler=handler("", ""), domain=base, log_level=lark.LogLevel.ERROR)
    client.start()


def listen(token, key):
    dispatcher = handler(token, key)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            request = RawRequest()
            request.uri = self.path
            request.headers = dict(self.headers)
            request.body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = dispatcher.do(request)
            self.send_response(reply.status_code)
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            self.wfile.write(reply.content)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    tell(port=server.server_port)
    server.serve_forever()


if __name__ == "__main__":
    mode, *arguments = sys.argv[1:]
    {"socket": connect, "webhook": listen}[mode](*arguments)
