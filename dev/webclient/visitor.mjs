// Drives Chromium as a person would, over standard input and output, one JSON object a
// line: {"id": 1, "cmd": "open", …} → {"id": 1, "ok": …} or {"id": 1, "error": "…"}.
// It also serves a whole web client (Hydrogen) to go on in.
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
const patience = 30000;
let browser, context, page;

async function serve() {
    const bundle = await esbuild.build({
        entryPoints: [join(here, "whole.js")], bundle: true, format: "esm", write: false, logLevel: "silent", define: { global: "window" },
        external: ["crypto", "fs", "path"],
    });
    const files = {
        "/whole.js": async () => bundle.outputFiles[0].contents, "/": () => readFile(join(here, "whole.html")),
        "/style.css": () => readFile(join(hydrogen, "theme-element-light.css")),
    };
    for (const name of ["olm.js", "olm_legacy.js", "olm.wasm"]) files["/" + name] = () => readFile(join(olm, name));
    const server = createServer(async (request, response) => {
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
    async start({ executable }) {
        browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-gpu"] });
        return serve();
    },
    // visit begins anew, as another browser.
    async visit({ width, height, mobile, script, dark, locale, agent }) {
        await context?.close();
        context = await browser.newContext({
            viewport: { width, height }, isMobile: mobile, hasTouch: mobile, javaScriptEnabled: script, locale,
            colorScheme: dark ? "dark" : "light", ...(agent ? { userAgent: agent } : {}),
        });
        context.setDefaultTimeout(patience);
        page = await context.newPage();
        // Files are fetched with the token, which in a whole Hydrogen its service worker adds.
        let token;
        page.on("request", (request) => { token = request.headers().authorization ?? token; });
        await page.route("**/_matrix/client/v1/media/**", (route) =>
            route.continue({ headers: { ...route.request().headers(), ...(token ? { authorization: token } : {}) } }));
    },
    open: ({ url }) => page.goto(url).then(() => null),
    click: ({ selector }) => page.locator(selector).first().click().then(() => null),
    fill: ({ selector, text }) => page.locator(selector).first().fill(text).then(() => null),
    press: ({ key }) => page.keyboard.press(key).then(() => null),
    type: ({ text }) => page.keyboard.type(text).then(() => null),
    // focused tells what has the focus: its tag, name or id, and its text.
    focused: () => page.evaluate(() => {
        const e = document.activeElement;
        return [e.tagName.toLowerCase(), e.getAttribute("name") ?? e.id ?? "", (e.value && e.type === "radio" ? e.value : e.innerText ?? "").trim().slice(0, 60)].join("|");
    }),
    text: ({ selector }) => page.locator(selector).first().innerText(),
    // shows waits until it is there, the style sheets are, and the focus has been set.
    async shows({ selector }) {
        await page.locator(selector).first().waitFor().catch(async () => {
            throw new Error("there is no " + selector + " in: " + (await page.locator("body").innerText()).slice(0, 1500));
        });
        await page.waitForLoadState("load");
        await page.screenshot({ clip: { x: 0, y: 0, width: 1, height: 1 } }); // a frame, also where scripts are off
    },
    at: async () => page.url(),
    // overflow tells how much wider the content is than the window.
    overflow: () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    async axe() {
        await page.evaluate(await readFile(join(here, "node_modules/axe-core/axe.min.js"), "utf8"));
        const result = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
        if (result.passes.length < 10) throw new Error("only " + result.passes.length + " rules were tried");
        return result.violations.map((v) => v.id + ": " + v.help + " " + v.nodes.map((n) => n.target.join(" ")).join(", "));
    },
    screenshot: ({ path }) => page.screenshot({ path, fullPage: true }).then(() => null),
    cookies: async () => (await context.cookies()).map((c) => c.name),
};

const input = readline.createInterface({ input: process.stdin });
for await (const line of input) {
    const { id, cmd, ...args } = JSON.parse(line);
    let answer;
    try {
        answer = { id, ok: (await commands[cmd](args)) ?? null };
    } catch (error) {
        answer = { id, error: String(error.message ?? error).slice(0, 3000) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser?.close();
process.exit(0);
