// An agent in JavaScript that needs nothing but fetch: node agent.mjs
// docs/http.md describes what it posts; TypeScript takes the types from /openapi.json.
import { randomUUID } from "node:crypto";

const door = process.env.PILOTFISH_URL ?? "http://127.0.0.1:4318";
const token = process.env.PILOTFISH_TOKEN;
const authorization = token ? { authorization: `Bearer ${token}` } : {};
const TRIES = 5;

/** Post JSON; a retry has the key of the first try, so that it counts once. */
async function post(path, body) {
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID(), ...authorization };
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(door + path, { method: "POST", headers, body: JSON.stringify(body) }).catch((error) => error);
    if (answer.ok) return answer.json();
    const again = answer instanceof Error || answer.status === 429 || answer.status === 503;
    if (!again || tries === TRIES) throw answer instanceof Error ? answer : new Error(await answer.text());
    const seconds = Number(answer.headers?.get("retry-after") ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

/** One try at one problem, advised if pilotfish is there in time. */
async function attempt(problem, approaches, work) {
  const { attempt_id } = await post("/v1/attempts", { problem, problem_type: "letters", agent: { name: "js" } });
  const at = `/v1/attempts/${attempt_id}`;
  const hint = await post("/v1/advice", { attempt_id, problem, approaches, deadline_ms: 1000 });
  const approach = hint.approach ?? Object.keys(approaches)[0]; // an abstention: go on unguided
  const steps = [];
  const began = performance.now();
  try {
    const right = await work(hint.text, (kind, name, content) => steps.push({ kind, name, content: String(content) }));
    const duration_s = (performance.now() - began) / 1000;
    if (steps.length) await post(`${at}/steps`, steps.map((step, n) => (n ? step : { ...step, duration_s })));
    await post(`${at}/signals`, { kind: "verifier", value: right });
    await post(`${at}/end`, { status: right ? "succeeded" : "failed", approach, hint });
    return right;
  } catch (error) {
    await post(`${at}/end`, { status: "failed", reason: String(error), approach, hint });
    throw error;
  }
}

const word = "Mississippi";
const solved = await attempt(
  `How often is there an s in ${word}?`,
  { count: "count the letters", guess: "guess" },
  async (guidance, step) => {
    step("thought", "guidance", guidance || "none"); // a real agent has it in its prompt
    step("action", "split", word);
    const answer = [...word].filter((letter) => letter === "s").length;
    step("answer", "count", answer);
    return answer === 4;
  },
);
process.exit(solved ? 0 : 1);
