// Finds the number whose SHA-256 with the salt is the challenge (altcha).
// SHA-256 is written out: the browser's own is asynchronous, which for such short
// texts is many times slower, and is missing where there is no TLS.
"use strict";
const K = new Uint32Array(64), H = new Uint32Array(8);
for (let n = 2, i = 0; i < 64; n++) {
	let prime = true;
	for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
	if (!prime) continue;
	if (i < 8) H[i] = (Math.sqrt(n) % 1) * 2 ** 32;
	K[i++] = (Math.cbrt(n) % 1) * 2 ** 32;
}
const w = new Uint32Array(64);
function compress(h) {
	for (let i = 16; i < 64; i++) {
		const a = w[i - 15], b = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] + ((a >>> 7 | a << 25) ^ (a >>> 18 | a << 14) ^ a >>> 3) + ((b >>> 17 | b << 15) ^ (b >>> 19 | b << 13) ^ b >>> 10);
	}
	let [a, b, c, d, e, f, g, j] = h;
	for (let i = 0; i < 64; i++) {
		const t = j + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + w[i] | 0;
		const u = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
		j = g; g = f; f = e; e = d + t | 0; d = c; c = b; b = a; a = t + u | 0;
	}
	h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += j;
}
function sha256(bytes, length) {
	const h = Uint32Array.from(H), end = (length + 9 + 63 >> 6) << 6;
	bytes.fill(0, length, end);
	bytes[length] = 0x80;
	const view = new DataView(bytes.buffer);
	view.setUint32(end - 4, length * 8);
	for (let at = 0; at < end; at += 64) {
		for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4);
		compress(h);
	}
	return h;
}
onmessage = (event) => {
	const c = JSON.parse(event.data), bytes = new Uint8Array(1024), salt = new TextEncoder().encode(c.salt);
	const wanted = Array.from({ length: 8 }, (_, i) => parseInt(c.challenge.slice(i * 8, i * 8 + 8), 16));
	bytes.set(salt);
	for (let n = 0; n <= c.maxNumber; n++) {
		const digits = String(n);
		for (let i = 0; i < digits.length; i++) bytes[salt.length + i] = digits.charCodeAt(i);
		const h = sha256(bytes, salt.length + digits.length);
		if (h[0] === wanted[0] && h.every((x, i) => x === wanted[i])) {
			postMessage(btoa(JSON.stringify({ algorithm: c.algorithm, challenge: c.challenge, number: n, salt: c.salt, signature: c.signature })));
			return;
		}
	}
	throw new Error("no number fits");
};
