// An agent in TypeScript that needs nothing but fetch: node agent.mts (22.18 and later run it as it is).
// docs/http.md describes what it posts; /openapi.json has the types.
import { randomUUID } from "node:crypto";

type Hint = { request_id: string; approach?: string | null; text: string };
type Step = (kind: "thought" | "action" | "observation" | "answer", name: string, content: unknown) => void;
type Work = (guidance: string, step: Step) => Promise<boolean>;

const { PILOTFISH_URL: door = "http://127.0.0.1:4318", PILOTFISH_TOKEN: token = "" } = process.env;

/** Post JSON; a retry has the key of the first try, so that it counts once. */
async function post<Answer>(path: string, body: unknown): Promise<Answer> {
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID(), authorization: `Bearer ${token}` };
  for (let tries = 1; ; tries += 1) {
    const asked = fetch(door + path, { method: "POST", headers, body: JSON.stringify(body) });
    const answer: Response | Error = await asked.catch((error) => error);
    if (answer instanceof Response && answer.ok) return (await answer.json()) as Answer;
    const again = answer instanceof Error || answer.status === 429 || answer.status === 503;
    if (!again || tries === 5) throw answer instanceof Error ? answer : new Error(await answer.text());
    const seconds = answer instanceof Error ? 1 : Number(answer.headers.get("retry-after") ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

/** One try at one problem, advised if pilotfish is there in time. */
async function attempt(problem: string, approaches: Record<string, string>, work: Work): Promise<boolean> {
  const start = { problem, problem_type: "letters", agent: { name: "ts" } };
  const { attempt_id } = await post<{ attempt_id: string }>("/v1/attempts", start);
  const at = `/v1/attempts/${attempt_id}`;
  const hint = await post<Hint>("/v1/advice", { attempt_id, problem, approaches, deadline_ms: 1000 });
  const approach = hint.approach ?? Object.keys(approaches)[0]; // an abstention: go on unguided
  const steps: object[] = [];
  let last = performance.now();
  const step: Step = (kind, name, content) => {
    steps.push({ kind, name, content: String(content), duration_s: (performance.now() - last) / 1000 });
    last = performance.now();
  };
  try {
    const right = await work(hint.text, step);
    if (steps.length) await post(`${at}/steps`, steps);
    await post(`${at}/signals`, { kind: "verifier", value: right });
    await post(`${at}/end`, { status: right ? "succeeded" : "failed", approach, hint });
    return right;
  } catch (error) {
    await post(`${at}/end`, { status: "failed", reason: String(error), approach, hint });
    throw error;
  }
}

const word = "Mississippi";
const approaches = { count: "count the letters", guess: "guess" };
const solved = await attempt(`How often is there an s in ${word}?`, approaches, async (guidance, step) => {
  step("thought", "guidance", guidance || "none"); // a real agent has it in its prompt
  step("action", "split", word);
  const answer = [...word].filter((letter) => letter === "s").length;
  step("answer", "count", answer);
  return answer === 4;
});
process.exit(solved ? 0 : 1);
