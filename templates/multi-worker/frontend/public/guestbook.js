const form = document.getElementById("form");

async function show() {
  const entries = await (await fetch("/api/entries")).json();
  document.getElementById("entries").replaceChildren(
    ...entries.map(({ name, text }) => {
      const line = document.createElement("li");
      line.textContent = `${name}: ${text}`;
      return line;
    }),
  );
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify(Object.fromEntries(new FormData(form)));
  const answer = await fetch("/api/entries", { method: "POST", body });
  document.getElementById("problem").textContent = answer.ok ? "" : (await answer.json()).error;
  if (answer.ok) form.reset();
  await show();
});
show();
