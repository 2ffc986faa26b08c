// A Matrix client made of matrix-js-sdk, driven over standard input and output.
//
// One JSON object a line. In:  {"id": 1, "cmd": "text", "room": "!…", "body": "hei"}
// Out: {"id": 1, "ok": …} or {"id": 1, "error": "…"} for each command, in order, and
//      {"event": …} for every event as the SDK shows it (decrypted when it could be),
//      {"membership": …} for invitations and what becomes of them.
// It writes what a present-day client (Element) writes: no reply fallback, mentions, edits with "* ".
import * as sdk from "matrix-js-sdk";
import { OnlySignedDevicesIsolationMode, EventShieldColour, EventShieldReason } from "matrix-js-sdk/lib/crypto-api/index.js";
import { logger } from "matrix-js-sdk/lib/logger.js";
import readline from "node:readline";
import { readFile, writeFile } from "node:fs/promises";

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => quiet };
logger.disableAll?.(); // the SDK logs to standard output, which is ours
for (const level of ["log", "debug", "info", "warn", "error", "trace"]) console[level] = () => {};
const nameOf = (table, value) => (value == null ? "" : Object.keys(table).find((name) => table[name] === value) ?? String(value));

let client;
let crypto;

// shown is the event as a person sees it, and how it came over the wire.
async function shown(event) {
    const info = crypto && event.isEncrypted() ? await crypto.getEncryptionInfoForEvent(event) : null;
    const out = { ...event.getEffectiveEvent(), wire: event.getWireType(), encrypted: event.isEncrypted() };
    out.notify = !!client.getPushActionsForEvent(event, true)?.notify; // by the person's own push rules
    if (event.isDecryptionFailure()) out.failure = String(event.decryptionFailureReason ?? "undecryptable");
    if (info) out.shield = nameOf(EventShieldColour, info.shieldColour);
    if (info?.shieldReason != null) out.reason = nameOf(EventShieldReason, info.shieldReason);
    return out;
}

const unreadable = new Set(); // events that have been told, but could not be decrypted

async function onEvent(event) {
    if (event.isEncrypted()) await client.decryptEventIfNeeded(event);
    if (event.isDecryptionFailure()) unreadable.add(event.getId());
    say({ event: await shown(event) });
}

async function onDecrypted(event) {
    if (event.isDecryptionFailure() || !unreadable.delete(event.getId())) return;
    say({ event: { ...(await shown(event)), late: true } });
}

async function login({ homeserver, user_id, password, token, device_id }) {
    if (token) return { user_id, device_id, access_token: token };
    const anonymous = sdk.createClient({ baseUrl: homeserver, logger: quiet });
    return anonymous.loginRequest({ type: "m.login.password", identifier: { type: "m.id.user", user: user_id }, password });
}

async function startCrypto(user, password, isolate) {
    await client.initRustCrypto({ useIndexedDB: false });
    crypto = client.getCrypto();
    if (isolate) crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
    const auth = { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (make) => make(auth) });
}

function roomOf(id) {
    const room = client.getRoom(id);
    if (!room) throw new Error("this client knows no such room: " + id);
    return room;
}

const send = async (room, type, content) => (await client.sendEvent(room, type, content)).event_id;

const commands = {
    async start(a) {
        const me = await login(a);
        client = sdk.createClient({
            baseUrl: a.homeserver, userId: me.user_id, deviceId: me.device_id, accessToken: me.access_token,
            logger: quiet, cryptoCallbacks: {},
        });
        if (a.crypto) await startCrypto(me.user_id, a.password, a.isolate);
        client.on(sdk.ClientEvent.Event, onEvent);
        client.on(sdk.MatrixEventEvent.Decrypted, onDecrypted);
        client.on(sdk.RoomEvent.MyMembership, (room, membership) => say({ membership: { room: room.roomId, membership, inviter: membership === "invite" ? room.getMember(room.myUserId)?.events.member?.getSender() ?? "" : "" } }));
        const ready = new Promise((resolve) => client.on(sdk.ClientEvent.Sync, (state) => state === "PREPARED" && resolve()));
        await client.startClient({ initialSyncLimit: 100, lazyLoadMembers: false });
        await ready;
        return { user_id: me.user_id, device_id: me.device_id, token: me.access_token };
    },
    text: async ({ room, body }) => (await client.sendTextMessage(room, body)).event_id,
    html: async ({ room, body, html }) => (await client.sendHtmlMessage(room, body, html)).event_id,
    emote: async ({ room, body }) => (await client.sendEmoteMessage(room, body)).event_id,
    notice: async ({ room, body }) => (await client.sendNotice(room, body)).event_id,
    async reply({ room, to, body }) {
        const author = roomOf(room).findEventById(to)?.getSender();
        const mentions = author && author !== client.getUserId() ? { user_ids: [author] } : {};
        return send(room, "m.room.message", {
            msgtype: "m.text", body, "m.mentions": mentions, "m.relates_to": { "m.in_reply_to": { event_id: to } },
        });
    },
    edit: ({ room, to, body }) => send(room, "m.room.message", {
        msgtype: "m.text", body: "* " + body, "m.mentions": {},
        "m.new_content": { msgtype: "m.text", body, "m.mentions": {} },
        "m.relates_to": { rel_type: "m.replace", event_id: to },
    }),
    react: ({ room, to, key }) => send(room, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: to, key } }),
    redact: async ({ room, to, reason }) => (await client.redactEvent(room, to, undefined, reason ? { reason } : undefined)).event_id,
    send: ({ room, type, content }) => send(room, type, content),
    state: async ({ room, type, content, key }) => (await client.sendStateEvent(room, type, content, key ?? "")).event_id,
    join: async ({ room }) => (await client.joinRoom(room)).roomId,
    leave: async ({ room }) => client.leave(room),
    invite: async ({ room, user }) => client.invite(room, user),
    kick: async ({ room, user }) => client.kick(room, user),
    create: async ({ content }) => (await client.createRoom(content)).room_id,
    // view is the room as the SDK shows it: edits applied, reactions gathered, redactions done.
    async view({ room }) {
        const of = roomOf(room);
        return of.getLiveTimeline().getEvents().filter((event) => !event.isRelation("m.replace")).map((event) => ({
            event_id: event.getId(), sender: event.getSender(), type: event.getType(), redacted: event.isRedacted(),
            body: event.getContent().body ?? "", html: event.getContent().formatted_body ?? "",
            msgtype: event.getContent().msgtype ?? "", edited: !!event.replacingEvent(), reply_to: event.replyEventId ?? "",
            reactions: Object.fromEntries((of.relations.getChildEventsForEvent(event.getId(), "m.annotation", "m.reaction")
                ?.getSortedAnnotationsByKey() ?? []).filter(([, events]) => events.size).map(([key, events]) => [key, events.size])),
        }));
    },
    // judged is every encrypted event of a room as the SDK judges it now.
    judged: async ({ room }) => Promise.all(roomOf(room).getLiveTimeline().getEvents().filter((event) => event.isEncrypted()).map(shown)),
    // poll is a poll as the SDK sees it: of each sender the last vote that it lets count.
    async poll({ room, to }) {
        const poll = roomOf(room).polls.get(to);
        if (!poll) throw new Error("no such poll");
        const question = poll.pollEvent;
        const text = (id) => question.answers.find((answer) => answer.id === id)?.text;
        const last = new Map();
        for (const event of (await poll.getResponses()).getRelations().sort((a, b) => a.getTs() - b.getTs())) {
            last.set(event.getSender(), event.unstableExtensibleEvent);
        }
        const votes = {};
        for (const [sender, vote] of last) {
            vote.validateAgainst(question);
            if (!vote.spoiled && vote.answerIds.length > 0) votes[sender] = vote.answerIds.map(text);
        }
        return { question: question.question.text, answers: question.answers.map((answer) => answer.text), votes, ended: poll.isEnded };
    },
    // store is all that the SDK has kept of what came.
    store: async () => JSON.stringify({
        rooms: client.getRooms().map((room) => ({
            name: room.name, timeline: room.getLiveTimeline().getEvents().map((e) => [e.event, e.getClearContent(), e.getUnsigned()]),
            state: [...room.currentState.events.values()].flatMap((ofType) => [...ofType.values()].map((e) => e.event)),
            members: room.getMembers().map((m) => [m.userId, m.name, m.rawDisplayName, m.getMxcAvatarUrl(), m.user?.presence, m.user?.lastActiveAgo]),
            typing: room.getMembers().filter((m) => m.typing).map((m) => m.userId),
        })),
        users: client.getUsers().map((u) => [u.userId, u.displayName, u.avatarUrl, u.presence, u.presenceStatusMsg]),
        account: [...client.store.accountData.values()].map((e) => e.event),
    }),
    // open decrypts a file of a message, as clients of this SDK do by the browser's own cryptography.
    async open({ file, sealed, path }) {
        const content = await readFile(sealed);
        const hash = Buffer.from(await globalThis.crypto.subtle.digest("SHA-256", content)).toString("base64").replace(/=+$/, "");
        if (hash !== file.hashes.sha256) throw new Error("the file has another hash");
        const key = await globalThis.crypto.subtle.importKey("jwk", file.key, { name: "AES-CTR" }, false, ["encrypt", "decrypt"]);
        const algorithm = { name: "AES-CTR", counter: Buffer.from(file.iv, "base64"), length: 64 };
        await writeFile(path, Buffer.from(await globalThis.crypto.subtle.decrypt(algorithm, key, content)));
    },
    // rotate drops the outbound session of a room, so that the next message makes a new one.
    rotate: async ({ room }) => crypto.forceDiscardSession(room),
    async stop() {
        client?.stopClient();
        setTimeout(() => process.exit(0), 50);
    },
};

let turn = Promise.resolve();
const input = readline.createInterface({ input: process.stdin });
input.on("line", (line) => {
    const { id, cmd, ...args } = JSON.parse(line);
    turn = turn.then(async () => {
        try {
            if (!Object.hasOwn(commands, cmd)) throw new Error("no such command: " + cmd);
            say({ id, ok: (await commands[cmd](args)) ?? null });
        } catch (error) {
            say({ id, error: error.errcode ? `${error.errcode}: ${error.message}` : String(error.message ?? error) });
        }
    });
});
input.on("close", () => process.exit(0));
