const find = (id) => document.getElementById(id);
const name = location.hash.slice(1) || "main";
const scheme = location.protocol === "https:" ? "wss" : "ws";
let socket;

function show(text) {
  const line = document.createElement("li");
  line.textContent = text;
  find("messages").append(line);
}

function connect() {
  socket = new WebSocket(`${scheme}://${location.host}/rooms/${encodeURIComponent(name)}`);
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "history") {
      find("messages").replaceChildren();
      message.messages.forEach(show);
    } else if (message.type === "people") {
      find("people").textContent = `${message.count} here`;
    } else {
      show(message.text);
    }
  };
  socket.onclose = () => {
    find("people").textContent = "Connecting";
    setTimeout(connect, 500);
  };
}

find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  socket.send(find("text").value);
  find("form").reset();
});
connect();
