// Drives a web client in Chromium over standard input and output, one JSON object a line:
// {"id": 1, "cmd": "open", …} → {"id": 1, "ok": …} or {"id": 1, "error": "…"}.
import esbuild from "esbuild";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import readline from "node:readline";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const hydrogen = join(here, "node_modules/hydrogen-view-sdk/asset-build/assets"), olm = join(here, "node_modules/@matrix-org/olm");
const types = { html: "text/html", js: "text/javascript", css: "text/css", wasm: "application/wasm", woff2: "font/woff2", svg: "image/svg+xml" };
let browser, page, server;
const troubles = [];

async function serve() {
    const bundle = await esbuild.build({
        entryPoints: [join(here, "client.js")], bundle: true, format: "esm", write: false, logLevel: "silent", define: { global: "window" },
        external: ["crypto", "fs", "path"], // Olm's code for Node, which a browser never reaches
    });
    const files = {
        "/client.js": async () => bundle.outputFiles[0].contents, "/": () => readFile(join(here, "index.html")),
        "/style.css": () => readFile(join(hydrogen, "theme-element-light.css")),
    };
    for (const name of ["olm.js", "olm_legacy.js", "olm.wasm"]) files["/" + name] = () => readFile(join(olm, name));
    server = createServer(async (request, response) => {
        const path = new URL(request.url, "http://x").pathname;
        try {
            const content = await (files[path] ?? (() => readFile(join(hydrogen, path.replaceAll("..", "")))))();
            response.writeHead(200, { "Content-Type": types[path === "/" ? "html" : path.split(".").pop()] ?? "application/octet-stream" });
            response.end(content);
        } catch {
            response.writeHead(404).end();
        }
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${server.address().port}/`;
}

const commands = {
    async start({ executable, homeserver, user, password, room }) {
        const address = await serve();
        browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-gpu"] });
        page = await browser.newPage({ viewport: { width: 900, height: 900 } });
        page.on("pageerror", (error) => troubles.push(String(error)));
        await page.goto(address + "?" + new URLSearchParams({ homeserver, user, password, room }));
        for (let tries = 0; !(await page.$("body[data-ready]")); tries++) {
            if (troubles.length || tries > 200) throw new Error("the page did not get ready: " + troubles.join("; "));
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
    },
    text: ({ body }) => page.evaluate((text) => window.say(text), body).then(() => null),
    // reads waits until the page shows a text.
    reads: ({ body }) => page.getByText(body).last().waitFor({ timeout: 20000 }).then(() => null, async () => {
        throw new Error("the page shows: " + (await page.evaluate(() => document.querySelector("#app").innerText)));
    }),
    // tap taps a reaction under the last message that has it.
    tap: ({ key }) => page.locator(".Timeline_messageReactions button", { hasText: key }).last().click({ timeout: 20000 }).then(() => null),
    // size makes the window another one; what is newest stays in sight.
    async size({ width, height }) {
        await page.setViewportSize({ width, height });
        await page.evaluate(() => document.querySelector(".Timeline_scroller")?.scrollTo(0, 1e6));
        await page.waitForTimeout(300);
    },
    screenshot: ({ path }) => page.screenshot({ path }).then(() => null),
};

const input = readline.createInterface({ input: process.stdin });
for await (const line of input) {
    const { id, cmd, ...args } = JSON.parse(line);
    let answer;
    try {
        answer = { id, ok: (await commands[cmd](args)) ?? null };
    } catch (error) {
        answer = { id, error: String(error.message ?? error).slice(0, 2000) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser?.close();
process.exit(0);
