// Drives dev-model by the unmodified official client, as MindRoom and its peers do.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";

const { MODEL_URL, MODEL_KEY, ADMIN_KEY } = process.env;
const MODEL = "gpt-5-mini";

function client(apiKey = MODEL_KEY) {
  return new OpenAI({ baseURL: `${MODEL_URL}/v1`, apiKey, maxRetries: 0 });
}

/** What the stand-in keeps of the requests that contain a text. */
async function requests(containing) {
  const answer = await fetch(`${MODEL_URL}/__requests?containing=${encodeURIComponent(containing)}`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  assert.equal(answer.status, 200);
  return (await answer.json()).requests;
}

const tools = [
  {
    type: "function",
    function: {
      name: "weather",
      parameters: {
        type: "object",
        properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } },
        required: ["city", "days"],
      },
    },
  },
];

test("an answer to a conversation", async () => {
  const completion = await client().chat.completions.create({
    model: MODEL,
    messages: [
      { role: "system", content: "Be kind." },
      { role: "user", content: "good morning" },
    ],
  });
  const [choice] = completion.choices;
  assert.match(choice.message.content, /good morning/);
  assert.equal(choice.message.role, "assistant");
  assert.equal(choice.finish_reason, "stop");
  assert.equal(completion.model, MODEL);
  const { prompt_tokens, completion_tokens, total_tokens } = completion.usage;
  assert.equal(prompt_tokens + completion_tokens, total_tokens);
  const [kept] = await requests("good morning");
  assert.equal(kept.answer.choices[0].message.content, choice.message.content);
});

test("a stream, put together again, with its usage at the end", async () => {
  const stream = await client().chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: "a word at a time" }],
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  assert.match(text, /a word at a time/);
  assert.ok(chunks.length > 5, "in pieces");
  assert.equal(chunks.at(-2).choices[0].finish_reason, "stop");
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.total_tokens > 0);
  assert.equal(chunks[0].usage, null);
  const [kept] = await requests("a word at a time");
  assert.equal(kept.answer.choices[0].message.content, text);
});

test("a stream that is left early", async () => {
  const stream = await client().chat.completions.create({
    model: MODEL,
    messages: [{ role: "user", content: "stop me" }],
    stream: true,
  });
  for await (const chunk of stream) {
    assert.equal(chunk.usage, undefined);
    break;
  }
  await client().models.list();
});

test("a function that must be called, whole and streamed", async () => {
  const question = {
    model: MODEL,
    messages: [{ role: "user", content: "weather?" }],
    tools,
    tool_choice: { type: "function", function: { name: "weather" } },
  };
  const completion = await client().chat.completions.create(question);
  const [call] = completion.choices[0].message.tool_calls;
  assert.equal(call.function.name, "weather");
  const told = JSON.parse(call.function.arguments);
  assert.equal(typeof told.city, "string");
  assert.equal(told.days, 1);
  assert.equal(completion.choices[0].finish_reason, "tool_calls");

  const runner = client().chat.completions.stream(question);
  const message = await runner.finalMessage();
  assert.equal(message.tool_calls[0].function.name, "weather");
  assert.equal(JSON.parse(message.tool_calls[0].function.arguments).days, 1);
});

test("a tool's result is what the next answer is about", async () => {
  const completion = await client().chat.completions.create({
    model: MODEL,
    messages: [
      { role: "user", content: "weather?" },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c1", type: "function", function: { name: "weather", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "c1", content: "sunny in Oslo" },
    ],
    tools,
  });
  assert.match(completion.choices[0].message.content, /sunny in Oslo/);
});

test("an answer in the form of a schema", async () => {
  const completion = await client().chat.completions.parse({
    model: MODEL,
    messages: [{ role: "user", content: "name this room" }],
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "topic",
        strict: true,
        schema: {
          type: "object",
          properties: { topic: { type: "string" }, mood: { type: "string", enum: ["calm", "wild"] } },
          required: ["topic", "mood"],
          additionalProperties: false,
        },
      },
    },
  });
  const { parsed } = completion.choices[0].message;
  assert.match(parsed.topic, /name this room/);
  assert.equal(parsed.mood, "calm");
});

test("models", async () => {
  const names = [];
  for await (const model of client().models.list()) names.push(model.id);
  assert.ok(names.includes(MODEL));
  assert.equal((await client().models.retrieve("meta/llama-4")).id, "meta/llama-4");
});

test("embeddings: alike for like texts, in either encoding", async () => {
  const input = ["the blue whale", "the blue bird", "tax law"];
  const create = async (encoding_format) => {
    const { data } = await client().embeddings.create({
      model: "text-embedding-3-small",
      input,
      dimensions: 256,
      encoding_format,
    });
    return data.map(({ embedding }) => embedding);
  };
  const [whale, bird, law] = await create("float");
  assert.equal(whale.length, 256);
  const likeness = (a, b) => a.reduce((sum, part, at) => sum + part * b[at], 0);
  assert.ok(likeness(whale, bird) > likeness(whale, law));
  // The client asks for base64 by itself and decodes it.
  const [decoded] = await create(undefined);
  assert.ok(Math.abs(likeness(whale, decoded) - 1) < 1e-5);
});

test("refusals are the client's own kinds of error", async () => {
  const question = { model: MODEL, messages: [{ role: "user", content: "hello" }] };
  await assert.rejects(client("sk-wrong").chat.completions.create(question), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(error.status, 401);
    assert.equal(error.code, "invalid_api_key");
    return true;
  });
  await assert.rejects(client().chat.completions.create({ ...question, messages: [] }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, "messages");
    return true;
  });
});
