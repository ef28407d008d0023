// Keeps the desk's living parts fresh, and sends forms without leaving the page. Without it, every form works all the same.
"use strict";
(() => {
  const put = (parts) => {
    for (const [name, html] of Object.entries(parts)) {
      const place = document.getElementById(name);
      if (!place || place.dataset.drawn === html) continue;
      const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
      place.innerHTML = html; // drawn and escaped by the server
      place.dataset.drawn = html;
      if (focused) document.getElementById(focused)?.focus();
    }
  };
  const source = new EventSource("/events");
  source.addEventListener("parts", (event) => put(JSON.parse(event.data)));
  source.addEventListener("over", () => { source.close(); location.href = "/debrief"; });
  source.onerror = () => { const status = document.getElementById("status"); if (status) status.dataset.lost = "yes"; };
  source.onopen = () => { const status = document.getElementById("status"); if (status) delete status.dataset.lost; };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.action.includes("/do/")) return;
    event.preventDefault();
    const said = document.getElementById("said");
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "application/json" } });
      const answer = await reply.json();
      if (said) said.textContent = answer.said;
      if (reply.ok) for (const input of form.querySelectorAll("input[required]:not([type=number])")) input.value = "";
    } catch {
      if (said) said.textContent = "the game day does not answer; the page keeps trying";
    } finally {
      button.disabled = false;
      if (document.activeElement === document.body) button.focus();
    }
  });
})();
