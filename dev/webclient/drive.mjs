// What both drivers of Chromium share: the page with the web client in it, served on
// loopback, and the commands, over standard input and output, one JSON object a line:
// {"id": 1, "cmd": "open", …} → {"id": 1, "ok": …} or {"id": 1, "error": "…"}.
import esbuild from "esbuild";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import readline from "node:readline";

export const here = dirname(fileURLToPath(import.meta.url));
const hydrogen = join(here, "node_modules/hydrogen-view-sdk/asset-build/assets"), olm = join(here, "node_modules/@matrix-org/olm");
const types = { html: "text/html", js: "text/javascript", css: "text/css", wasm: "application/wasm", woff2: "font/woff2", svg: "image/svg+xml" };

// serve serves a page and its script with Hydrogen's files, and tells its address.
export async function serve(html, script) {
    const bundle = await esbuild.build({
        entryPoints: [join(here, script)], bundle: true, format: "esm", write: false, logLevel: "silent", define: { global: "window" },
        external: ["crypto", "fs", "path"], // Olm's code for Node, which a browser never reaches
    });
    const files = {
        ["/" + script]: async () => bundle.outputFiles[0].contents, "/": () => readFile(join(here, html)),
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

// obey carries the commands out, one after another, until the input ends; then it
// does what is left to do.
export async function obey(commands, end) {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const { id, cmd, ...args } = JSON.parse(line);
        let answer;
        try {
            answer = { id, ok: (await commands[cmd](args)) ?? null };
        } catch (error) {
            answer = { id, error: String(error.message ?? error).slice(0, 3000) };
        }
        process.stdout.write(JSON.stringify(answer) + "\n");
    }
    await end();
    process.exit(0);
}
