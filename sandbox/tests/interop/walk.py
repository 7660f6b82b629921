"""A day with the official Python SDK (lark-oapi), unmodified, on the sandbox.

    walk.py URL APP_ID APP_SECRET CHAT_ID

What each step was answered goes to standard output, a line of JSON each; `walk.mjs` takes the same steps in Node.
"""

import hashlib
import io
import json
import sys

import lark_oapi as lark
from lark_oapi.api.im.v1 import *
from lark_oapi.core.model import Config
from lark_oapi.core.token import TokenManager

# The smallest PNG: one transparent pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)
NOTES = "Notes, 飞书\r\n".encode() * 5000 + bytes(range(256))


def tell(step, **said):
    print(json.dumps({"step": step, **said}), flush=True)


def done(response):
    if not response.success():
        raise RuntimeError(f"{response.code} {response.msg} {response.get_log_id()}")
    return response.data


def fetched(response):
    if response.code != 0:
        raise RuntimeError(f"{response.code} {response.msg}")
    return digest(response.file.read())


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Walk:
    def __init__(self, base, app_id, secret, chat):
        self.client = lark.Client.builder().app_id(app_id).app_secret(secret).domain(base).build()
        self.config = Config()
        self.config.domain, self.config.app_id, self.config.app_secret = base, app_id, secret
        self.chat = chat
        self.im = self.client.im.v1

    def send(self, kind, content, chat=None):
        body = CreateMessageRequestBody.builder().receive_id(chat or self.chat).msg_type(kind).content(json.dumps(content)).build()
        return self.im.message.create(CreateMessageRequest.builder().receive_id_type("chat_id").request_body(body).build())

    def token(self):
        # The SDK keeps it for later calls, as programs that never ask for it have it do.
        tell("token", kind=TokenManager.get_self_tenant_token(self.config)[:2])

    def messages(self):
        text = done(self.send("text", {"text": "from Python 飞书"}))
        tell("text", message_id=text.message_id, chat_id=text.chat_id, content=json.loads(text.body.content))
        words = [[{"tag": "text", "text": "first "}, {"tag": "a", "text": "link", "href": "https://example.com/"}]]
        post = done(self.send("post", {"en_us": {"title": "A post", "content": words}}))
        tell("post", message_id=post.message_id, msg_type=post.msg_type)
        button = {"tag": "button", "text": {"tag": "plain_text", "content": "Approve"}, "value": {"id": 7}}
        card = done(self.send("interactive", {"elements": [{"tag": "action", "actions": [button]}]}))
        tell("card", message_id=card.message_id, msg_type=card.msg_type)
        body = ReplyMessageRequestBody.builder().msg_type("text").content(json.dumps({"text": "a reply"})).build()
        reply = done(self.im.message.reply(ReplyMessageRequest.builder().message_id(text.message_id).request_body(body).build()))
        tell("reply", message_id=reply.message_id, parent_id=reply.parent_id, root_id=reply.root_id)
        read = done(self.im.message.get(GetMessageRequest.builder().message_id(text.message_id).build()))
        tell("get", items=[[item.message_id, json.loads(item.body.content)] for item in read.items])
        return text.message_id

    def history(self):
        pages, token = [], None
        while len(pages) < 9:
            request = ListMessageRequest.builder().container_id_type("chat").container_id(self.chat)
            request = request.sort_type("ByCreateTimeAsc").page_size(2)
            page = done(self.im.message.list((request.page_token(token) if token else request).build()))
            pages.append([item.message_id for item in page.items])
            token = page.page_token
            if not page.has_more:
                break
        tell("list", pages=pages)

    def files(self):
        body = CreateImageRequestBody.builder().image_type("message").image(io.BytesIO(PIXEL)).build()
        image = done(self.im.image.create(CreateImageRequest.builder().request_body(body).build())).image_key
        got = self.im.image.get(GetImageRequest.builder().image_key(image).build())
        tell("image", key=image, sent=digest(PIXEL), got=fetched(got))

        notes = io.BytesIO(NOTES)
        body = CreateFileRequestBody.builder().file_type("stream").file_name("notes 飞书.txt").file(notes).build()
        key = done(self.im.file.create(CreateFileRequest.builder().request_body(body).build())).file_key
        got = self.im.file.get(GetFileRequest.builder().file_key(key).build())
        tell("file", key=key, sent=digest(NOTES), got=fetched(got))

        message = done(self.send("file", {"file_key": key})).message_id
        request = GetMessageResourceRequest.builder().message_id(message).file_key(key).type("file").build()
        got = self.im.message_resource.get(request)
        tell("resource", key=message, sent=digest(NOTES), got=fetched(got))

    def reactions(self, message):
        def kinds():
            request = ListMessageReactionRequest.builder().message_id(message).build()
            items = done(self.im.message_reaction.list(request)).items or []
            return [[item.reaction_id, item.reaction_type.emoji_type] for item in items]

        body = CreateMessageReactionRequestBody.builder().reaction_type(Emoji.builder().emoji_type("SMILE").build()).build()
        request = CreateMessageReactionRequest.builder().message_id(message).request_body(body).build()
        added = done(self.im.message_reaction.create(request)).reaction_id
        there = kinds()
        request = DeleteMessageReactionRequest.builder().message_id(message).reaction_id(added).build()
        done(self.im.message_reaction.delete(request))
        tell("reaction", reaction_id=added, there=there, left=kinds())

    def chats(self):
        body = CreateChatRequestBody.builder().name("Readers").description("Who reads").build()
        chat = done(self.im.chat.create(CreateChatRequest.builder().request_body(body).build())).chat_id
        read = done(self.im.chat.get(GetChatRequest.builder().chat_id(chat).build()))
        tell("chat", chat_id=chat, name=read.name, description=read.description)

    def refusal(self):
        refused = self.send("text", {"text": "lost"}, "oc_nowhere")
        tell("refusal", code=refused.code, log_id=refused.get_log_id())


if __name__ == "__main__":
    walk = Walk(*sys.argv[1:])
    walk.token()
    first = walk.messages()
    walk.history()
    walk.files()
    walk.reactions(first)
    walk.chats()
    walk.refusal()
