// Drives Chromium as a person would; how is in drive.mjs. It also serves a whole web
// client (Hydrogen) to go on in.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { here, obey, serve } from "./drive.mjs";

const patience = 30000;
let browser, context, page;

const commands = {
    async start({ executable }) {
        browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-gpu"] });
        return serve("whole.html", "whole.js");
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

await obey(commands, () => browser?.close());
