import type { EarshotConfig } from '../config/earshot-config.js';
import type { Check } from './check.js';
import { acoustics } from './checks/acoustics.js';
import { backendConnect } from './checks/backend-connect.js';
import { backendLatency } from './checks/backend-latency.js';
import { backendName } from './checks/backend-name.js';
import { backendTls } from './checks/backend-tls.js';
import { board } from './checks/board.js';
import { clock } from './checks/clock.js';
import { detectorSpeed } from './checks/detector-speed.js';
import { devices } from './checks/devices.js';
import { disk } from './checks/disk.js';
import { echoCanceller } from './checks/echo-canceller.js';
import { fillers } from './checks/fillers.js';
import { hardwareId } from './checks/hardware-id.js';
import { memory } from './checks/memory.js';
import { memoryLimit } from './checks/memory-limit.js';
import { metrics } from './checks/metrics.js';
import { model } from './checks/model.js';
import { nodeVersion } from './checks/node-version.js';
import { ownVersion, usableConfig } from './checks/own-version.js';
import { packages } from './checks/packages.js';
import { programs } from './checks/programs.js';
import { system } from './checks/system.js';
import { temperature } from './checks/temperature.js';
import { throttling } from './checks/throttling.js';
import { voiceSpeeds } from './checks/voice-speed.js';

/** What is looked at, in the order in which it is told: what takes longest comes last. */
export const checksFor = (config: EarshotConfig | undefined): readonly Check[] => [
  nodeVersion,
  ownVersion,
  system,
  board,
  usableConfig,
  packages,
  programs,
  model,
  fillers,
  echoCanceller,
  metrics,
  temperature,
  throttling,
  clock,
  memory,
  memoryLimit,
  disk,
  hardwareId,
  devices,
  acoustics,
  backendName,
  backendConnect,
  backendTls,
  backendLatency,
  detectorSpeed,
  ...voiceSpeeds(config),
];
