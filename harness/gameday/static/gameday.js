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
  const seat = "/" + location.pathname.split("/")[1];
  const source = new EventSource(`${seat}/events`);
  source.addEventListener("parts", (event) => put(JSON.parse(event.data)));
  source.addEventListener("over", () => { source.close(); location.href = `${seat}/debrief`; });
  const status = document.getElementById("status");
  source.onopen = () => { delete status.dataset.lost; };
  source.onerror = () => {
    const refused = source.readyState === EventSource.CLOSED;
    status.dataset.lost = refused ? "your link is not one of this game day any more: ask for a new one" : "connection lost, trying again";
  };

  // Says it beside the button too, where the place for answers is out of sight; it is read out from there alone.
  const say = (form, words) => {
    const said = document.getElementById("said");
    if (said) said.textContent = words;
    if (said?.closest("section") === form.closest("section")) return;
    document.querySelectorAll(".answer").forEach((old) => old.remove());
    const answer = document.createElement("span");
    answer.className = "answer";
    answer.ariaHidden = "true";
    answer.textContent = words;
    form.append(answer);
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.action.includes("/do/")) return;
    event.preventDefault();
    if (form.dataset.sure && !confirm(form.dataset.sure)) return;
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "application/json" } });
      const answer = await reply.json();
      say(form, answer.said);
      if (reply.ok) for (const input of form.querySelectorAll("input[required]:not([type=number])")) input.value = "";
    } catch {
      say(form, "the game day does not answer; the page keeps trying");
    } finally {
      button.disabled = false;
      if (document.activeElement === document.body) button.focus();
    }
  });
})();
