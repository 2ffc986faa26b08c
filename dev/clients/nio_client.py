"""A Matrix client made of matrix-nio, driven over standard input and output.

One JSON object a line, the same commands and answers as jssdk.mjs. It writes what
an older client writes: replies carry the quoted text ("> <@someone:server> …" and
<mx-reply>), which names people and must never get to the other side.
"""

import asyncio
import html as html_escape
import json
import logging
import os
import sys
import tempfile

import nio
from nio.crypto.attachments import decrypt_attachment

logging.disable(logging.CRITICAL)


def say(line):
    """Writes one line; standard output carries nothing else."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def check(answer):
    """Raises what the homeserver refused; gives the answer back otherwise."""
    if isinstance(answer, nio.ErrorResponse):
        raise RuntimeError(f"{answer.status_code}: {answer.message}")
    return answer


class Driver:
    """One person's client. Methods named after commands carry them out."""

    def __init__(self):
        self.client = None
        self.crypto = False
        self.syncing = None
        self.rooms = {}  # room ID -> event ID -> source, in order of arrival
        self.memberships = {}

    async def start(self, homeserver, user_id, password="", token="", device_id="", crypto=False, isolate=False):
        """Logs in (or takes the token), syncs once, then goes on syncing."""
        del isolate  # nio has no such mode
        config = nio.AsyncClientConfig(encryption_enabled=crypto, store_sync_tokens=False)
        self.crypto = crypto
        self.client = nio.AsyncClient(homeserver, user_id, store_path=tempfile.mkdtemp(prefix="nio-"), config=config)
        if token:
            self.client.restore_login(user_id, device_id, token)
        else:
            check(await self.client.login(password))
        await self.sync(timeout=0, full_state=True)
        self.syncing = asyncio.create_task(self.sync_on())
        return {"user_id": self.client.user_id, "device_id": self.client.device_id, "token": self.client.access_token}

    async def sync_on(self):
        while True:
            try:
                await self.sync(timeout=10000)
            except Exception as fault:  # the homeserver restarts in some tests
                say({"trouble": repr(fault)})
                await asyncio.sleep(0.2)

    async def sync(self, timeout, full_state=False):
        """One sync; tells what came, as nio shows it."""
        answer = await self.client.sync(timeout=timeout, full_state=full_state)
        if isinstance(answer, nio.SyncError):
            raise RuntimeError(answer.message)
        if self.crypto:
            await self.keep_keys()
        for room_id in answer.rooms.invite:
            inviter = getattr(self.client.invited_rooms.get(room_id), "inviter", "") or ""
            self.membership(room_id, "invite", inviter)
        for room_id, room in answer.rooms.join.items():
            self.membership(room_id, "join", "")
            for event in list(room.state) + list(room.timeline.events):
                self.arrived(room_id, event)
        for room_id, room in answer.rooms.leave.items():
            for event in room.timeline.events:
                self.arrived(room_id, event)
            self.membership(room_id, "leave", "")

    async def keep_keys(self):
        client = self.client
        if client.should_upload_keys:
            check(await client.keys_upload())
        if client.should_query_keys:
            check(await client.keys_query())
        if client.should_claim_keys:
            await client.keys_claim(client.get_users_for_key_claiming())
        await client.send_to_device_messages()

    def membership(self, room_id, membership, inviter):
        if self.memberships.get(room_id) == membership:
            return
        self.memberships[room_id] = membership
        say({"membership": {"room": room_id, "membership": membership, "inviter": inviter}})

    def arrived(self, room_id, event):
        source = dict(event.source)
        source["room_id"] = room_id
        source["encrypted"] = bool(event.decrypted) or isinstance(event, nio.MegolmEvent)
        source["wire"] = "m.room.encrypted" if source["encrypted"] else source.get("type")
        if isinstance(event, nio.MegolmEvent):
            source["failure"] = "undecryptable"
        self.rooms.setdefault(room_id, {})[source["event_id"]] = source
        say({"event": source})

    async def put(self, room, kind, content):
        answer = await self.client.room_send(room, kind, content, ignore_unverified_devices=True)
        return check(answer).event_id

    async def message(self, room, content):
        return await self.put(room, "m.room.message", content)

    async def text(self, room, body):
        return await self.message(room, {"msgtype": "m.text", "body": body})

    async def html(self, room, body, html):
        return await self.message(room, {
            "msgtype": "m.text", "body": body, "format": "org.matrix.custom.html", "formatted_body": html})

    async def emote(self, room, body):
        return await self.message(room, {"msgtype": "m.emote", "body": body})

    async def notice(self, room, body):
        return await self.message(room, {"msgtype": "m.notice", "body": body})

    async def reply(self, room, to, body):
        """A reply as it was written until the fallback was dropped from the specification."""
        quoted = self.rooms.get(room, {}).get(to, {})
        author, old = quoted.get("sender", ""), quoted.get("content", {}).get("body", "")
        lines = old.split("\n")
        fallback = "\n".join([f"> <{author}> {lines[0]}"] + [f"> {line}" for line in lines[1:]])
        escape = html_escape.escape
        return await self.message(room, {
            "msgtype": "m.text",
            "body": f"{fallback}\n\n{body}",
            "format": "org.matrix.custom.html",
            "formatted_body": f'<mx-reply><blockquote><a href="https://matrix.to/#/{room}/{to}">In reply to</a> '
                              f'<a href="https://matrix.to/#/{author}">{author}</a><br>{escape(old)}</blockquote></mx-reply>'
                              f'{escape(body)}',
            "m.relates_to": {"m.in_reply_to": {"event_id": to}},
        })

    async def edit(self, room, to, body):
        return await self.message(room, {
            "msgtype": "m.text", "body": "* " + body, "m.new_content": {"msgtype": "m.text", "body": body},
            "m.relates_to": {"rel_type": "m.replace", "event_id": to}})

    async def react(self, room, to, key):
        return await self.put(room, "m.reaction", {
            "m.relates_to": {"rel_type": "m.annotation", "event_id": to, "key": key}})

    async def redact(self, room, to, reason=""):
        return check(await self.client.room_redact(room, to, reason or None)).event_id

    async def send(self, room, type, content):
        return await self.put(room, type, content)

    async def state(self, room, type, content, key=""):
        return check(await self.client.room_put_state(room, type, content, key)).event_id

    async def join(self, room):
        return check(await self.client.join(room)).room_id

    async def leave(self, room):
        check(await self.client.room_leave(room))

    async def invite(self, room, user):
        check(await self.client.room_invite(room, user))

    async def kick(self, room, user):
        check(await self.client.room_kick(room, user))

    async def create(self, content):
        answer = await self.client.room_create(
            invite=content.get("invite", ()), name=content.get("name"), is_direct=content.get("is_direct", False),
            preset=nio.RoomPreset(content["preset"]) if "preset" in content else None,
            initial_state=content.get("initial_state", ()))
        return check(answer).room_id

    async def view(self, room):
        """The room as this client shows it; nio keeps no timeline, so it is made here from what nio gave."""
        shown, reactions = {}, {}
        events = list(self.rooms.get(room, {}).values())
        gone = {e.get("redacts") or e.get("content", {}).get("redacts") for e in events if e.get("type") == "m.room.redaction"}
        for event in events:
            relates = event.get("content", {}).get("m.relates_to") or {}
            if event["event_id"] in gone and relates:
                continue  # a redacted reaction or edit is no more
            if relates.get("rel_type") == "m.annotation":
                of = reactions.setdefault(relates["event_id"], {})
                of[relates["key"]] = of.get(relates["key"], 0) + 1
            elif relates.get("rel_type") == "m.replace":
                target = shown.get(relates["event_id"])
                if target and target["sender"] == event["sender"] and not target["redacted"]:
                    new = event["content"].get("m.new_content", {})
                    target.update(body=new.get("body", ""), html=new.get("formatted_body", ""), edited=True)
            else:
                shown[event["event_id"]] = self.one(event, event["event_id"] in gone, relates)
        for target, keys in reactions.items():
            if target in shown:
                shown[target]["reactions"] = keys
        return list(shown.values())

    @staticmethod
    def one(event, redacted, relates):
        content = {} if redacted else event.get("content", {})
        return {
            "event_id": event["event_id"], "sender": event["sender"], "type": event.get("type"), "redacted": redacted,
            "body": content.get("body", ""), "html": content.get("formatted_body", ""),
            "msgtype": content.get("msgtype", ""), "edited": False, "reactions": {},
            "reply_to": "" if redacted else relates.get("m.in_reply_to", {}).get("event_id", "")}

    async def store(self):
        """All that nio keeps: its files, and the rooms and users in its memory."""
        kept = [open(os.path.join(folder, name), "rb").read().decode("latin-1")
                for folder, _, names in os.walk(self.client.store_path) for name in names]
        rooms = {room_id: [room.display_name, room.topic, {user_id: [user.display_name, user.avatar_url, user.presence,
                                                                    user.last_active_ago] for user_id, user in room.users.items()}]
                 for room_id, room in self.client.rooms.items()}
        return json.dumps([rooms, self.rooms, kept])
    async def open(self, file, sealed, path):
        """Decrypts a file of a message."""
        with open(sealed, "rb") as source, open(path, "wb") as target:
            target.write(decrypt_attachment(source.read(), file["key"]["k"], file["hashes"]["sha256"], file["iv"]))

    async def rotate(self, room):
        self.client.invalidate_outbound_session(room)

    async def stop(self):
        if self.syncing:
            self.syncing.cancel()
        await self.client.close()


COMMANDS = ("start text html emote notice reply edit react redact send state join leave invite kick create view "
            "store open rotate stop").split()


async def main():
    driver = Driver()
    reader = asyncio.StreamReader(limit=64 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        request = json.loads(line)
        number, command = request.pop("id"), request.pop("cmd")
        try:
            if command not in COMMANDS:
                raise RuntimeError("no such command: " + command)
            say({"id": number, "ok": await getattr(driver, command)(**request)})
        except Exception as fault:
            say({"id": number, "error": str(fault) or repr(fault)})
        if command == "stop":
            return


asyncio.run(main())
