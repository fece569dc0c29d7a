export {
  type LoadScriptedTranscriberOptions,
  loadScriptedTranscriber,
  type ScriptSource,
  sidecarPathFor,
} from './load-scripted-transcriber.js';
export { type ScriptedSegment, textBetween } from './script.js';
export {
  defaultScriptedTranscriberOptions,
  type ScriptedTranscriberOptions,
  scriptedTranscriber,
} from './scripted-transcriber.js';
