const form = document.querySelector("form");
const rows = document.querySelector("tbody");

async function show() {
  const leads = await (await fetch("/api/leads")).json();
  rows.replaceChildren(...leads.map(({ company, employees, score }) => row([company, employees, score ?? "…"])));
}

function row(values) {
  const line = document.createElement("tr");
  for (const value of values) line.insertCell().textContent = value;
  return line;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { company, employees } = Object.fromEntries(new FormData(form));
  await fetch("/api/leads", { method: "POST", body: JSON.stringify({ company, employees: Number(employees) }) });
  form.reset();
  await show();
});

await show();
// The worker scores them meanwhile.
setInterval(show, 2000);
