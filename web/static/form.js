// Works on the proof while the person reads, and writes it into the form. Without
// scripts the form works too, only slower.
"use strict";
(() => {
	const form = document.getElementById("form"), work = document.getElementById("work"), state = document.getElementById("state");
	const own = document.getElementById("own");
	own.addEventListener("input", () => { if (own.value) form.querySelector('input[name="name"][value="*"]').checked = true; });
	document.getElementById("wrong")?.focus();
	let wanted = false, sent = false;
	const send = () => { sent = true; state.textContent = form.dataset.working; form.submit(); };
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		if (sent || wanted) return;
		wanted = true;
		state.textContent = form.dataset.working;
		if (work.value || !worker) send();
	});
	// The browser may show the page again as it was, after "back".
	addEventListener("pageshow", () => { sent = wanted = false; state.textContent = ""; });
	let worker = null;
	if (!form.dataset.challenge || !window.Worker) return;
	worker = new Worker("/static/work.js");
	worker.onmessage = (event) => { work.value = event.data; if (wanted && !sent) send(); };
	worker.onerror = () => { worker = null; if (wanted && !sent) send(); };
	worker.postMessage(form.dataset.challenge);
})();
