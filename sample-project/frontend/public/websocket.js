// A WebSocket that comes back: exponential back-off with jitter and a ceiling, at once when the tab becomes visible or
// the network returns, a heartbeat that notices silent loss, and typed events.
//
//   const socket = new ReconnectingSocket(url);
//   socket.addEventListener("state", (event) => event.detail);      // "connecting" | "connected" | "disconnected"
//   socket.addEventListener("countdown", (event) => event.detail);  // one event per message type, detail is the message

const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;
const HEARTBEAT = 20_000;
const PATIENCE = 5_000;

export class ReconnectingSocket extends EventTarget {
  #url;
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #heartbeat = 0;
  #deadline = 0;
  #closed = false;

  constructor(url) {
    super();
    this.#url = url;
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry());
    addEventListener("online", () => this.#hurry());
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => event.persisted && this.#reopen());
    this.#connect();
  }

  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000, "the page is closed");
  }

  #reopen() {
    this.#closed = false;
    this.#connect();
  }

  #hurry() {
    if (this.#closed || this.#socket) return;
    clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#connect();
  }

  #connect() {
    this.#state("connecting");
    let socket;
    try {
      socket = new WebSocket(this.#url);
    } catch (error) {
      console.error(error);
      this.#state("disconnected");
      return;
    }
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#attempt = 0;
      this.#state("connected");
      this.#heartbeat = setInterval(() => this.#ping(socket), HEARTBEAT);
    });
    socket.addEventListener("message", (event) => this.#receive(event.data));
    socket.addEventListener("close", () => {
      clearInterval(this.#heartbeat);
      clearTimeout(this.#deadline);
      if (this.#socket === socket) this.#socket = null;
      this.#state("disconnected");
      if (!this.#closed) this.#later();
    });
  }

  #later() {
    const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempt++);
    this.#timer = setTimeout(() => this.#connect(), ceiling / 2 + Math.random() * (ceiling / 2));
  }

  #ping(socket) {
    socket.send("ping");
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => socket.close(4000, "no answer"), PATIENCE);
  }

  #receive(text) {
    clearTimeout(this.#deadline);
    if (text === "pong") return;
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      console.warn("not JSON:", text);
      return;
    }
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  #state(state) {
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
