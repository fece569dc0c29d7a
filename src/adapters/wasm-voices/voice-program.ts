import { serveEngine } from '../engine-host/index.js';
import { loadWasmEngine, type WasmVoiceSettings } from './wasm-engine.js';
import type { WasmSpeech } from './wasm-speech.js';

// A program of its own: the voices block while they speak.
serveEngine<WasmVoiceSettings, string, WasmSpeech>(loadWasmEngine);
