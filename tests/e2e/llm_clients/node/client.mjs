// The main calls of the openai package of npm: node client.mjs BASE_URL CHAT_MODEL EMBEDDING_MODEL prints JSON.
import OpenAI from "openai";

const [baseURL, chat, embed] = process.argv.slice(2);
const client = new OpenAI({baseURL, apiKey: "a-key", maxRetries: 0});
const greedy = {
    model: chat, messages: [{role: "user", content: "What is the capital of France?"}], max_tokens: 24, temperature: 0
};
const weather = {
    type: "function",
    function: {
        name: "get_weather",
        parameters: {
            type: "object",
            properties: {city: {type: "string", maxLength: 30}, unit: {enum: ["celsius", "fahrenheit"]}},
            required: ["city", "unit"],
            additionalProperties: false
        }
    }
};
const animal = {
    type: "object",
    properties: {kind: {enum: ["cat", "dog", "bird"]}, legs: {type: "integer"}},
    required: ["kind", "legs"],
    additionalProperties: false
};

const models = [];
for await (const model of client.models.list())
    models.push(model.id);

const whole = await client.chat.completions.create(greedy);

let streamed = "", tokens = 0;
for await (const chunk of await client.chat.completions.create({
    ...greedy, stream: true, stream_options: {include_usage: true}
})) {
    streamed += chunk.choices[0]?.delta?.content ?? "";
    tokens = chunk.usage?.completion_tokens ?? tokens;
}

const completion = await client.completions.create({model: chat, prompt: "One, two, three,", max_tokens: 8, temperature: 0});
let completionStreamed = "";
for await (const chunk of await client.completions.create({
    model: chat, prompt: "One, two, three,", max_tokens: 8, temperature: 0, stream: true
}))
    completionStreamed += chunk.choices[0]?.text ?? "";

const structured = await client.chat.completions.create({
    model: chat, messages: [{role: "user", content: "Describe a cat."}], max_tokens: 300,
    response_format: {type: "json_schema", json_schema: {name: "animal", strict: true, schema: animal}}
});
const called = await client.chat.completions.create({
    ...greedy, messages: [{role: "user", content: "What is the weather in Paris?"}], max_tokens: 300,
    tools: [weather], tool_choice: "required"
});
const call = called.choices[0].message.tool_calls[0];
const packed = await client.embeddings.create({model: embed, input: ["A cat sits on the mat.", "A kitten lies on the rug."]});

let refused;
try {
    await client.chat.completions.create({...greedy, model: "nobody"});
} catch (error) {
    refused = [error.constructor.name, error.status];
}

console.log(JSON.stringify({
    models: models.sort(),
    chat: {text: whole.choices[0].message.content, tokens: whole.usage.completion_tokens},
    chat_streamed: {text: streamed, tokens},
    completion: [completion.choices[0].text, completionStreamed],
    structured: JSON.parse(structured.choices[0].message.content),
    tools: {name: call.function.name, arguments: JSON.parse(call.function.arguments)},
    dimensions: packed.data[0].embedding.length,
    refused
}));
