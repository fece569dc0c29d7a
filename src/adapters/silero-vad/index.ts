export type { OnnxRuntime, OnnxSession, OnnxTensor, OnnxTensors } from './onnx-runtime.js';
export {
  defaultSileroVadOptions,
  loadSileroVad,
  type SileroVad,
  type SileroVadOptions,
} from './silero-vad.js';
