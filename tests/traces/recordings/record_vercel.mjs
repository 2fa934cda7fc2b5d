import { writeFileSync } from 'node:fs';
import { LegacyOpenTelemetry, OpenTelemetry } from '@ai-sdk/otel';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { generateText, registerTelemetry, stepCountIs, tool } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { z } from 'zod';

const name = process.argv[2]; // vercel or vercel_legacy
const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
registerTelemetry(name === 'vercel' ? new OpenTelemetry() : new LegacyOpenTelemetry());

const usage = {
  inputTokens: { total: 1200, noCache: 1200, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 34, text: 34, reasoning: 0 },
};
const text = (said) => ({ type: 'text', text: said });
const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'add', input: '{"a":1,"b":2}' };
const reply = (reason, ...content) => ({
  content, finishReason: { unified: reason, raw: reason }, usage, warnings: [],
});
const add = tool({
  description: 'Add two numbers.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: async ({ a, b }) => a + b,
});

for (const outcome of ['right', 'fails']) {
  const replies = [reply('tool-calls', text('Let me see.'), call)];
  if (outcome === 'right') replies.push(reply('stop', text('It is 3')));
  const model = new MockLanguageModelV4({
    modelId: 'gpt-4o-mini', provider: 'openai',
    doGenerate: async () => replies.shift() ?? Promise.reject(new Error('no rows')),
  });
  await generateText({
    model, tools: { add }, stopWhen: stepCountIs(5), maxRetries: 0,
    prompt: 'How much is one plus two?', telemetry: { functionId: 'adder' },
  }).catch(() => {});
  const spans = exporter.getFinishedSpans();
  writeFileSync(`${name}_${outcome}.otlp`, ProtobufTraceSerializer.serializeRequest(spans));
  exporter.reset();
}
