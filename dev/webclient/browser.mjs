// Drives a web client in Chromium that shows one room; how is in drive.mjs.
import { chromium } from "playwright-core";
import { obey, serve } from "./drive.mjs";

let browser, page;
const troubles = [];

const commands = {
    async start({ executable, homeserver, user, password, room }) {
        const address = await serve("index.html", "client.js");
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

await obey(commands, () => browser?.close());
