import { showStatus } from "./status.js";
import { ReconnectingSocket } from "./websocket.js";

const find = (id) => document.getElementById(id);
const { host, path } = find("app").dataset;
const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new ReconnectingSocket(`${scheme}://${host}${path}`);
let start = 10;
let name = "";

function showValue(value) {
  find("value").textContent = value ?? "–";
  find("bar").style.transform = `scaleX(${value && start ? Math.min(1, value / start) : 0})`;
}

function log(text, from = "") {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString();
  const who = document.createElement("b");
  who.textContent = from;
  line.append(time, " ", who, from ? " " : "", text);
  find("log").prepend(line);
  while (find("log").children.length > 100) find("log").lastElementChild.remove();
}

socket.addEventListener("state", ({ detail }) => showStatus(find("status"), detail));
socket.addEventListener("welcome", ({ detail }) => {
  document.querySelector(".problem")?.remove();
  name = detail.name;
  if (detail.countdown !== null) {
    start = Math.max(start, detail.countdown);
    showValue(detail.countdown);
  }
  log(`Connected as ${detail.name}; ${detail.clients} window(s) open.`);
});
socket.addEventListener("countdown", ({ detail }) => {
  if (detail.value > Number(find("value").textContent) || find("value").textContent === "–") start = detail.value;
  showValue(detail.value);
});
socket.addEventListener("done", () => {
  showValue(0);
  log("The countdown is over.");
});
socket.addEventListener("message", ({ detail }) => log(detail.text, detail.from));
socket.addEventListener("error", ({ detail }) => detail && (find("hint").textContent = detail.error));

for (const form of [find("countdown"), find("message")]) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    find("hint").textContent = "";
    const fields = new FormData(form);
    if (name) fields.set("name", name);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(fields),
      });
      const answer = await response.json();
      if (!response.ok) find("hint").textContent = answer.error;
      else if (form.id === "message") form.reset();
    } catch (error) {
      find("hint").textContent = String(error);
    }
  });
}
