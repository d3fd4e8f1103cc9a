// llama.cpp through node-llama-cpp: node measure.mjs MODEL THREADS TOKENS CONTEXT SECONDS, the prompt on stdin.
// Prints one JSON line. start_ms: from the process's start until loading begins. load_ms: llama.cpp's own load of the
// model, its context and the first token. seconds: of the tokens after the first, at most TOKENS or so long.
import {readFileSync} from "node:fs";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const [path, threads, count, contextSize, limit] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const prompt = readFileSync(0, "utf8");

const llama = await getLlama({
    gpu: false, build: "never", maxThreads: threads, logLevel: LlamaLogLevel.error, skipDownload: true, progressLogs: false
});

const began = performance.now();
const model = await llama.loadModel({modelPath: path, useMmap: true, gpuLayers: 0});
const context = await model.createContext({contextSize, threads: {ideal: threads, min: threads}});
const sequence = context.getSequence();
const ids = model.tokenize(prompt, true);
const tokens = [];
let first, last;
for await (const token of sequence.evaluate(ids, {temperature: 0, yieldEogToken: true})) {
    last = performance.now();
    first ??= last;
    tokens.push(token);
    if (tokens.length === count || last - first > limit * 1000)
        break;
}
console.log(JSON.stringify({
    prompt_tokens: ids.length, tokens, load_ms: first - began, seconds: (last - first) / 1000, start_ms: began,
    rss: process.resourceUsage().maxRSS * 1024, text: model.detokenize(tokens)
}));
process.exit(0);
