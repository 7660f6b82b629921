"""The platform's side of a long connection, written from its protocol alone and with nothing but the standard library.

It prints its address, serves one client through two connections, and ends with 0 when all of what the client said was right. The first
connection gets an event in chunks and a card action, and is cut; the second gets the same event once more.
"""

import base64
import hashlib
import json
import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sandbox/tests/interop"))
from stub import decode, encode  # noqa: E402  the frames of protocol §6.3

SERVICE = 42
CONFIG = {"ReconnectCount": -1, "ReconnectInterval": 1, "ReconnectNonce": 1, "PingInterval": 120}
# protocol §6.9
PING = bytes.fromhex("08001000182a20002a0c0a0474797065120470696e67")


def event(kind, event_id, body):
    header = {
        "event_id": event_id, "token": "v-token-0001", "create_time": "1603977298000",
        "event_type": kind, "tenant_key": "2ca1d211f64f6438", "app_id": "cli_1",
    }
    return json.dumps({"schema": "2.0", "header": header, "event": body}).encode()


MESSAGE = event("im.message.receive_v1", "e-1", {
    "sender": {"sender_id": {"open_id": "ou_1"}, "sender_type": "user", "tenant_key": "2ca1d211f64f6438"},
    "message": {
        "message_id": "om_1", "chat_id": "oc_1", "chat_type": "p2p", "message_type": "text",
        "content": json.dumps({"text": "飞书"}), "create_time": "1603977298000",
    },
})
ACTION = event("card.action.trigger", "e-2", {
    "operator": {"open_id": "ou_1"}, "token": "c-1", "action": {"tag": "button", "value": {"k": "v"}},
    "host": "im_message", "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"},
})


class Client:
    """One connection: a request by HTTP, which may become a WebSocket (RFC 6455)."""

    def __init__(self, listener):
        self.socket, _ = listener.accept()
        self.socket.settimeout(60)
        self.file = self.socket.makefile("rb")
        self.line = self.file.readline().decode()
        self.headers = {}
        while (line := self.file.readline().strip()) != b"":
            name, value = line.decode().split(":", 1)
            self.headers[name.lower()] = value.strip()

    def discovery(self, address):
        """protocol §6.1"""
        assert self.line.startswith("POST /callback/ws/endpoint "), self.line
        assert "authorization" not in self.headers and self.headers["locale"] == "zh"
        asked = json.loads(self.file.read(int(self.headers["content-length"])))
        assert asked == {"AppID": "cli_1", "AppSecret": "secret"}, asked
        url = f"ws://{address}/ws?device_id=d-1&service_id={SERVICE}&access_key=a&ticket=t"
        body = json.dumps({"code": 0, "msg": "", "data": {"URL": url, "ClientConfig": CONFIG}}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode() + body)
        self.close()

    def upgrade(self):
        assert self.line.startswith(f"GET /ws?device_id=d-1&service_id={SERVICE}&access_key=a&ticket=t "), self.line
        key = self.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.socket.sendall((head + f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        # protocol §6.4: the client speaks first.
        assert self.receive() == PING
        self.send(0, [("type", "pong")], json.dumps(CONFIG).encode())

    def send(self, method, headers, payload):
        data = encode({"seq": 7, "log": 11, "service": SERVICE, "method": method, "headers": headers, "payload": payload})
        size = len(data)
        head = bytes([size]) if size < 126 else bytes([126]) + struct.pack(">H", size)
        self.socket.sendall(b"\x82" + head + data)

    def receive(self):
        first, size = self.file.read(2)
        assert first == 0x82 and size & 0x80, "a client masks, and sends binary messages"
        size &= 0x7F
        if size == 126:
            (size,) = struct.unpack(">H", self.file.read(2))
        mask = self.file.read(4)
        return bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.file.read(size)))

    def push(self, message_id, payload, chunks):
        """Sends an event and gives back its acknowledgement (protocol §6.5, §6.6)."""
        size = -(-len(payload) // chunks)
        for seq in range(chunks):
            headers = [("type", "event"), ("message_id", message_id), ("sum", str(chunks)), ("seq", str(seq)), ("trace_id", "t-1")]
            self.send(1, headers, payload[seq * size : (seq + 1) * size])
        frame = decode(self.receive())
        assert (frame["seq"], frame["log"], frame["service"], frame["method"]) == (7, 11, SERVICE, 1), frame
        assert frame["headers"][:-1] == headers, frame
        name, took = frame["headers"][-1]
        assert name == "biz_rt" and took.isdigit(), frame
        return json.loads(frame["payload"])

    def close(self):
        self.file.close()
        self.socket.close()


def connection(listener, address):
    Client(listener).discovery(address)
    client = Client(listener)
    client.upgrade()
    return client


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(60)
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    print(f"http://{address}", flush=True)

    first = connection(listener, address)
    assert first.push("m-1", MESSAGE, 3)["code"] == 200
    answer = first.push("m-2", ACTION, 1)
    assert answer["code"] == 200, answer
    toast = json.loads(base64.b64decode(answer["data"]))["toast"]
    assert toast == {"type": "success", "content": "Saved"}, toast
    first.close()

    # What was acknowledged and comes again is acknowledged again; that it runs once only is the other side's to say.
    second = connection(listener, address)
    assert second.push("m-3", MESSAGE, 1)["code"] == 200


if __name__ == "__main__":
    main()
