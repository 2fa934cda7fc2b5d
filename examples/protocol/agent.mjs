// An agent without pilotfish's SDK, as docs/protocol.md says: npm install && node agent.mjs
import { randomUUID } from "node:crypto";
import kafkajs from "kafkajs";

const REPLIES = "pilotfish.advice.replies";
const tenant = process.env.PILOTFISH_TENANT ?? "default";
const brokers = (process.env.PILOTFISH_KAFKA ?? "127.0.0.1:29092").split(",");
const clientId = randomUUID();
const { Kafka, Partitioners, logLevel } = kafkajs;
const kafka = new Kafka({ clientId, brokers, logLevel: logLevel.ERROR });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner }); // murmur2
const consumer = kafka.consumer({ groupId: `pilotfish-${clientId}` });
const waiting = new Map();

function send(topic, key, schema, fields) {
  const value = JSON.stringify({ tenant, at: new Date().toISOString(), ...fields });
  return producer.send({ topic, messages: [{ key, value, headers: { schema, version: "1" } }] });
}
const publish = (attempt_id, schema, fields) =>
  send("pilotfish.events", attempt_id, schema, { event_id: randomUUID(), attempt_id, ...fields });

async function connect() {
  const admin = kafka.admin();
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
  const ends = await admin.fetchTopicOffsets(REPLIES);
  await Promise.all([admin.disconnect(), consumer.subscribe({ topic: REPLIES })]);
  const eachMessage = async ({ message }) => {
    if (message.key?.toString() !== clientId) return; // somebody else's
    const hint = JSON.parse(message.value);
    waiting.get(hint.request_id)?.(hint);
  };
  await consumer.run({ autoCommit: false, eachMessage });
  for (const { partition, high } of ends) consumer.seek({ topic: REPLIES, partition, offset: high });
}

async function advice(attempt_id, problem, approaches, deadlineMs) {
  const request_id = randomUUID();
  const late = { request_id, approach: null, abstained: "deadline", candidates: [] };
  const hint = new Promise((resolve) => {
    waiting.set(request_id, resolve);
    setTimeout(resolve, deadlineMs, late);
  });
  const reply = { client_id: clientId, reply_topic: REPLIES, reply_partition: 0 };
  await send("pilotfish.advice.requests", request_id, "AdviceRequested", { request_id, attempt_id, problem, approaches, ...reply });
  return hint;
}

await connect();
const [attempt, problem] = [randomUUID(), "How often is there an s in Mississippi?"];
await publish(attempt, "AttemptStarted", { problem, agent: { name: "js" } });
const hint = await advice(attempt, problem, { count: "count the letters", guess: "guess" }, 10_000);
const approach = hint.approach ?? "count"; // an abstention: go on unguided
await publish(attempt, "StepRecorded", { kind: "answer", name: "count", content: "4" });
const propensity = hint.candidates.find((candidate) => candidate.approach === hint.approach)?.propensity;
const { request_id, advisor_version, holdout } = hint; // what is undefined is left out
const mark = { request_id, approach: hint.approach, propensity, advisor_version, holdout };
await publish(attempt, "AttemptEnded", { status: "succeeded", approach, hint: mark });
await Promise.all([consumer.disconnect(), producer.disconnect()]);
process.exit(0); // the deadline's timer may still run
