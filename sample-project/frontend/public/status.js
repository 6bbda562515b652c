// The connection indicator: red, amber or green, and the same in words.

const WORDS = { disconnected: "Disconnected", connecting: "Connecting…", connected: "Connected" };

export function showStatus(element, state) {
  element.dataset.state = state;
  element.querySelector(".text").textContent = WORDS[state];
}
