"""A client of the platform's events, written from its protocol alone and with nothing but the standard library.

    stub.py socket URL APP_ID APP_SECRET     connects, pings, acknowledges
    stub.py webhook TOKEN KEY                listens, answers challenges, checks signatures, decrypts (with openssl)

What it sees goes to standard output, a line of JSON each. A text that says "fail" is not acknowledged with 200.
"""

import base64
import hashlib
import http.server
import json
import os
import socket
import struct
import subprocess
import sys
import urllib.parse
import urllib.request


def tell(**said):
    print(json.dumps(said), flush=True)


def handle(event):
    """Gives back whether the event is taken, and the answer to a callback."""
    kind = event["header"]["event_type"] if "schema" in event else event["event"]["type"]
    tell(received=kind, event=event)
    if kind == "card.action.trigger":
        return True, {"toast": {"type": "info", "content": "clicked"}}
    return "fail" not in event["event"].get("message", {}).get("content", ""), None


# --- protobuf, as far as frames need it


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def blob(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def fields(data):
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        elif tag & 7 == 2:
            size, at = read_varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            raise ValueError("unexpected wire type")
        yield tag >> 3, value


def decode(data):
    frame = {"headers": [], "payload": b""}
    names = {1: "seq", 2: "log", 3: "service", 4: "method", 8: "payload"}
    for field, value in fields(data):
        if field == 5:
            pair = dict(fields(value))
            frame["headers"].append((pair[1].decode(), pair[2].decode()))
        elif field in names:
            frame[names[field]] = value
    missing = {"seq", "log", "service", "method"} - frame.keys()
    if missing:
        raise ValueError(f"required fields are missing: {missing}")
    return frame


def encode(frame):
    out = b"".join(varint(field << 3) + varint(frame[name]) for field, name in enumerate(["seq", "log", "service", "method"], 1))
    for key, value in frame["headers"]:
        out += blob(5, blob(1, key.encode()) + blob(2, value.encode()))
    return out + blob(8, frame["payload"]) if frame["payload"] else out


# --- WebSocket, the client's side (RFC 6455)


class WebSocket:
    def __init__(self, url):
        url = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((url.hostname, url.port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.file = self.socket.makefile("rb")
        status = self.file.readline().split()[1]
        headers = {}
        while (line := self.file.readline().strip()) != b"":
            name, value = line.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        if status != b"101":
            raise ConnectionError(f"{headers.get('handshake-status')} {headers.get('handshake-autherrcode')}")
        accept = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        assert headers["sec-websocket-accept"] == base64.b64encode(accept).decode()

    def send(self, data):
        size = len(data)
        head = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack(">H", size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self.socket.sendall(b"\x82" + head + mask + masked)

    def receive(self):
        first, size = self.file.read(2)
        if size == 126:
            (size,) = struct.unpack(">H", self.file.read(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self.file.read(8))
        data = self.file.read(size)
        return data if first == 0x82 else None


def connect(base, app_id, secret):
    request = urllib.request.Request(
        base + "/callback/ws/endpoint",
        json.dumps({"AppID": app_id, "AppSecret": secret}).encode(),
        {"Content-Type": "application/json", "locale": "zh"},
    )
    with urllib.request.urlopen(request) as reply:
        reply = json.load(reply)
    if reply["code"] != 0:
        sys.exit(f"discovery: {reply['code']} {reply['msg']}")
    url = reply["data"]["URL"]
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    service = int(query["service_id"][0])
    ws = WebSocket(url)
    ws.send(encode({"seq": 0, "log": 0, "service": service, "method": 0, "headers": [("type", "ping")], "payload": b""}))
    parts = {}
    while True:
        data = ws.receive()
        if data is None:
            continue
        frame = decode(data)
        headers = dict(frame["headers"])
        if frame["method"] == 0:
            tell(control=headers["type"], config=json.loads(frame["payload"] or b"null"))
            continue
        # Chunks are put together by index; only the last to come is answered.
        slots = parts.setdefault(headers["message_id"], {})
        slots[int(headers["seq"])] = frame["payload"]
        if len(slots) < int(headers["sum"]):
            continue
        payload = b"".join(slots[at] for at in sorted(parts.pop(headers["message_id"])))
        taken, answer = handle(json.loads(payload))
        said = {"code": 200 if taken else 500, "headers": None, "data": None}
        if answer is not None:
            said["data"] = base64.b64encode(json.dumps(answer).encode()).decode()
        frame["headers"].append(("biz_rt", "1"))
        frame["payload"] = json.dumps(said).encode()
        ws.send(encode(frame))


# --- webhook


def decrypt(key, text):
    data = base64.b64decode(text)
    key = hashlib.sha256(key.encode()).hexdigest()
    openssl = ["openssl", "enc", "-d", "-aes-256-cbc", "-K", key, "-iv", data[:16].hex()]
    return subprocess.run(openssl, input=data[16:], capture_output=True, check=True).stdout


def listen(token, key):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event = json.loads(decrypt(key, json.loads(body)["encrypt"]))
            if event.get("type") == "url_verification":
                if event["token"] != token:
                    return self.answer(401, {})
                return self.answer(200, {"challenge": event["challenge"]})
            signed = (self.headers["X-Lark-Request-Timestamp"] + self.headers["X-Lark-Request-Nonce"] + key).encode() + body
            if hashlib.sha256(signed).hexdigest() != self.headers["X-Lark-Signature"]:
                return self.answer(401, {})
            if (event["header"] if "schema" in event else event)["token"] != token:
                return self.answer(401, {})
            taken, answer = handle(event)
            self.answer(200 if taken else 500, answer or {"msg": "success"})

        def answer(self, status, body):
            body = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    tell(port=server.server_port)
    server.serve_forever()


if __name__ == "__main__":
    mode, *arguments = sys.argv[1:]
    {"socket": connect, "webhook": listen}[mode](*arguments)
